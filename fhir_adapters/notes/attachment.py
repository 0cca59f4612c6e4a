"""Attachments of DocumentReference and DiagnosticReport: where the text of a note is, and the text itself."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fhir_adapters.notes.registry import readers

Json = dict[str, Any]

# The longest text that is read of one note; what follows is left out and said so.
MAX_CHARACTERS = 1_000_000
# More bytes than these are not decoded, whatever the format.
_MAX_BYTES = 6 * MAX_CHARACTERS
_MAX_BASE64 = _MAX_BYTES // 3 * 4
# The more a format is about looks, the more of the text's order and lines is a guess.
_RANKS = {
    **dict.fromkeys(("text/plain", "text/markdown", "text/x-markdown"), 0),
    **dict.fromkeys(("text/html", "application/xhtml+xml", "application/xhtml"), 1),
    **dict.fromkeys(("text/xml", "application/xml", "application/cda+xml"), 2),
    **dict.fromkeys(("application/rtf", "text/rtf", "text/richtext"), 3),
    "application/pdf": 4,
}
_UNRANKED = 5
# A document that transforms another is the same in another form; one that appends stands beside it.
_REPLACING = frozenset({"replaces", "transforms"})
_UNUSED = {
    "DocumentReference": frozenset({"superseded", "entered-in-error"}),
    "DiagnosticReport": frozenset({"registered", "partial", "preliminary", "cancelled", "entered-in-error"}),
    "Composition": frozenset({"registered", "partial", "preliminary", "cancelled", "entered-in-error"}),
    "ClinicalImpression": frozenset({"in-progress", "preparation", "not-done", "entered-in-error"}),
    "Observation": frozenset({"registered", "preliminary", "cancelled", "entered-in-error", "unknown"}),
}


@dataclass(frozen=True, slots=True, repr=False)
class Attachment:
    """The bytes of an attachment that was fetched from its URL.

    Attributes:
        content_type: As the server gave it; "" to go by what the resource says.
        data: The decoded bytes.
    """

    content_type: str
    data: bytes


class UnreadableNoteError(Exception):
    """A note's text can't be had; the message holds no patient data.

    Attributes:
        fetched: False when only the attachment behind a URL is lacking.
    """

    def __init__(self, reason: str, *, fetched: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fetched = fetched


class NoteText(NamedTuple):
    """The text of a note; `complete` is False when reading stopped before its end."""

    text: str
    complete: bool


def is_used(resource: Json) -> bool:
    """True unless the document is superseded, in error, or not final although it says when it will be."""
    unused = _UNUSED.get(str(resource.get("resourceType")), frozenset())
    return str(resource.get("status")) not in unused and str(resource.get("docStatus")) not in unused


def attachment_urls(resource: Json) -> tuple[str, ...]:
    """The URLs to fetch before the text of a note can be read; empty when none is needed.

    An attachment with inline data that can be read makes the others unnecessary: they are the same text in
    other formats, of which only the plainest is worth a fetch. Formats that nothing here reads are not.
    """
    candidates = [item for item in _plainest_first(attachments(resource)) if _is_readable(item)]
    if not isinstance(resource.get("status"), str) or not is_used(resource):
        return ()
    if any(item.get("data") for item in candidates):
        return ()
    urls = [url for item in candidates if isinstance(url := item.get("url"), str) and url]
    return tuple(urls[:1])


def attachments(resource: Json) -> list[Json]:
    """The Attachment objects of a DocumentReference or a DiagnosticReport."""
    if resource.get("resourceType") == "DiagnosticReport":
        found = resource.get("presentedForm")
    else:
        content = resource.get("content")
        items = content if isinstance(content, list) else []
        found = [item.get("attachment") for item in items if isinstance(item, dict)]
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _plainest_first(found: list[Json]) -> list[Json]:
    """Text before markup, markup before pages; formats that are not read or not named at the end."""
    return sorted(found, key=lambda item: _RANKS.get(_parsed(item.get("contentType"))[0], _UNRANKED))


def _is_readable(item: Json) -> bool:
    return _parsed(item.get("contentType"))[0] in ("", *readers())


def narrative_text(markup: str) -> str:
    """The words that a FHIR Narrative shows, at most as many characters as are read of a note.

    Args:
        markup: `Narrative.div`.

    Raises:
        UnreadableNoteError: Elements are nested deeper than any note's.
    """
    read = readers()["application/xhtml+xml"]
    return str(read(markup.encode("utf-8", "replace")[:_MAX_BYTES], "utf-8"))


def replaced_by(resource: Json) -> tuple[str, ...]:
    """The references of the documents that this one replaces or is a new form of; () when it is not used."""
    if not is_used(resource):
        return ()
    links = resource.get("relatesTo")
    found = []
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("code") in _REPLACING:
            target = link.get("target", link.get("targetReference"))
            reference = target.get("reference") if isinstance(target, dict) else None
            found += [reference] if isinstance(reference, str) else []
    return tuple(found)


def read_text(found: list[Json], fetched: Mapping[str, Attachment]) -> NoteText:
    """The text of the plainest attachment that can be read, of several that say the same.

    Args:
        found: From `attachments`.
        fetched: What was fetched, by URL.

    Raises:
        UnreadableNoteError: There is none.
    """
    failure = UnreadableNoteError("has no attachment")
    for item in _plainest_first(found):
        try:
            return _text_of(item, fetched)
        except UnreadableNoteError as error:
            failure = error
    raise failure


def _text_of(item: Json, fetched: Mapping[str, Attachment]) -> NoteText:
    media_type, charset = _parsed(item.get("contentType"))
    data = item.get("data")
    held = fetched.get(str(item.get("url"))) if not data else None
    if held is not None and held.content_type:
        media_type, charset = _parsed(held.content_type)
    reader = readers().get(media_type)
    if media_type and reader is None:
        raise UnreadableNoteError(f"note format {_safe(media_type)} is not read")
    if not data and held is None:
        raise UnreadableNoteError("its attachment was not obtained", fetched=False)
    if reader is None:
        raise UnreadableNoteError("its attachment does not say its format")
    content = held.data if held is not None else _decoded(data)
    found = reader(content[:_MAX_BYTES], charset)
    text, complete = found if isinstance(found, NoteText) else (found, True)
    complete = complete and len(content) < _MAX_BYTES and len(text) <= MAX_CHARACTERS
    return NoteText(text[:MAX_CHARACTERS], complete)


def _decoded(data: object) -> bytes:
    if not isinstance(data, str):
        raise UnreadableNoteError("its attachment is not base64")
    try:
        return binascii.a2b_base64(data[:_MAX_BASE64], strict_mode=True)
    except ValueError:  # FHIR allows white space in base64
        bare = "".join(data.split())[:_MAX_BASE64]
    try:
        return binascii.a2b_base64(bare, strict_mode=True)
    except ValueError:
        raise UnreadableNoteError("its attachment is not base64") from None


def _parsed(content_type: object) -> tuple[str, str]:
    """Media type and charset of a content type, both in lower case."""
    if not isinstance(content_type, str):
        return "", ""
    media_type, _, parameters = content_type.lower().partition(";")
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(" \"'")
    return media_type.strip(), charset


def _safe(media_type: str) -> str:
    """The media type for a message, if it looks like one: whatever else a sender put there stays out."""
    kind, _, name = media_type.partition("/")
    plain = name.replace("-", "").replace("+", "").replace(".", "")
    return media_type if kind.isalpha() and plain.isalnum() and len(media_type) <= 64 else "(unnamed)"

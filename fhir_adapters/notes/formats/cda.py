"""Reads C-CDA and other HL7 CDA R2 documents: the narrative of each section below its title.

Source: HL7 CDA R2, section 4.3 (narrative block). The coded entries of a section repeat what FHIR resources
say, and the narrative is the attested part.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from fhir_adapters.notes.attachment import NoteText, UnreadableNoteError
from fhir_adapters.notes.registry import readers

MEDIA_TYPES = (
    "text/xml",
    "application/xml",
    "application/cda+xml",
    "application/hl7-cda+xml",
    "text/cda+xml",
)

_HL7 = "{urn:hl7-org:v3}"
_DEEPEST = 200
_BLOCKS = frozenset(("paragraph", "list", "item", "table", "tr", "caption", "br", "footnote"))
_CELLS = frozenset(("td", "th"))
_SPACES = re.compile(r"[ \t\r\n\u00a0]+")


def read(data: bytes, charset: str) -> str | NoteText:
    """The sections in their order, each title on a line of its own with a colon.

    Args:
        data: The attachment's bytes.
        charset: Not used: XML says its own.

    Raises:
        UnreadableNoteError: It is no well-formed XML, declares a document type or entities, is nested too
            deeply, is no clinical document, or wraps a document of a format that is not read.
    """
    root = _parsed(data)
    if root.tag != f"{_HL7}ClinicalDocument":
        raise UnreadableNoteError("the XML is no clinical document (HL7 CDA)")
    wrapped = root.find(f"{_HL7}component/{_HL7}nonXMLBody/{_HL7}text")
    if wrapped is not None:
        return _unwrapped(wrapped)
    body = root.find(f"{_HL7}component/{_HL7}structuredBody")
    parts = list(_sections(body, 0)) if body is not None else []
    return "\n\n".join(parts)


def _parsed(data: bytes) -> Element:
    try:
        root: Element = fromstring(data, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise UnreadableNoteError("the XML declares a document type or entities") from None
    except (ParseError, ValueError, LookupError):
        raise UnreadableNoteError("the XML is not well-formed") from None
    return root


def _sections(body: Element, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise UnreadableNoteError("the XML is nested too deeply")
    for section in body.findall(f"{_HL7}component/{_HL7}section"):
        heading, text = section.find(f"{_HL7}title"), section.find(f"{_HL7}text")
        title = _folded("".join(heading.itertext())) if heading is not None else ""
        narrative = _narrative(text) if text is not None else ""
        if narrative:
            yield f"{title.upper().rstrip(':')}:\n{narrative}" if title else narrative
        yield from _sections(section, depth + 1)


def _narrative(text: Element) -> str:
    """The words of a narrative block: a line for each paragraph, item and row."""
    lines = "".join(_words(text, 0)).split("\n")
    return "\n".join(filter(None, map(_folded, lines)))


def _words(element: Element, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise UnreadableNoteError("the XML is nested too deeply")
    yield _flat(element.text)
    for child in element:
        name = str(child.tag).removeprefix(_HL7)
        around = "\n" if name in _BLOCKS else " " if name in _CELLS else ""
        yield around
        yield from _words(child, depth + 1)
        yield around
        yield _flat(child.tail)


def _flat(text: str | None) -> str:
    """Line breaks of the markup mean nothing; those of its elements do."""
    return _SPACES.sub(" ", text or "")


def _folded(line: str) -> str:
    return _SPACES.sub(" ", line).strip()


def _unwrapped(text: Element) -> str | NoteText:
    """The document that a CDA without structure carries inside."""
    media_type = text.get("mediaType", "text/plain").lower()
    reader = readers().get(media_type)
    if reader is None or media_type in MEDIA_TYPES:
        raise UnreadableNoteError("the clinical document wraps a format that is not read")
    content = "".join(text.itertext())
    if text.get("representation") != "B64":
        return reader(content.encode(), "utf-8")
    try:
        return reader(binascii.a2b_base64("".join(content.split()), strict_mode=True), "")
    except binascii.Error:
        raise UnreadableNoteError("the clinical document wraps what is not base64") from None

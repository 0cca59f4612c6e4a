"""DocumentReference and DiagnosticReport -> Note."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import unreadable
from fhir_adapters.mapping.values import Json, concept, dicts, period, reference_to, text_of
from fhir_adapters.notes import (
    Attachment,
    UnreadableNoteError,
    attachments,
    is_used,
    read_text,
    sections_of,
)
from fhir_adapters.record import Note

_EARLIEST = datetime.min.replace(tzinfo=UTC)


def map_document(
    resource: Json, source: str, chart: ChartContext, fetched: Mapping[str, Attachment]
) -> Note | None:
    """Reads a DocumentReference; None for one that is superseded or in error.

    Args:
        resource: The DocumentReference.
        source: Its reference.
        chart: Whose it is.
        fetched: Attachments that were fetched, by URL.

    Raises:
        SetAsideError: It has no status or is dated after now.
    """
    _check_status(resource)
    if not is_used(resource):
        return None
    context = resource.get("context")
    context = context if isinstance(context, dict) else {}
    date = resource.get("date") or period(context.get("period"))[0]
    at = chart.past(date)
    text = _text(resource, source, chart, fetched)
    if not text.strip():
        return None
    found = attachments(resource)
    encounters = dicts(context.get("encounter"))
    return Note(
        source=source,
        text=text,
        at=at,
        title=next((title for item in found if (title := text_of(item.get("title")))), "")
        or text_of(resource.get("description")),
        author=_first_display(resource.get("author")),
        type=concept(resource.get("type")),
        encounter=reference_to(encounters[0]) if encounters else "",
        sections=sections_of(text),
    )


def map_report(
    resource: Json, source: str, chart: ChartContext, fetched: Mapping[str, Attachment]
) -> Note | None:
    """Reads the text of a DiagnosticReport; None for one that has none, is in error or is not final yet.

    Args:
        resource: The DiagnosticReport.
        source: Its reference.
        chart: Whose it is.
        fetched: Attachments that were fetched, by URL.

    Raises:
        SetAsideError: It has no status or is dated after now.
    """
    _check_status(resource)
    conclusion = text_of(resource.get("conclusion")).strip()
    if not is_used(resource) or not (conclusion or attachments(resource)):
        return None
    date = resource.get("effectiveDateTime") or period(resource.get("effectivePeriod"))[0]
    at = chart.past(date or resource.get("issued"))
    text = _text(resource, source, chart, fetched) if attachments(resource) else conclusion
    if conclusion and conclusion not in text:
        text = f"{text}\n\nCONCLUSION:\n{conclusion}".lstrip()
    if not text.strip():
        return None
    code = concept(resource.get("code"))
    return Note(
        source=source,
        text=text,
        at=at,
        title=code.label,
        author=_first_display(resource.get("performer")),
        type=code,
        encounter=reference_to(resource.get("encounter")),
        sections=sections_of(text),
    )


def each_text_once(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes by date; of several with the same text the newest, and a document rather than its report."""
    once: dict[str, Note] = {}
    for note in sorted(notes, key=lambda note: (note.at or _EARLIEST, note.source.startswith("Document"))):
        text = note.text.strip()
        once.pop(text, None)
        once[text] = note
    return tuple(once.values())


def _check_status(resource: Json) -> None:
    if not isinstance(resource.get("status"), str):
        raise unreadable("has no status")


def _text(resource: Json, source: str, chart: ChartContext, fetched: Mapping[str, Attachment]) -> str:
    """The text of the attachments; "" with a data-quality note when it can't be had."""
    try:
        found = read_text(attachments(resource), fetched)
    except UnreadableNoteError as error:
        chart.quality.add("unreadable" if error.fetched else "unavailable", source, error.reason)
        return ""
    if not found.complete:
        chart.quality.add("incomplete", source, f"only its first {len(found.text):,} characters were read")
    return found.text


def _first_display(people: object) -> str:
    return next((name for person in dicts(people) if (name := text_of(person.get("display")))), "")

"""DocumentReference and DiagnosticReport -> Note."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import SetAsideError, not_used, unreadable
from fhir_adapters.mapping.values import (
    SHAPE_ERRORS,
    Json,
    concept,
    dicts,
    period,
    reference_to,
    relative,
    text_of,
)
from fhir_adapters.notes import (
    Attachment,
    UnreadableNoteError,
    attachments,
    is_used,
    read_text,
    replaced_by,
    sections_of,
)
from fhir_adapters.record import Note

_EARLIEST = datetime.min.replace(tzinfo=UTC)


def map_document(
    resource: Json, source: str, chart: ChartContext, fetched: Mapping[str, Attachment]
) -> Note | None:
    """Reads a DocumentReference; None for one whose text can't be had, which is then noted.

    Args:
        resource: The DocumentReference.
        source: Its reference.
        chart: Whose it is.
        fetched: Attachments that were fetched, by URL.

    Raises:
        SetAsideError: It has no status, is superseded or in error, or is dated after now.
    """
    check_status(resource)
    if not is_used(resource):
        raise not_used(resource.get("status"), resource.get("docStatus"))
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
    """Reads the text of a DiagnosticReport; None for one that has none.

    Args:
        resource: The DiagnosticReport.
        source: Its reference.
        chart: Whose it is.
        fetched: Attachments that were fetched, by URL.

    Raises:
        SetAsideError: It has no status, is in error or not final yet, or is dated after now.
    """
    check_status(resource)
    conclusion = text_of(resource.get("conclusion")).strip()
    if not (conclusion or attachments(resource)):
        return None
    if not is_used(resource):
        raise not_used(resource.get("status"))
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


def leave_out_replaced(groups: Mapping[str, dict[str, Json]], chart: ChartContext) -> None:
    """Takes out the documents that a later one replaces, and of several versions of one all but the newest.

    Args:
        groups: Resources by type and reference; those of documents lose what is replaced.
        chart: Whose it is; what somebody else's document says replaces nothing.
    """
    newest: dict[tuple[str, str, str], tuple[datetime, str]] = {}
    replaced: dict[str, str] = {}
    gone: set[str] = set()
    for kind in ("DocumentReference", "Composition"):
        for source, resource in groups[kind].items():
            try:
                chart.check_subject(resource)
                version = _version(kind, resource, chart)
                replaced.update((relative(reference), source) for reference in replaced_by(resource))
            except (SetAsideError, *SHAPE_ERRORS):
                continue  # its mapper says why it is not used
            if version is not None:
                identifier, at = version
                held = newest.setdefault(identifier, (at, source))
                if held[1] != source:
                    newest[identifier] = max(held, (at, source))
                    gone.add(min(held, (at, source))[1])
    # Of two that claim to replace each other, neither does.
    gone |= {old for old, new in replaced.items() if replaced.get(new) != old}
    for source in sorted(gone):
        if groups.get(source.partition("/")[0], {}).pop(source, None) is not None:
            chart.quality.add("not-used", source, "was replaced by a later one")


def _version(kind: str, resource: Json, chart: ChartContext) -> tuple[tuple[str, str, str], datetime] | None:
    """The identifier that all versions of a document share, and the time of this one; None without them.

    Raises:
        SetAsideError: It is dated after now.
    """
    at = chart.past(resource.get("date"))
    shared = resource.get("masterIdentifier" if kind == "DocumentReference" else "identifier")
    if not is_used(resource) or not isinstance(shared, dict):
        return None
    system, value = text_of(shared.get("system")), text_of(shared.get("value"))
    return ((kind, system, value), at) if value and at is not None else None


def each_text_once(notes: Iterable[Note], chart: ChartContext) -> tuple[Note, ...]:
    """The notes by date; of several with the same text the newest, and a document rather than its report."""
    once: dict[str, Note] = {}
    for note in sorted(notes, key=lambda note: (note.at or _EARLIEST, note.source.startswith("Document"))):
        text = note.text.strip()
        earlier = once.pop(text, None)
        if earlier is not None:
            chart.quality.add("duplicate", earlier.source, "has the same text as another")
        once[text] = note
    return tuple(once.values())


def check_status(resource: Json) -> None:
    """Passes when the resource has a status, without which nobody knows whether it is in use.

    Raises:
        SetAsideError: It has none.
    """
    if not isinstance(resource.get("status"), str):
        raise unreadable("has no status")


def _text(resource: Json, source: str, chart: ChartContext, fetched: Mapping[str, Attachment]) -> str:
    """The text of the attachments; "" with a data-quality note when it can't be had."""
    try:
        found = read_text(attachments(resource), fetched)
    except UnreadableNoteError as error:
        chart.quality.add("unreadable" if error.fetched else "unavailable", source, error.reason)
        return ""
    if not found.text.strip():
        chart.quality.add("not-used", source, "its text is empty")
    if not found.complete:
        chart.quality.add("incomplete", source, f"only its first {len(found.text):,} characters were read")
    return found.text


def _first_display(people: object) -> str:
    return next((name for person in dicts(people) if (name := text_of(person.get("display")))), "")

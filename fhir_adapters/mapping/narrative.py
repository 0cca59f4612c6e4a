"""Composition, ClinicalImpression and remarks on Observations -> Note: notes without a file.

What a section's narrative shows is read as HTML; its coded entries come as resources of their own. A remark
on a laboratory result (Observation.note) counts only when somebody signed it: laboratories add the same
explanation of diseases to every result, which would be read as the patient's.
"""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.note import check_status
from fhir_adapters.mapping.quality import not_used, unreadable
from fhir_adapters.mapping.values import Json, codes, concept, dicts, period, reference_to, text_of
from fhir_adapters.notes import MAX_CHARACTERS, UnreadableNoteError, is_used, narrative_text, sections_of
from fhir_adapters.record import Note

_DEEPEST = 20


def map_composition(resource: Json, source: str, chart: ChartContext) -> Note | None:
    """Reads a Composition; None for one without narrative.

    Raises:
        SetAsideError: It is preliminary or in error, has no status, is dated after now, or its narrative
            can't be read.
    """
    check_status(resource)
    if not is_used(resource):
        raise not_used(resource.get("status"))
    at = chart.past(resource.get("date"))
    text = _whole("\n\n".join(_sections(resource.get("section"), 0)), source, chart)
    kind = concept(resource.get("type"))
    return _note(
        resource,
        source,
        text,
        at=at,
        title=text_of(resource.get("title")) or kind.label,
        author=_display(resource, "author"),
        type=kind,
    )


def map_impression(resource: Json, source: str, chart: ChartContext) -> Note | None:
    """Reads a ClinicalImpression; None for one without words.

    Raises:
        SetAsideError: It is not completed or in error, has no status, or is dated after now.
    """
    check_status(resource)
    if not is_used(resource):
        raise not_used(resource.get("status"))
    when = resource.get("effectiveDateTime") or period(resource.get("effectivePeriod"))[0]
    at = chart.past(when or resource.get("date"))
    parts = (
        ("DESCRIPTION", text_of(resource.get("description"))),
        ("IMPRESSION", text_of(resource.get("summary"))),
        ("COMMENT", "\n".join(filter(None, (text_of(n.get("text")) for n in dicts(resource.get("note")))))),
    )
    text = "\n\n".join(f"{heading}:\n{words.strip()}" for heading, words in parts if words.strip())
    kind = concept(resource.get("code"))
    return _note(
        resource,
        source,
        _whole(text, source, chart),
        at=at,
        title=kind.label or "Clinical impression",
        author=_display(resource, "assessor") or _display(resource, "performer"),
        type=kind,
    )


def map_remarks(resource: Json, source: str, chart: ChartContext) -> Note | None:
    """Reads what was written beside an Observation; None where nobody wrote of this patient.

    Raises:
        SetAsideError: It is dated after now.
    """
    if not is_used(resource):
        return None  # the value's own mapper says why
    remarks = [remark for remark in dicts(resource.get("note")) if text_of(remark.get("text")).strip()]
    if not _is_of_the_bedside(resource):
        remarks = [remark for remark in remarks if _signed(remark)]
    if not remarks:
        return None
    when = resource.get("effectiveDateTime") or period(resource.get("effectivePeriod"))[0]
    at = chart.past(next((remark["time"] for remark in remarks if remark.get("time")), None) or when)
    kind = concept(resource.get("code"))
    return _note(
        resource,
        source,
        _whole("\n".join(text_of(remark.get("text")).strip() for remark in remarks), source, chart),
        at=at,
        title=f"Remark on {kind.label}" if kind.label else "Remark on an observation",
        author=next((name for remark in remarks if (name := _signed(remark))), ""),
        type=kind,
    )


def _is_of_the_bedside(resource: Json) -> bool:
    """True for vital signs, examination, history; without a category it may be of a laboratory."""
    categories = [code for item in dicts(resource.get("category")) for code in codes(item)]
    return bool(categories) and "laboratory" not in categories


def _signed(remark: Json) -> str:
    return text_of(remark.get("authorString")) or _display(remark, "authorReference")


def _note(resource: Json, source: str, text: str, **more: object) -> Note | None:
    if not text:
        return None
    encounter = reference_to(resource.get("encounter"))
    return Note(source=source, text=text, encounter=encounter, sections=sections_of(text), **more)  # type: ignore[arg-type]


def _whole(text: str, source: str, chart: ChartContext) -> str:
    """The text up to the longest that is read; the rest is said to be missing."""
    if len(text) > MAX_CHARACTERS:
        chart.quality.add("incomplete", source, f"only its first {MAX_CHARACTERS:,} characters were read")
    return text[:MAX_CHARACTERS].strip()


def _sections(sections: object, depth: int) -> Iterator[str]:
    """Each section with words, its title on a line of its own; what is inside it follows."""
    if depth > _DEEPEST:
        raise unreadable("its sections are nested too deeply")
    for section in dicts(sections):
        title = " ".join((text_of(section.get("title")) or concept(section.get("code")).label).split())
        words = _narrative(section.get("text"))
        if words:
            yield f"{title.upper().rstrip(':')}:\n{words}" if title else words
        yield from _sections(section.get("section"), depth + 1)


def _narrative(narrative: object) -> str:
    markup = narrative.get("div") if isinstance(narrative, dict) else None
    if markup is None:
        return ""
    if not isinstance(markup, str):
        raise unreadable("its narrative is not XHTML")
    try:
        return narrative_text(markup)
    except UnreadableNoteError as error:
        raise unreadable(error.reason) from None


def _display(resource: Json, name: str) -> str:
    return next((shown for who in dicts(resource.get(name)) if (shown := text_of(who.get("display")))), "")

"""MedicationRequest and MedicationStatement -> Medication."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import SetAsideError, not_used, unreadable
from fhir_adapters.mapping.values import Json, concept, dicts, end_of, period, relative, text_of
from fhir_adapters.record import Concept, Medication

_NEVER_USED = frozenset({"entered-in-error", "not-taken", "cancelled"})


def map_medication(resource: Json, source: str, chart: ChartContext, drugs: Mapping[str, Json]) -> Medication:
    """Reads an order or a statement.

    Args:
        resource: The MedicationRequest or MedicationStatement.
        source: Its reference.
        chart: Whose it is.
        drugs: The Medication resources of the chart by reference, for orders that name one.

    Raises:
        SetAsideError: It has no status or no drug, begins after now, is in error, cancelled, not taken, or
            asks not to give.
    """
    status = resource.get("status")
    if not isinstance(status, str):
        raise unreadable("has no status")
    if status in _NEVER_USED:
        raise not_used(status)
    if resource.get("doNotPerform") is True:
        raise SetAsideError("not-used", "asks not to give the drug")
    what = drug_of(resource, drugs)
    if not what.label:
        raise unreadable("does not say which drug")
    started, ended = _times(resource, chart)
    return Medication(
        source=source,
        concept=what,
        status=status,
        intent=text_of(resource.get("intent")),
        started=started,
        ended=ended,
    )


def drug_of(resource: Json, drugs: Mapping[str, Json]) -> Concept:
    """The drug of an order or a statement, in place, contained or by reference; empty where none is named.

    Args:
        resource: In the shape of R4.
        drugs: Medication resources by reference.
    """
    named = concept(resource.get("medicationCodeableConcept"))
    if named.label:
        return named
    link = resource.get("medicationReference")
    if not isinstance(link, dict):
        return named
    reference = text_of(link.get("reference"))
    held = (
        _contained(resource, reference[1:]) if reference.startswith("#") else drugs.get(relative(reference))
    )
    found = concept(held.get("code")) if held else named
    return found if found.label else Concept(text=text_of(link.get("display")))


def _contained(resource: Json, identity: str) -> Json | None:
    return next((item for item in dicts(resource.get("contained")) if item.get("id") == identity), None)


def _times(resource: Json, chart: ChartContext) -> tuple[datetime | None, datetime | None]:
    """First and last day of taking: the dosage's bounds, the statement's period, else the date of the order.

    The validity of a prescription is no end of taking: repeats are dispensed from it for as long as it lasts
    and a new one often follows.
    """
    spans = [period(span) for span in (*_bounds(resource), resource.get("effectivePeriod")) if span]
    begun = resource.get("effectiveDateTime") or next((start for start, _ in spans if start), None)
    started = chart.past(begun or resource.get("authoredOn") or resource.get("dateAsserted"))
    ends = [end_of(end) for _, end in spans]
    known = [end for end in ends if end is not None]
    return started, max(known) if known and len(known) == len(ends) else None


def _bounds(resource: Json) -> list[object]:
    doses = dicts(resource.get("dosageInstruction")) + dicts(resource.get("dosage"))
    timings = (dose.get("timing") for dose in doses)
    repeats = (timing.get("repeat") for timing in timings if isinstance(timing, dict))
    return [repeat.get("boundsPeriod") for repeat in repeats if isinstance(repeat, dict)]

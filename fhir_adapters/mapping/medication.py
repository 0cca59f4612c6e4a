"""MedicationRequest and MedicationStatement -> Medication."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import SetAsideError, not_used, unreadable
from fhir_adapters.mapping.values import (
    Json,
    concept,
    dicts,
    end_of,
    moment,
    number,
    period,
    relative,
    text_of,
)
from fhir_adapters.record import Concept, Medication

# UCUM codes, and the words that stand in their place, in the singular.
_UNIT_DAYS = {"d": 1.0, "day": 1.0, "wk": 7.0, "week": 7.0, "mo": 30.4, "month": 30.4, "a": 365.25}
_LONGEST_SUPPLY = 3653
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
        written=_written(resource, chart),
        supplied_until=_supplied_until(resource, chart),
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


def _written(resource: Json, chart: ChartContext) -> datetime | None:
    """The last instant at which an order may have been written; None for a statement and a date to come."""
    when = moment(resource.get("authoredOn"))
    return None if when is None or chart.is_future(when) else end_of(resource.get("authoredOn"))


def _supplied_until(resource: Json, chart: ChartContext) -> datetime | None:
    """The later of the end of an order's validity and of its supply with all repeats; None without either."""
    dispense = resource.get("dispenseRequest")
    if not isinstance(dispense, dict):
        return None
    ends = [end_of(period(dispense.get("validityPeriod"))[1])]
    written, days = _written(resource, chart), _supply_days(dispense)
    if written is not None and days is not None:
        ends.append(written + timedelta(days=days))
    return max((end for end in ends if end is not None), default=None)


def _supply_days(dispense: Json) -> float | None:
    """Days that the supply lasts, first fill and repeats; None where it is not stated or not believable."""
    supply = dispense.get("expectedSupplyDuration")
    value = number(supply.get("value")) if isinstance(supply, dict) else None
    unit = text_of(supply.get("code") or supply.get("unit")) if isinstance(supply, dict) else ""
    length = _UNIT_DAYS.get(unit.lower().rstrip("s"))
    if value is None or length is None:
        return None
    repeats = number(dispense.get("numberOfRepeatsAllowed")) or 0.0
    days = value * length * (1 + max(repeats, 0.0))
    return days if 0 < days <= _LONGEST_SUPPLY else None


def _bounds(resource: Json) -> list[object]:
    doses = dicts(resource.get("dosageInstruction")) + dicts(resource.get("dosage"))
    timings = (dose.get("timing") for dose in doses)
    repeats = (timing.get("repeat") for timing in timings if isinstance(timing, dict))
    return [repeat.get("boundsPeriod") for repeat in repeats if isinstance(repeat, dict)]

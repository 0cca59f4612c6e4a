"""FamilyMemberHistory -> FamilyCondition, one for each condition of the relative."""

from __future__ import annotations

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import not_used, unreadable
from fhir_adapters.mapping.values import Json, concept, dicts, number
from fhir_adapters.record import FamilyCondition

_USED = frozenset({"partial", "completed"})
_YEARS = {"a": 1.0, "mo": 1 / 12, "wk": 7 / 365.25, "d": 1 / 365.25}


def map_family_history(resource: Json, source: str, chart: ChartContext) -> tuple[FamilyCondition, ...]:
    """Reads the conditions of one relative.

    Raises:
        SetAsideError: It is in error or the relative's health unknown, has no status or is dated after now.
    """
    status = resource.get("status")
    if not isinstance(status, str):
        raise unreadable("has no status")
    if status not in _USED:
        raise not_used(status)
    chart.past(resource.get("date"))
    relationship = concept(resource.get("relationship"))
    return tuple(
        FamilyCondition(
            source=source, relationship=relationship, concept=what, onset_age_years=_onset_age(item)
        )
        for item in dicts(resource.get("condition"))
        if (what := concept(item.get("code"))).label
    )


def _onset_age(condition: Json) -> float | None:
    """Years of age; of a range the lower end."""
    age = condition.get("onsetAge")
    span = condition.get("onsetRange")
    if age is None and isinstance(span, dict):
        age = span.get("low")
    if not isinstance(age, dict):
        return None
    unit, value = age.get("code") or age.get("unit"), number(age.get("value"))
    factor = _YEARS.get("a" if unit in ("years", "year", "yr", "yrs", "y") else str(unit))
    return None if factor is None or value is None else value * factor

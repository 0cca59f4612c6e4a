"""Encounter -> Encounter, and the setting of what was recorded under it."""

from __future__ import annotations

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import not_used, unreadable
from fhir_adapters.mapping.values import Json, codes, concept, end_of, period
from fhir_adapters.record import Encounter, Setting

# HL7 v3 ActCode; the FHIR R5 class is a list of CodeableConcepts with the same codes.
_SETTINGS: dict[str, Setting] = {
    "AMB": "ambulatory",
    "VR": "ambulatory",
    "HH": "home",
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "OBSENC": "inpatient",
    "SS": "inpatient",
    "EMER": "emergency",
}
_WORDS: dict[str, Setting] = {  # DSTU2 and STU3 spelled the class out
    "AMBULATORY": "ambulatory",
    "OUTPATIENT": "ambulatory",
    "VIRTUAL": "ambulatory",
    "HOME": "home",
    "INPATIENT": "inpatient",
    "EMERGENCY": "emergency",
}
_NEVER_USED = frozenset({"planned", "cancelled", "entered-in-error"})


def map_encounter(resource: Json, source: str, chart: ChartContext) -> Encounter:
    """Reads an Encounter.

    Raises:
        SetAsideError: It did not take place, has no status or begins after now.
    """
    status = resource.get("status")
    if not isinstance(status, str):
        raise unreadable("has no status")
    if status in _NEVER_USED:
        raise not_used(status)
    start, end = period(resource.get("period"))
    types = resource.get("type")
    return Encounter(
        source=source,
        setting=_setting(resource.get("class")),
        status=status,
        start=chart.past(start),
        end=end_of(end),
        concept=concept(types[0] if isinstance(types, list) and types else types),
        discharged_to=concept(_stay(resource).get("dischargeDisposition")),
        admitted_from=concept(_stay(resource).get("admitSource")),
        priority=concept(resource.get("priority")),
    )


def _stay(resource: Json) -> Json:
    """What is particular to a stay: `hospitalization` (R4), `admission` (R5)."""
    value = resource.get("hospitalization") or resource.get("admission")
    return value if isinstance(value, dict) else {}


def _setting(value: object) -> Setting:
    """From a Coding (R4), a CodeableConcept or a list of them (R5), or a bare code (DSTU2)."""
    sent = (value["code"],) if isinstance(value, dict) and "code" in value else codes(value)
    for code in sent:
        upper = code.upper() if isinstance(code, str) else ""
        found = _SETTINGS.get(upper) or _WORDS.get(upper)
        if found:
            return found
    return "unknown"

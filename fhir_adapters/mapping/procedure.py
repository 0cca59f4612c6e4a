"""Procedure -> Procedure."""

from __future__ import annotations

from dataclasses import replace

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import not_used, unreadable
from fhir_adapters.mapping.values import Json, concept, period
from fhir_adapters.record import ICD9CM, Concept, Procedure
from fhir_adapters.record.coding import ICD9CM_PROCEDURES


def map_procedure(resource: Json, source: str, chart: ChartContext) -> Procedure:
    """Reads a procedure.

    Raises:
        SetAsideError: It was not completed, has no status or no code, or is dated after now.
    """
    status = resource.get("status")
    if not isinstance(status, str):
        raise unreadable("has no status")
    if status != "completed":
        raise not_used(status)
    what = _apart_from_diagnoses(concept(resource.get("code")))
    if not what.label:
        raise unreadable("has neither code nor text")
    performed = resource.get("performedDateTime") or period(resource.get("performedPeriod"))[0]
    return Procedure(source=source, concept=what, at=chart.past(performed))


def _apart_from_diagnoses(what: Concept) -> Concept:
    """The concept with its ICD-9-CM codes as procedures: 40.1 is no hypertension (401)."""
    if not what.codes(ICD9CM):
        return what
    codings = (
        replace(coding, system=ICD9CM_PROCEDURES) if coding.system == ICD9CM else coding
        for coding in what.codings
    )
    return replace(what, codings=tuple(codings))

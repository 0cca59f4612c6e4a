"""Orders and charts for the checks on orders, made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fhir_adapters.record import (
    RXNORM,
    SNOMED,
    Allergy,
    Coding,
    Concept,
    Dose,
    DraftOrder,
    Measurement,
    PatientRecord,
)
from models.contract import ClinicalModel, ClinicalSettings
from models.finding import Abstention, Finding
from tests.records import record

SETTINGS = ClinicalSettings()


def order(
    text: str, number: int = 1, *, rxnorm: str = "", mg: float | None = None, times: float = 1, **more: Any
) -> DraftOrder:
    """A draft of a drug, by name or RxNorm code, with its dose in mg."""
    codings = (Coding(RXNORM, rxnorm),) if rxnorm else ()
    doses = (Dose(amount=mg, unit="mg", times_per_day=times),) if mg is not None else ()
    source = f"MedicationRequest/d{number}"
    return DraftOrder(source=source, concept=Concept(codings, text), doses=doses, **more)


def chart(*drafts: DraftOrder, points: tuple[Measurement, ...] = (), **more: Any) -> PatientRecord:
    """A chart of which everything was read, with drafts."""
    built = record(*points, **more)
    coverage = {"AllergyIntolerance": "complete", **built.coverage}
    return replace(built, drafts=drafts, coverage=coverage)  # type: ignore[arg-type]


def allergy(text: str, snomed: str = "", **more: Any) -> Allergy:
    """An entry of the allergy list."""
    codings = (Coding(SNOMED, snomed),) if snomed else ()
    return Allergy(source="AllergyIntolerance/1", concept=Concept(codings, text), **more)


def findings(model: ClinicalModel, chart: PatientRecord) -> tuple[Finding, ...]:
    """What a model says."""
    return model.assess(chart, SETTINGS).findings


def finding(model: ClinicalModel, chart: PatientRecord) -> Finding | None:
    """The one thing that a model says, or None."""
    said = findings(model, chart)
    assert len(said) <= 1
    return said[0] if said else None


def unchecked(model: ClinicalModel, chart: PatientRecord) -> tuple[Abstention, ...]:
    """What a model says that it did not check."""
    said = model.assess(chart, SETTINGS).abstentions
    assert all(each.subject and each.reason for each in said)
    return said

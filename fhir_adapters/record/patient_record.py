"""PatientRecord: one chart as models see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar, cast

from fhir_adapters.record.needs import ResourceType
from fhir_adapters.record.parts import (
    Allergy,
    CodedObservation,
    Condition,
    DataQualityNote,
    Demographics,
    DraftOrder,
    Encounter,
    FamilyCondition,
    Medication,
    Note,
    Procedure,
    Redacted,
    Series,
)
from fhir_adapters.record.readings import NoteReading

T = TypeVar("T")

_NO_MEASUREMENTS = Series()

# How a resource type was asked for and answered:
#   complete: all of it is here (possibly none exists); partial: some is known to be missing;
#   unavailable: nothing could be had; not-asked: no model needed it.
Coverage = Literal["complete", "partial", "unavailable", "not-asked"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PatientRecord(Redacted):
    """Everything known about one patient as of one time; the only input of a model.

    `measurements` has one time-ordered series per analyte. `coverage` tells an empty list from an
    unknown one: no medications when `coverage["MedicationRequest"]` is "complete" means that the
    patient takes none; when it is "unavailable" it means that nobody knows.

    `drafts` are the orders that the call is about, not yet part of the chart; `discharge` is the reference of
    the encounter that is being ended, "" unless the call says so. `withheld` is the number of resources that
    were left out because their sender labelled them as confidential.
    """

    source: str
    patient: Demographics
    as_of: datetime
    conditions: tuple[Condition, ...] = ()
    measurements: Mapping[str, Series] = field(default_factory=dict)
    coded_observations: tuple[CodedObservation, ...] = ()
    medications: tuple[Medication, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    family_history: tuple[FamilyCondition, ...] = ()
    notes: tuple[Note, ...] = ()
    readings: tuple[NoteReading, ...] = ()
    drafts: tuple[DraftOrder, ...] = ()
    discharge: str = ""
    withheld: int = 0
    gaps: tuple[DataQualityNote, ...] = ()
    coverage: Mapping[ResourceType, Coverage] = field(default_factory=dict)
    _derived: dict[str, Any] = field(default_factory=dict, init=False, compare=False)

    def series(self, analyte: str) -> Series:
        """The measurements of one analyte, oldest first; empty when there are none."""
        return self.measurements.get(analyte, _NO_MEASUREMENTS)

    def knows(self, *resources: ResourceType) -> bool:
        """True when at least one of the resource types was obtained, so that absence means none."""
        return any(self.coverage.get(r, "not-asked") in ("complete", "partial") for r in resources)

    def once(self, name: str, derive: Callable[[PatientRecord], T]) -> T:
        """`derive(self)`, worked out for the first model that asks and kept for the others.

        Args:
            name: Names what is derived; one name always goes with one function.
            derive: A pure function of the record.
        """
        if name not in self._derived:
            self._derived[name] = derive(self)
        return cast(T, self._derived[name])

    @property
    def age_years(self) -> int | None:
        """Completed years as of the record's time; None when the birth date is unknown."""
        return self.patient.age_years(self.as_of)

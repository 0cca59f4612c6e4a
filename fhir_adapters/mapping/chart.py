"""A patient's resources -> one PatientRecord. Nothing that a resource holds can make this fail.

Each resource is read by its own mapper. One that is about somebody else, lies in the future or can't be read
is left out and becomes a DataQualityNote; so does one that has values of the wrong type.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeVar, get_args

from fhir_adapters.errors import RestrictedPatientError, UnreadablePatientError, WrongPatientError
from fhir_adapters.mapping.allergy import map_allergy
from fhir_adapters.mapping.condition import map_condition
from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.draft import map_drafts
from fhir_adapters.mapping.encounter import map_encounter
from fhir_adapters.mapping.family_history import map_family_history
from fhir_adapters.mapping.labels import Labelled, by_labels
from fhir_adapters.mapping.medication import map_medication
from fhir_adapters.mapping.narrative import map_composition, map_impression, map_remarks
from fhir_adapters.mapping.note import each_text_once, leave_out_replaced, map_document, map_report
from fhir_adapters.mapping.observation import ObservationReader
from fhir_adapters.mapping.patient import map_patient
from fhir_adapters.mapping.procedure import map_procedure
from fhir_adapters.mapping.quality import LISTED_OF_ONE_KIND, SHAPELESS, SetAsideError
from fhir_adapters.mapping.values import SHAPE_ERRORS, Json, codes, moment
from fhir_adapters.notes import Attachment
from fhir_adapters.record import (
    CodedObservation,
    Condition,
    Coverage,
    DataQualityNote,
    Demographics,
    Encounter,
    PatientRecord,
    ResourceType,
    Series,
)

AsOf = Literal["now", "last-entry"]

_Part_co = TypeVar("_Part_co", covariant=True)
# One resource type, each resource by its reference.
_Group = dict[str, Json]


class _Mapper(Protocol[_Part_co]):
    def __call__(self, resource: Json, source: str, chart: ChartContext, /) -> _Part_co | None: ...


_LONGEST_ID = 64  # of a FHIR id
_KINDS = frozenset((*get_args(ResourceType), "Medication"))
_NO_ATTACHMENTS: Mapping[str, Attachment] = MappingProxyType({})
_NO_COVERAGE: Mapping[ResourceType, Coverage] = MappingProxyType({})


def map_chart(
    patient_id: str,
    resources: Iterable[dict[str, Any]],
    *,
    now: datetime,
    as_of: AsOf = "now",
    analytes: frozenset[str] | None = None,
    attachments: Mapping[str, Attachment] = _NO_ATTACHMENTS,
    gaps: tuple[DataQualityNote, ...] = (),
    coverage: Mapping[ResourceType, Coverage] = _NO_COVERAGE,
    drafts: Iterable[dict[str, Any]] = (),
    selections: Collection[str] = (),
    discharge: str = "",
    labelled: Labelled = "leave-out",
    listed: int = LISTED_OF_ONE_KIND,
) -> PatientRecord:
    """Reads a chart.

    Args:
        patient_id: The id of the Patient that the chart is about.
        resources: Of any type, with references as `Type/id` (see `bundles.resources_of`); types that are
            not read are passed over.
        now: With a zone. What is dated more than five minutes later is not used.
        as_of: "last-entry" takes the record to be of the newest entry's time, for sandboxes with old data.
        analytes: Keys of the analytes that are wanted; None for all.
        attachments: Note attachments that were fetched, by their URL.
        gaps: What could not be obtained; comes first in the record's gaps.
        coverage: How each resource type was obtained. "complete" becomes "partial" where a resource of the
            type could not be read, so that an empty list never stands for an unread one.
        drafts: Orders that are about to be signed, with the Medications that they name; no part of the chart.
        selections: References of those among them that the user selected; empty for all.
        discharge: Reference of the encounter that is being ended; "" when none is.
        labelled: What becomes of resources that are labelled as confidential. What is left out is counted
            and makes its type's coverage "partial"; an order among the drafts stays, unread.
        listed: So many data-quality notes of one kind are listed one by one; the rest are counted.

    Raises:
        WrongPatientError: There is a Patient, but not the one asked for.
        UnreadablePatientError: There is no Patient.
        RestrictedPatientError: The Patient is labelled so that it is left out.
    """
    chart = ChartContext(patient_id, now, listed)
    drafts = list(drafts)
    read_first = by_labels(resources, labelled, beside=drafts)
    groups = _grouped(read_first.used, chart)
    withheld = _withheld(read_first.withheld, chart)
    demographics = _demographics(groups["Patient"], chart)
    read = partial(_read, groups, chart)

    encounters = read("Encounter", map_encounter)
    chart.settings = {encounter.source: encounter.setting for encounter in encounters}
    conditions = read("Condition", map_condition)
    observations = ObservationReader(chart, analytes)
    observations.read_all(groups["Observation"])
    measurements = observations.series()
    drug = partial(map_medication, drugs=groups["Medication"])
    medications = read("MedicationRequest", drug) + read("MedicationStatement", drug)
    allergies = read("AllergyIntolerance", map_allergy)
    procedures = read("Procedure", map_procedure)
    relatives = read("FamilyMemberHistory", map_family_history)
    leave_out_replaced(groups, chart)
    documents = read("DocumentReference", partial(map_document, fetched=attachments))
    documents += read("Composition", map_composition) + read("ClinicalImpression", map_impression)
    remarks = _read(
        {"Observation": _remarked(groups["Observation"], chart)}, chart, "Observation", map_remarks
    )
    reports = read("DiagnosticReport", partial(map_report, fetched=attachments))

    unread = by_labels(drafts, labelled, beside=read_first.withheld).withheld
    ordered = map_drafts(drafts, selections, groups["Medication"], chart, unread)
    notes = each_text_once(documents + reports + remarks, chart)
    quality = chart.quality.all()
    entries = _entries(measurements, observations.coded, conditions, encounters)
    return PatientRecord(
        source=demographics.source,
        patient=demographics,
        as_of=_time_of(as_of, entries, chart),
        conditions=conditions,
        measurements=measurements,
        coded_observations=tuple(sorted(observations.coded, key=attrgetter("at", "source", "kind"))),
        medications=medications,
        allergies=allergies,
        procedures=procedures,
        encounters=encounters,
        family_history=tuple(condition for relative in relatives for condition in relative),
        notes=notes,
        drafts=ordered,
        discharge=discharge,
        withheld=sum(withheld.values()),
        gaps=gaps + quality,
        coverage=_honest(coverage, quality, withheld),
    )


def _withheld(resources: Iterable[Json], chart: ChartContext) -> Counter[str]:
    """How many resources are left out because of their labels, by type; several versions count once.

    Raises:
        RestrictedPatientError: The Patient is among them.
    """
    groups = _grouped(resources, ChartContext(chart.patient_id, chart.now))
    if f"Patient/{chart.patient_id}" in groups["Patient"]:
        raise RestrictedPatientError()
    counted = Counter({kind: len(group) for kind, group in groups.items() if group})
    if counted:
        # Neither which they are nor what the labels say.
        reason = f"{counted.total()} labelled as confidential by their sender and left out"
        chart.quality.add("restricted", "chart", reason)
    return counted


def _grouped(resources: Iterable[Json], chart: ChartContext) -> dict[str, _Group]:
    """The resources that are read, by type and reference; of several versions of one the newest."""
    groups: dict[str, _Group] = {kind: {} for kind in _KINDS}
    for resource in resources:
        try:
            kind = resource["resourceType"]
            group = groups.get(kind)
            identity = resource.get("id")
        except SHAPE_ERRORS:
            chart.quality.add("unreadable", "resource", "is not a FHIR resource")
            continue
        if group is None:
            continue
        if not isinstance(identity, str) or not 0 < len(identity) <= _LONGEST_ID:
            identity = f"unidentified-{len(group) + 1}"
        source = f"{kind}/{identity}"
        held = group.get(source)
        if held is None:
            group[source] = resource
        elif held != resource:
            group[source] = _newer(held, resource)
            chart.quality.add("duplicate", source, "came in several versions, of which the newest is used")
    return groups


def _newer(held: Json, other: Json) -> Json:
    """The version updated last; where that can't be told, one that withdraws the entry."""
    when_held, when_other = (_updated(version) for version in (held, other))
    if when_held and when_other:
        return other if when_other > when_held else held
    withdrawn = "entered-in-error" in (*codes(other.get("status")), *codes(other.get("verificationStatus")))
    return other if withdrawn else held


def _updated(resource: Json) -> datetime | None:
    meta = resource.get("meta")
    when = moment(meta.get("lastUpdated")) if isinstance(meta, dict) else None
    return when.at if when else None


def _demographics(patients: _Group, chart: ChartContext) -> Demographics:
    patient = patients.pop(f"Patient/{chart.patient_id}", None)
    if patient is None:
        raise WrongPatientError() if patients else UnreadablePatientError()
    for source in patients:
        chart.quality.add("wrong-patient", source, "is about another patient")
    try:
        chart.know_identifiers(patient)
        return map_patient(patient, chart)
    except SHAPE_ERRORS:
        raise UnreadablePatientError from None


def _read(
    groups: Mapping[str, _Group], chart: ChartContext, kind: str, mapper: _Mapper[_Part_co]
) -> tuple[_Part_co, ...]:
    """The parts that a mapper makes of one type's resources, in the order of the chart."""
    parts = []
    for source, resource in groups[kind].items():
        try:
            chart.check_subject(resource)
            part = mapper(resource, source, chart)
        except SetAsideError as error:
            chart.quality.set_aside(source, error)
        except SHAPE_ERRORS:
            chart.quality.add("unreadable", source, SHAPELESS)
        else:
            if part is not None:
                parts.append(part)
    return tuple(parts)


def _remarked(observations: _Group, chart: ChartContext) -> _Group:
    """Those with a remark, but for what was set aside: its remark is, too, and is not told twice."""
    found = {source: observation for source, observation in observations.items() if "note" in observation}
    aside = {note.source for note in chart.quality.all()} if found else frozenset()
    return {source: observation for source, observation in found.items() if source not in aside}


def _entries(
    measurements: Mapping[str, Series],
    coded: Iterable[CodedObservation],
    conditions: Iterable[Condition],
    encounters: Iterable[Encounter],
) -> list[datetime]:
    """The dates of what was recorded; of each series the newest."""
    dates = [series.points[-1].at for series in measurements.values()]
    dates += [obs.at for obs in coded]
    dates += [date for cond in conditions for date in (cond.recorded, cond.onset) if date]
    return dates + [date for enc in encounters for date in (enc.start, enc.end) if date]


def _time_of(as_of: AsOf, entries: list[datetime], chart: ChartContext) -> datetime:
    """The record's time: not before an entry that a clock a little ahead of ours dated after now."""
    newest = max((date for date in entries if date <= chart.latest), default=chart.now)
    return newest if as_of == "last-entry" else max(chart.now, newest)


def _honest(
    coverage: Mapping[ResourceType, Coverage],
    quality: Iterable[DataQualityNote],
    withheld: Collection[str],
) -> Mapping[ResourceType, Coverage]:
    """Coverage in which "complete" holds only for types of which every resource could be read and used."""
    lost = {
        note.source.partition("/")[0] for note in quality if note.problem in ("unreadable", "unavailable")
    }
    lost.update(withheld)
    return {
        kind: "partial" if kind in lost and covered == "complete" else covered
        for kind, covered in coverage.items()
    }

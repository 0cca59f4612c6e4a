"""What a chart says of the catalogue's findings: recent notes, and what problems, drugs and results add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from fhir_adapters.record import ICD10CM, SNOMED, Note, PatientRecord
from fhir_adapters.terminology.code_set import CodeSet, ever_documented
from models import chart_inputs
from models.chart_inputs import latest, measured, smoking, stated
from models.diagnosis.differential.catalogue import Item, catalogue
from models.diagnosis.differential.explained import named
from models.diagnosis.differential.model import Findings, Sex
from models.diagnosis.differential.recognition import Sighting, State, sightings_in
from models.finding import Evidence
from models.note_facts import readings_of
from models.notes.linking import link
from models.notes.linking.lexicon import lexicon

DAYS: Final = 7
# Notes that are searched, newest first: an illness is told in the first and the last of them.
_NOTES: Final = 3
# Core temperature from which on one speaks of fever, and what counts as marked over- and underweight, kg/m².
FEVER: Final = 38.0
OBESE, UNDERWEIGHT = 30.0, 18.5
_BMI_DAYS: Final = 731
ANALYTES: Final = ("temperature", "bmi", "smoking_status", "pregnancy_status")
# Sections that tell of the illness that the patient came with; elsewhere a symptom can only be denied.
OF_ILLNESS: Final = frozenset({"", "chief_complaint", "hpi", "assessment_plan"})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Known:
    """Findings of a chart and what each rests on.

    Attributes:
        evidence: By key of a finding that is present or absent; a note's sentence is quoted.
        told: Keys of the symptoms that a recent note affirms.
        at: When the newest note that affirms one was written; None where none does.
    """

    findings: Findings
    evidence: dict[str, Evidence]
    told: frozenset[str]
    at: datetime | None

    def __repr__(self) -> str:
        return f"Known({len(self.evidence)} findings)"


def findings_from_record(record: PatientRecord, days: float = DAYS) -> Known:
    """The findings of a chart: symptoms of the newest notes of `days` days, antecedents from everywhere.

    A denial in one note does not undo what another affirms. Relatives' findings count as theirs only, and
    what is possible, planned or over is no finding.
    """
    states: dict[str, State] = {}
    evidence: dict[str, Evidence] = {}
    told: set[str] = set()
    at: datetime | None = None
    for note, written, sighting in _sightings(record, days):
        key, state = sighting.item.key, sighting.state
        if states.get(key) == "present" or (key in states and state == "absent"):
            continue
        states[key] = state
        evidence[key] = _quoted(note, written, sighting)
        if state == "present" and sighting.item.kind == "symptom":
            told.add(key)
            at = at or written
    for item, piece in _charted(record):
        if states.get(item.key) != "present":
            states[item.key] = "present"
            evidence[item.key] = piece
    return Known(
        findings=Findings(
            present=frozenset(key for key, state in states.items() if state == "present"),
            absent=frozenset(key for key, state in states.items() if state == "absent"),
            age=record.age_years,
            sex=sex_of(record),
        ),
        evidence=evidence,
        told=frozenset(told),
        at=at,
    )


def sex_of(record: PatientRecord) -> Sex:
    """The recorded sex; "" where the model knows nothing of it."""
    sex = record.patient.sex
    return sex if sex in ("female", "male") else ""


def _sightings(record: PatientRecord, days: float) -> Iterator[tuple[Note, datetime, Sighting]]:
    """What the newest notes that were read say, newest first."""
    since = record.as_of - timedelta(days=days)
    readings = readings_of(record)
    recent = [
        (note.at, note, readings[note.source])
        for note in record.notes
        if note.at is not None and since <= note.at <= record.as_of and note.source in readings
    ]
    recent.sort(key=lambda each: each[0], reverse=True)
    for at, note, reading in recent[:_NOTES]:
        for sighting in sightings_in(note, reading.mentions):
            present_symptom = sighting.item.kind == "symptom" and sighting.state == "present"
            if not present_symptom or _section_of(note, sighting) in OF_ILLNESS:
                yield note, at, sighting


def _section_of(note: Note, sighting: Sighting) -> str:
    return next((each.kind for each in note.sections if each.start <= sighting.start < each.end), "")


def _quoted(note: Note, at: datetime, sighting: Sighting) -> Evidence:
    return Evidence(
        source=note.source,
        label=named(sighting.item.label),
        value="denied" if sighting.state == "absent" else "yes",
        at=at,
        remark="from a note",
        quote=sighting.sentence,
    )


def _charted(record: PatientRecord) -> Iterator[tuple[Item, Evidence]]:
    """Antecedents and signs that the coded parts of the chart hold."""
    for item, codes in _code_sets():
        cond = ever_documented(record, codes)
        if cond is not None:
            yield item, stated(cond, named(item.label))
    for find in (_drugs, _relatives, _measured):
        yield from find(record)


def _drugs(record: PatientRecord) -> Iterator[tuple[Item, Evidence]]:
    items = [item for item in catalogue().items if item.kind == "antecedent" and item.whose == "patient"]
    names = {name: item for item in items for name in item.concepts if name in _drug_names()}
    for med in (each for each in record.medications if each.is_current(record.as_of)):
        text = med.concept.label
        for name in (name for name in names if name in text.lower()):
            label = named(names[name].label)
            yield names[name], Evidence(source=med.source, label=label, value=text, at=med.started)


def _relatives(record: PatientRecord) -> Iterator[tuple[Item, Evidence]]:
    for relative in record.family_history:
        names = {code.display for code in link(relative.concept.label, "problem")}
        for item in catalogue().items:
            if item.whose == "family" and names & set(item.concepts):
                label = named(item.label)
                yield item, Evidence(source=relative.source, label=label, value=relative.relationship.label)


def _measured(record: PatientRecord) -> Iterator[tuple[Item, Evidence]]:
    by_key = catalogue().by_key
    limits: Iterable[tuple[str, str, float, Callable[[float], bool]]] = (
        ("fever", "temperature", DAYS, lambda value: value >= FEVER),
        ("obesity", "bmi", _BMI_DAYS, lambda value: value >= OBESE),
        ("underweight", "bmi", _BMI_DAYS, lambda value: value < UNDERWEIGHT),
    )
    for key, analyte, days, is_met in limits:
        point = latest(record, analyte, days)
        if point is not None and is_met(point.value):
            yield by_key[key], measured(point)
    smokes = smoking(record)
    if smokes is not None and smokes.value:
        yield by_key["smoker"], smokes.evidence
    if chart_inputs.pregnant(record):
        yield by_key["pregnant"], Evidence(source=record.patient.source, label="Pregnancy", value="recorded")


@cache
def _code_sets() -> tuple[tuple[Item, CodeSet], ...]:
    """The codes of each antecedent that a problem list can hold: the vocabulary's and the catalogue's."""
    concepts = {concept.name: concept.codes for concept in lexicon().concepts if concept.type == "problem"}
    found = []
    for item in catalogue().items:
        if item.kind != "antecedent" or item.whose == "family":
            continue
        codes = [code for name in item.concepts for code in concepts.get(name, ())]
        icd10 = (*item.icd10cm, *(code for system, code in codes if system == ICD10CM))
        snomed = frozenset(code for system, code in codes if system == SNOMED)
        if icd10 or snomed:
            found.append((item, CodeSet(name=item.label, icd10=icd10, snomed=snomed)))
    return tuple(found)


@cache
def _drug_names() -> frozenset[str]:
    return frozenset(concept.name for concept in lexicon().concepts if concept.type == "medication")

"""A differential of the symptoms that a note of this week affirms.

Learned from the simulated patients of DDXPlus (Fansi Tchango A et al., NeurIPS 2022, arXiv:2205.09148): sums
of what each finding adds to each of 49 conditions, see `models.diagnosis.differential`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from fhir_adapters.record import ICD10CM, SNOMED, Coding, Need, PatientRecord, Requires
from models.complications._weights import shipped
from models.contract import ClinicalSettings
from models.diagnosis.differential.answer import FEWEST_SYMPTOMS, Answer, answer_of, gaps_of, symptoms_of
from models.diagnosis.differential.catalogue import Disease, catalogue, catalogue_hashes
from models.diagnosis.differential.explained import explanation_of, named
from models.diagnosis.differential.from_record import ANALYTES, DAYS, OF_ILLNESS, Known, findings_from_record
from models.diagnosis.differential.model import Candidate
from models.finding import Assessment, Citation, Estimate, Evidence, Finding
from models.note_facts import NOTES_READ, holding
from models.notes.assertion import lasting
from models.notes.linking import link, same_condition
from models.notes.linking.lexicon import lexicon
from models.registry import clinical_model
from models.scoring import abstain
from models.weights import digest_of

GROUP: Final = "differential"
# A condition not to be missed with at least this probability makes the look pressing.
_PRESSING: Final = 0.2
_NAMED: Final = 3
# Symptoms that the reader must have marked before the notes are searched for phrases.
_WORTH_READING: Final = 2
# A symptom that multiplies the odds of a condition by 2.7 or more speaks for it.
_SPEAKS: Final = 1.0
# Of the symptoms, known to the model or not, so many must speak for the leading condition.
_SHARE: Final = 2 / 3
_CONCLUDING: Final = frozenset({"assessment_plan", "diagnoses"})
_STATEMENT: Final = 119
_SHIPPED = shipped("differential")
_SOURCE: Final = Citation(label="DDXPlus, NeurIPS 2022", url="https://arxiv.org/abs/2205.09148")


@clinical_model
class DifferentialOfSymptoms:
    """Names the conditions that a note's symptoms speak for, and what to ask next; silent on most charts."""

    name = _SHIPPED.stamp.name
    # The catalogue decides too: which words are a finding, and which conditions are rare.
    stamp = replace(_SHIPPED.stamp, digest=digest_of([_SHIPPED.stamp.digest, *catalogue_hashes()]))
    card = _SHIPPED.card
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="FamilyMemberHistory"),
            Need(resource="Observation", analytes=ANALYTES, lookback_days=731),
            Need(resource="DocumentReference", newest=NOTES_READ),
        )
    )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """At most one finding, for symptoms of a note of the last week that names no cause itself."""
        known_names, other_names = _mentioned(record)
        if len(symptoms_of(known_names)) < _WORTH_READING:
            return self._silent("no note of the last 7 days affirms several symptoms")
        known = findings_from_record(record)
        gaps = gaps_of(known.told)
        if gaps:
            return self._silent(gaps[0])
        answer = answer_of(known.findings)
        if known.at is None or not _supported(known, answer, len(other_names)):
            return self._silent("no condition that the model knows explains the symptoms of the last 7 days")
        named = _named_cause(record, answer.shown)
        if named:
            return self._silent(f"a recent note already names {named}")
        return Assessment(findings=(self._finding(answer, known, known.at),))

    def _silent(self, reason: str) -> Assessment:
        return Assessment(abstentions=(abstain(self.stamp, "not-indicated", reason),))

    def _finding(self, answer: Answer, known: Known, at: datetime) -> Finding:
        shown = answer.shown
        pressing = any(each.disease.must_not_miss and each.probability >= _PRESSING for each in shown)
        leading = max(shown, key=lambda each: each.probability)
        others = tuple(_estimate(each) for each in shown if each is not leading)
        return Finding(
            kind="differential",
            key="differential",
            group=GROUP,
            statement=_statement(shown, at),
            rationale="Learned from simulated patients with 49 conditions; others are not considered. "
            "It is a list of what to think of, not a diagnosis.",
            urgency="soon" if pressing else "routine",
            topic=_topic(leading.disease),
            guideline=_SOURCE,
            model=self.stamp,
            confidence="C",
            estimate=_estimate(leading),
            further_estimates=others,
            evidence=tuple(_evidence(known, leading)),
            explanation=explanation_of(answer.differential, leading, known.evidence),
            missing=tuple(f"{each.item.label} (for {each.for_disease})" for each in answer.questions),
        )


def _mentioned(record: PatientRecord) -> tuple[set[str], set[str]]:
    """Symptoms of this illness that the note reader marked: findings by key, and concepts that are none."""
    by_concept = catalogue().by_concept
    findings: set[str] = set()
    others: set[str] = set()
    for item in holding(record, DAYS, "symptom", "problem"):
        if item.mention.section in OF_ILLNESS and item.mention.codes:
            name = item.mention.codes[0].display
            findings.update(each.key for each in by_concept.get(name, ()))
            if name not in by_concept and item.mention.type == "symptom":
                others.add(name)
    return findings, others


def _supported(known: Known, answer: Answer, others: int) -> bool:
    """Whether the leading condition explains enough of the symptoms, both in number and as a share.

    Antecedents alone make angina likely in anybody with hypertension and diabetes who is tired, and of a
    condition that the model does not know it always names the nearest that it does.
    """
    leading = max(answer.shown, key=lambda each: each.probability, default=None)
    if leading is None:
        return False
    speaking = {each.key for each in leading.reasons_for if each.log_odds >= _SPEAKS}
    explained = len(symptoms_of(known.told & speaking))
    return explained >= FEWEST_SYMPTOMS and explained >= _SHARE * (len(symptoms_of(known.told)) + others)


def _named_cause(record: PatientRecord, shown: Iterable[Candidate]) -> str:
    """What a note of the week states as the cause: a candidate, or an acute problem of its assessment."""
    stated = [item for item in holding(record, DAYS, "problem") if item.mention.codes]
    for each in shown:
        codes = link(each.disease.concept, "problem") if each.disease.concept else ()
        if any(same_condition(codes, item.mention.codes) for item in stated):
            return each.disease.label
    acute = (item for item in stated if item.mention.section in _CONCLUDING and not lasting(item.words))
    return next((item.mention.codes[0].display for item in acute), "")


def _statement(shown: Iterable[Candidate], at: datetime) -> str:
    names = [each.disease.label for each in shown][:_NAMED]
    text = f"Symptoms of {at.date().isoformat()}: consider {', '.join(names)}"
    while len(text) > _STATEMENT:
        names.pop()
        text = f"Symptoms of {at.date().isoformat()}: consider {', '.join(names)}"
    return text


def _estimate(candidate: Candidate) -> Estimate:
    return Estimate(
        name=named(candidate.disease.label),
        value=candidate.probability,
        unit="probability",
        band="must not miss" if candidate.disease.must_not_miss else "",
    )


def _evidence(known: Known, leading: Candidate) -> Iterable[Evidence]:
    """What was found, in the order of what it weighs for the leading condition."""
    weights = {each.key: abs(each.log_odds) for each in leading.weights}
    return (known.evidence[key] for key in sorted(known.evidence, key=lambda key: -weights.get(key, 0.0)))


def _topic(disease: Disease) -> Coding:
    codes = dict(
        next((each.codes for each in lexicon().concepts if each.name == disease.concept), ())
        if disease.concept
        else ()
    )
    if SNOMED in codes:
        return Coding(SNOMED, codes[SNOMED], disease.label)
    return Coding(ICD10CM, codes.get(ICD10CM, disease.icd10cm), disease.label)

"""The differential of a chart: when it speaks, what it says, and when it is silent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cds_hooks.cards.alert_policy import AlertPolicy
from cds_hooks.cards.builder import build_cards
from fhir_adapters.record import Concept, FamilyCondition, Note, NoteReading, PatientRecord
from models.contract import ClinicalSettings
from models.diagnosis.differential.from_record import findings_from_record
from models.diagnosis.documented.differential import DifferentialOfSymptoms
from models.finding import Assessment, Finding
from tests.models.diagnosis.differential.readers import note_reader
from tests.readings import note
from tests.records import NOW, condition, drug, measurement, person, record

EMBOLISM = (
    "HPI\nShe has sudden pleuritic chest pain and shortness of breath since this morning. "
    "Her left calf is swollen. She coughed up blood once. She denies fever.\n"
)
MODEL = DifferentialOfSymptoms()


def chart(*notes: Note, **more: Any) -> PatientRecord:
    """A chart whose notes were read by the shipped reader."""
    from fhir_adapters.notes import sections_of

    cut = tuple(replace(each, sections=sections_of(each.text)) for each in notes)
    readings: tuple[NoteReading, ...] = tuple(note_reader().read(each) for each in cut)
    return replace(record(patient=more.pop("patient", person(34)), **more), notes=cut, readings=readings)


def assessed(of: PatientRecord) -> Assessment:
    return MODEL.assess(of, ClinicalSettings())


def finding(of: PatientRecord) -> Finding:
    (found,) = assessed(of).findings
    return found


def reason(of: PatientRecord) -> str:
    found = assessed(of)
    assert not found.findings
    (abstention,) = found.abstentions
    assert abstention.cause == "not-indicated"
    return abstention.reason


def test_symptoms_of_a_new_note_give_one_finding_with_quotes_and_questions() -> None:
    found = finding(chart(note(EMBOLISM, days=1)))
    assert found.statement.startswith("Symptoms of 2026-05-31: consider pulmonary embolism")
    assert len(found.statement) < 120
    assert found.kind == "differential"
    assert found.confidence == "C"
    assert found.urgency == "soon"
    assert found.estimate is not None
    assert (found.estimate.name, found.estimate.band) == ("Pulmonary embolism", "must not miss")
    assert found.explanation is not None
    assert found.explanation.total == pytest.approx(100 * found.estimate.value)
    largest = found.explanation.contributions[0]
    assert largest.amount > 0
    assert largest.source == "DocumentReference/n1"
    quotes = {piece.quote for piece in found.evidence}
    assert "Her left calf is swollen." in quotes
    assert {piece.value for piece in found.evidence} == {"yes", "denied"}


def test_the_card_says_that_it_was_learned_from_simulated_patients() -> None:
    of = chart(note(EMBOLISM, days=1))
    (built,) = build_cards(assessed(of), of, policy=AlertPolicy(), declined=(), hook_instance="h", now=NOW)
    assert "simulated patients" in built.card.detail
    assert built.card.indicator == "info"


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ((), "no note of the last 7 days"),
        ((note(EMBOLISM, days=8),), "no note of the last 7 days"),
        ((note("HPI\nShe has a cough.\n", days=1),), "no note"),
        ((note("HPI\nShe has a cough and chest pain.\n", days=1),), "no condition that the model knows"),
        ((note("FAMILY HISTORY\nMother has fever, cough and dyspnea.\n", days=1),), "no note"),
        ((note("HPI\nNo fever, cough, chest pain or dyspnea. She is tired.\n", days=1),), "no note"),
        (
            (note("HPI\nHe has nausea, vomiting, chest pain and abdominal pain.\n", days=1),),
            "pain in the abdomen: not considered are appendicitis",
        ),
        (
            (note("HPI\nHe has fever, chills, dysuria, hematuria, frequency and vomiting.\n", days=1),),
            "no condition that the model knows",
        ),
        ((note(EMBOLISM + "ASSESSMENT\nCellulitis of the left leg.\n", days=1),), "already names cellulitis"),
        (
            (note(EMBOLISM + "ASSESSMENT\nAcute pulmonary embolism.\n", days=1),),
            "already names pulmonary embolism",
        ),
    ],
)
def test_it_is_silent_where_there_is_no_question(notes: tuple[Note, ...], words: str) -> None:
    assert words in reason(chart(*notes))


def test_antecedents_come_from_problems_drugs_relatives_and_results() -> None:
    of = chart(
        note("HPI\nShe has a cough.\n", days=1),
        conditions=(condition("I10"), condition("J45.909"), condition("I26.99", status="resolved")),
        medications=(drug("apixaban 5 MG Oral Tablet"), drug("prednisone 10 MG", status="stopped")),
    )
    of = replace(
        of,
        family_history=(
            FamilyCondition(
                source="FamilyMemberHistory/1",
                relationship=Concept((), "mother"),
                concept=Concept((), "asthma"),
            ),
        ),
    )
    known = findings_from_record(of)
    assert {"hypertension", "asthma", "noac", "family_asthma", "cough"} <= known.findings.present
    assert "steroids" not in known.findings.present
    assert known.evidence["hypertension"].source == "Condition/I10"
    assert (known.findings.age, known.findings.sex) == (34, "female")
    assert known.told == {"cough"}


def test_a_temperature_of_38_is_a_fever_and_37_9_says_nothing() -> None:
    def fever(value: float) -> bool:
        of = record(measurement("temperature", value, 1, "Cel"))
        return "fever" in findings_from_record(of).findings.present

    assert fever(38.0)
    assert not fever(37.9)

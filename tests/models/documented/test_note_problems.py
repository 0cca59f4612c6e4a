from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_adapters.record import ICD10CM, Concept, Mention, Note, PatientRecord
from models.contract import ClinicalSettings
from models.diagnosis.documented.note_problems import NoteProblems
from models.finding import Finding
from models.run import assess
from tests.readings import mention, note, noted
from tests.records import condition, record

TEXT = "Gout, on allopurinol.\nSeen for knee pain."


def pair(
    days: float, name: str, text: str = TEXT, words: str = "Gout", **more: Any
) -> tuple[Note, list[Mention]]:
    return note(text, days=days, name=name), [mention(text, words, **more)]


def findings(chart: PatientRecord) -> tuple[Finding, ...]:
    return NoteProblems().assess(chart, ClinicalSettings()).findings


def test_a_chronic_problem_of_two_days_is_offered_with_its_sentences() -> None:
    (finding,) = findings(noted(pair(10, "a"), pair(40, "b")))
    assert finding.statement == "Gout: 2 notes document it, and it is not on the problem list"
    assert [item.quote for item in finding.evidence] == ["Gout, on allopurinol."] * 2
    assert [item.source for item in finding.evidence] == ["DocumentReference/a", "DocumentReference/b"]
    (proposal,) = finding.proposals
    assert any(coding.system == ICD10CM and coding.code.startswith("M10") for coding in proposal.codings)


def test_once_is_not_enough() -> None:
    assert not findings(noted(pair(10, "a")))


def test_a_note_that_concludes_it_and_says_it_again_is_enough() -> None:
    text = "Has gout.\nAssessment: Gout, stable."
    of = note(text)
    said = [mention(text, "gout", section="hpi"), mention(text, "Gout", section="assessment_plan")]
    assert len(findings(noted((of, said)))) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"presence": "absent"},
        {"presence": "possible"},
        {"presence": "conditional"},
        {"when": "planned"},
        {"whose": "family"},
        {"whose": "other"},
        {"score": 0.3},
        {"section": "family_history"},
        {"section": "differential"},
        {"section": "instructions"},
    ],
    ids=str,
)
def test_what_is_not_asserted_of_the_patient_is_never_offered(said: dict[str, Any]) -> None:
    assert not findings(noted(pair(10, "a", **said), pair(40, "b", **said)))


def test_an_acute_problem_is_not_offered() -> None:
    text = "Pneumonia, on antibiotics."
    assert not findings(noted(pair(10, "a", text, "Pneumonia"), pair(40, "b", text, "Pneumonia")))


def test_a_newer_note_that_rules_it_out_silences_it() -> None:
    ruled_out = pair(2, "c", "No gout: crystals absent.", "gout", presence="absent")
    assert findings(noted(pair(10, "a"), pair(40, "b")))
    assert not findings(noted(ruled_out, pair(10, "a"), pair(40, "b")))


@pytest.mark.parametrize("order", [1, -1])
def test_a_newest_note_that_says_both_silences_it(order: int) -> None:
    text = "Gout, on allopurinol. The entry of gout was charted in error."
    of = note(text, days=2, name="c")
    both = [mention(text, "Gout"), mention(text, "gout", presence="absent")][::order]
    assert not findings(noted((of, both), pair(10, "a"), pair(40, "b")))


@pytest.mark.parametrize("code", ["M10.9", "M1A.0", "M10.072"])
@pytest.mark.parametrize("status", ["active", "resolved", "inactive"])
def test_an_entry_of_the_same_idea_in_any_status_silences_it(code: str, status: str) -> None:
    chart = record(conditions=[condition(code, status=status)])
    assert not findings(noted(pair(10, "a"), pair(40, "b"), chart=chart))


def test_an_entry_in_words_only_silences_it() -> None:
    entry = replace(condition("M10.9"), concept=Concept((), "gouty arthritis"))
    assert not findings(noted(pair(10, "a"), pair(40, "b"), chart=record(conditions=[entry])))


def test_without_the_whole_problem_list_nothing_is_offered() -> None:
    chart = noted(pair(10, "a"), pair(40, "b"))
    partial = replace(chart, coverage={**chart.coverage, "Condition": "partial"})
    outcome = NoteProblems().assess(partial, ClinicalSettings())
    assert not outcome.findings
    assert outcome.abstentions[0].cause == "missing-input"


def test_old_notes_are_not_looked_at() -> None:
    assert not findings(noted(pair(800, "a"), pair(900, "b")))


def test_a_note_that_was_not_read_offers_nothing() -> None:
    chart = noted(pair(10, "a"), pair(40, "b"))
    assert not findings(replace(chart, readings=chart.readings[:1]))


def test_at_most_three_problems_the_most_documented_first() -> None:
    names = ["Gout", "Asthma", "Osteoporosis", "Psoriasis"]
    text = "\n".join(names)
    pairs = [
        (note(text, days=10 * n, name=f"n{n}"), [mention(text, name) for name in names[: 5 - n]])
        for n in (1, 2, 3)
    ]
    shown = [finding.statement.split(":")[0] for finding in findings(noted(*pairs))]
    assert len(shown) == 3
    assert set(shown[:2]) == {"Gout", "Asthma"}


def test_what_another_model_proposes_is_not_offered_twice() -> None:
    text = "Gout."
    chart = noted(pair(10, "a", text), pair(40, "b", text))
    (offered,) = findings(chart)

    class Same(NoteProblems):
        name = "same.v1"

        def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Any:
            outcome = NoteProblems().assess(record, settings)
            return replace(outcome, findings=(replace(outcome.findings[0], kind="diagnosis", key="x"),))

    both = assess(chart, [Same(), NoteProblems()], ClinicalSettings())
    assert [finding.kind for finding in both.findings] == ["diagnosis"]
    assert offered.kind == "documented_in_notes"

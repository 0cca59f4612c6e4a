"""What a note asserts of its mentions, on invented sentences in many styles."""

from __future__ import annotations

import pytest

from fhir_adapters.record import Section, Span
from models.notes.assertion import assert_spans
from models.notes.typed_span import TypedSpan
from tests.growth import in_proportion
from tests.models.notes.assertion.reading import asserted, said, unmarked
from tests.models.notes.assertion.sentences import CASES, PAST, PLAIN, Case

_SAFE = [case for case in CASES if case.said and case.said != "planned"]
_TO_SHOUT = [case for case in CASES if "\n" not in case.text]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_a_mention_is_asserted_as_a_reader_would(case: Case) -> None:
    assert said(case.text, case.type) == set(case.said.split())


@pytest.mark.parametrize("case", _SAFE, ids=lambda case: case.text)
def test_what_is_denied_past_or_of_another_is_never_a_finding_now(case: Case) -> None:
    _, assertion = asserted(case.text, case.type)
    assert (assertion.presence, assertion.when, assertion.whose) != ("present", "current", "patient")


@pytest.mark.parametrize("case", _TO_SHOUT, ids=lambda case: case.text)
def test_capitals_change_nothing(case: Case) -> None:
    assert said(case.text.upper(), case.type) - {"past"} == set(case.said.split()) - {"past"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mr. Kowalski", "Ms. Okafor"),
        ("A white patient", "A Black patient"),
        ("A Hispanic patient", "An Asian patient"),
        ("The Medicaid patient", "The Aetna patient"),
        ("John", "Latoya"),
    ],
)
@pytest.mark.parametrize(
    "rest",
    [
        "denies {chest pain}, cough or edema.",
        "has a history of {pancreatitis} and gout.",
        "presented with {syncope} and was admitted.",
        "has possible {pneumonia}.",
        "should return if {bleeding} recurs.",
        "had a mother with {breast cancer}.",
    ],
)
def test_name_race_and_insurer_change_nothing(one: str, other: str, rest: str) -> None:
    first, second = asserted(f"{one} {rest}")[1], asserted(f"{other} {rest}")[1]
    assert (first.presence, first.when, first.whose, first.score) == (
        second.presence,
        second.when,
        second.whose,
        second.score,
    )


def test_a_cue_is_pointed_at() -> None:
    text, assertion = asserted("Today he denies fever or {cough}.")
    assert [text[cue.start : cue.end] for cue in assertion.cues] == ["denies"]


def test_a_heading_that_decides_is_pointed_at() -> None:
    text, assertion = asserted("FAMILY HISTORY\nGlaucoma, {stroke}.")
    assert "FAMILY HISTORY" in [text[cue.start : cue.end] for cue in assertion.cues]


def test_a_mention_without_a_cue_has_none() -> None:
    assert asserted(PLAIN[0].text, "symptom")[1].cues == ()


def test_mentions_are_answered_in_the_order_they_are_asked() -> None:
    text = "No fever. He has a cough."
    cough, fever = TypedSpan(19, 24, "symptom"), TypedSpan(3, 8, "symptom")
    answers = assert_spans(text, [Span(0, 9), Span(10, 25)], (), [cough, fever])
    assert [answer.presence for answer in answers] == ["present", "absent"]


def test_a_mention_outside_all_sentences_is_read_in_its_line() -> None:
    text = "no rash\ndenies fever\ncough"
    answers = assert_spans(text, (), (), [TypedSpan(15, 20, "symptom"), TypedSpan(21, 26, "symptom")])
    assert [answer.presence for answer in answers] == ["absent", "present"]


def test_a_mention_across_two_sentences_is_answered() -> None:
    text = "Neck supple. No mass."
    answer = assert_spans(text, [Span(0, 12), Span(13, 21)], (), [TypedSpan(0, 21, "symptom")])
    assert len(answer) == 1


def test_no_mentions_give_no_answers() -> None:
    assert assert_spans("Well.", [Span(0, 5)], (), []) == []


@pytest.mark.parametrize(
    ("kind", "type_", "expected"),
    [
        ("family_history", "problem", {"family", "past"}),
        ("surgical_history", "procedure", {"past"}),
        ("differential", "problem", {"possible"}),
        ("allergies", "medication", {"conditional", "past"}),
        ("immunizations", "problem", {"conditional"}),
        ("instructions", "symptom", {"conditional"}),
        ("assessment_plan", "problem", set()),
    ],
)
def test_a_section_decides_where_no_cue_does(kind: str, type_: str, expected: set[str]) -> None:
    text = "Heading\nsomething here."
    sections = [Section(kind=kind, heading="Heading", start=7, end=len(text))]
    span = TypedSpan(8, 17, type_)  # type: ignore[arg-type]
    answer = assert_spans(text, [Span(0, 7), Span(8, len(text))], sections, [span])[0]
    assert {answer.presence, answer.when, answer.whose} - {"present", "current", "patient"} == expected


@pytest.mark.parametrize(("kind", "when"), [("duration", "current"), ("date", "past")])
def test_a_marked_time_is_a_cue_all_the_same(kind: str, when: str) -> None:
    told = {"duration": "A 3-day history of vertigo.", "date": "Vertigo two years ago."}[kind]
    marked = {"duration": TypedSpan(2, 7, "duration"), "date": TypedSpan(8, 21, "date")}[kind]
    vertigo = TypedSpan(at := told.lower().index("vertigo"), at + 7, "symptom")
    assert assert_spans(told, [Span(0, len(told))], (), [vertigo, marked])[0].when == when


def test_what_is_marked_as_a_procedure_still_tells_that_the_disease_is_only_prevented() -> None:
    text = "Heparin for DVT prophylaxis."
    spans = [TypedSpan(12, 15, "problem"), TypedSpan(16, 27, "procedure")]
    assert assert_spans(text, [Span(0, len(text))], (), spans)[0].presence == "conditional"


def test_a_marked_test_still_asks_for_its_disease() -> None:
    text = "A skin test for tuberculosis was placed."
    spans = [TypedSpan(16, 28, "problem"), TypedSpan(2, 11, "test")]
    assert assert_spans(text, [Span(0, len(text))], (), spans)[0].presence == "possible"


def test_a_history_reaches_over_a_long_list() -> None:
    items = ", ".join(f"laceration of finger {n} (disorder)" for n in range(9))
    text, span = unmarked(f"Patient has a history of {items}, {{ankle sprain}}.", "problem")
    assert assert_spans(text, [Span(0, len(text))], (), [span])[0].when == "past"


def test_a_long_instruction_that_was_cut_in_two_stays_conditional() -> None:
    first = "Call for any unusual rash, nausea, vomiting,"
    text, span = unmarked(f"{first} new weakness, {{dizziness}} or fainting.", "symptom")
    cut = [Span(0, len(first)), Span(len(first) + 1, len(text))]
    assert assert_spans(text, cut, (), [span])[0].presence == "conditional"


def test_every_score_is_a_probability() -> None:
    assert all(0 <= asserted(case.text, case.type)[1].score <= 1 for case in (*PAST, *PLAIN))


def _asserted_all(text: str, sentences: list[Span], step: int) -> None:
    spans = [TypedSpan(at, at + 4, "problem") for at in range(0, len(text) - 4, step)]
    assert len(assert_spans(text, sentences, (), spans)) == len(spans)


@pytest.mark.parametrize(
    "noise",
    ["a", "no ", "( ", "\n \t", "**[", "- ,:;?"],
    ids=["one word", "cues", "brackets", "blank", "gaps", "marks"],
)
def test_a_megabyte_of_noise_is_read_in_linear_time(noise: str) -> None:
    assert in_proportion(lambda text: _asserted_all(text, [Span(0, len(text))], 5000), noise, 1_000_000)


def test_noise_without_sentences_is_read_in_linear_time() -> None:
    assert in_proportion(lambda text: _asserted_all(text, [], 500), "no x ", 1_000_000)

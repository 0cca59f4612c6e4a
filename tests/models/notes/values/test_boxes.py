"""Which choices of a form are ticked."""

from __future__ import annotations

import pytest

from models.notes.values.boxes import boxes_of
from tests.growth import in_proportion


def choices(text: str) -> list[tuple[str, bool, bool]]:
    return [(text[b.label.start : b.label.end], b.ticked, b.answered) for b in boxes_of(text)]


@pytest.mark.parametrize(
    "text",
    [
        "[x] chest pain [ ] dyspnea",
        "[X] chest pain\n[] dyspnea",
        "(x) chest pain ( ) dyspnea",
        "Symptoms: ☒ chest pain ☐ dyspnea",
        "☑ chest pain □ dyspnea",
        "chest pain [x]  dyspnea [ ]",
        "- [x] chest pain\n- [ ] dyspnea",
        "[✓] chest pain; [ ] dyspnea",
    ],
)
def test_a_marked_box_is_ticked_and_an_empty_one_is_not(text: str) -> None:
    assert choices(text) == [("chest pain", True, False), ("dyspnea", False, False)]


@pytest.mark.parametrize(
    "text",
    [
        "Fever: Yes  Cough: No",
        "Fever: yes, Cough: no.",
        "Fever: Y\nCough: N",
        "Fever (Y) N\nCough Y (N)",
        "Fever: [x] Yes [ ] No   Cough: [ ] Yes [x] No",
        "Fever: Yes Cough: No",
    ],
)
def test_a_question_with_yes_and_no_is_answered(text: str) -> None:
    assert choices(text) == [("Fever", True, True), ("Cough", False, True)]


def test_a_question_with_both_boxes_empty_says_nothing() -> None:
    assert choices("Chest pain [ ] Yes [ ] No") == []


@pytest.mark.parametrize(
    "text",
    [
        "He is well.",
        "f(x) = 3",
        "Allergies: No known allergies",
        "Room: No. 5",
        "values (see below)",
        "[1] a note",
    ],
)
def test_ordinary_text_has_no_boxes(text: str) -> None:
    assert choices(text) == []


def test_the_mark_is_where_the_box_stands() -> None:
    text = "Today [x] cough"
    (box,) = boxes_of(text)
    assert text[box.mark.start : box.mark.end] == "[x]"


@pytest.mark.parametrize("noise", ["[ ] ", "[x]", "a:", "Yes: no ", "( ) a ", "a (Y) N ", "a" * 100, "[    "])
def test_a_long_form_takes_time_in_proportion(noise: str) -> None:
    assert in_proportion(boxes_of, noise, 200_000)

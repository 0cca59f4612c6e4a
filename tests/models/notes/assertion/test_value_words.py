"""A word that the reader marks as a value still denies what it denies: "negative for chest pain"."""

from __future__ import annotations

import pytest

from fhir_adapters.record import Span
from models.notes.assertion.assertor import assert_spans
from models.notes.typed_span import TypedSpan


def _asserted(text: str, *marked: tuple[str, str]) -> list[str]:
    spans = [
        TypedSpan(start=text.index(words), end=text.index(words) + len(words), type=kind)  # type: ignore[arg-type]
        for words, kind in marked
    ]
    return [each.presence for each in assert_spans(text, [Span(0, len(text))], (), spans)]


@pytest.mark.parametrize(
    "text", ["ROS: negative for chest pain, dyspnea.", "Reviewed and negative for chest pain or dyspnea."]
)
def test_what_a_list_of_negatives_names_is_denied(text: str) -> None:
    found = _asserted(text, ("negative", "value"), ("chest pain", "symptom"), ("dyspnea", "symptom"))
    assert found[1:] == ["absent", "absent"]


def test_what_follows_except_for_is_there() -> None:
    text = "ROS reviewed and otherwise negative except for fatigue."
    assert _asserted(text, ("negative", "value"), ("fatigue", "symptom"))[1] == "present"


def test_a_test_that_was_negative_was_done() -> None:
    text = "Patient tests negative for HIV."
    assert _asserted(text, ("negative", "value"), ("HIV", "test"))[1] == "present"


@pytest.mark.parametrize("result", ["EKG negative", "Urine culture negative", "Strep test: negative"])
def test_the_result_of_a_test_denies_no_symptom_of_the_sentence(result: str) -> None:
    name = result.replace(" negative", "").rstrip(":")
    text = f"{result}, sore throat for 3 days."
    found = _asserted(text, (name, "test"), ("negative", "value"), ("sore throat", "symptom"))
    assert (found[0], found[2]) == ("present", "present")

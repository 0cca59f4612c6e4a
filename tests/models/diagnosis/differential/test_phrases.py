from __future__ import annotations

import pytest

from models.diagnosis.differential.phrases import hits_in
from models.notes.sentences import sentences_of
from tests.growth import in_proportion


def found(text: str) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for hit in hits_in(text, sentences_of(text, ())):
        words.setdefault(hit.item.key, []).append(text[hit.start : hit.end])
    return words


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("Pain radiates to the left arm and jaw.", "radiation.arm", "radiates to the left arm"),
        ("Pain radiates to the left arm and jaw.", "radiation.jaw", "radiates to the left arm and jaw"),
        ("It is worse when lying flat.", "supine_worse", "when lying flat"),
        ("He has watery, itchy eyes.", "tearing_eyes", "watery, itchy eyes"),
        ("She can\u2019t swallow.", "dysphagia", "can\u2019t swallow"),
        ("Seizures were seen.", "seizure", "Seizures"),
        (
            "Returned last week from northern Uganda.",
            "travel_africa",
            "Returned last week from northern Uganda",
        ),
    ],
)
def test_a_phrase_is_found_with_its_words(text: str, key: str, words: str) -> None:
    assert words in found(text)[key]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Pain in the chest. The arm is cold.", "pain.arm"),
        ("Pain in the chest with swelling of the legs.", "pain.lower_leg"),
        ("The pain radiates nowhere; the jaw is normal.", "radiation.jaw"),
        ("He has hay fever.", "fever"),
        ("His vomit looked like coffee grounds.", "caffeine"),
        ("She is a former smoker.", "smoker"),
        ("Deep breathing exercises were shown.", "pleuritic"),
    ],
)
def test_what_is_something_else_is_not_found(text: str, key: str) -> None:
    assert key not in found(text)


def test_phrases_overlap_and_each_keeps_its_finding() -> None:
    keys = found("Sudden sharp chest pain that is worse on deep breathing.").keys()
    assert {"pain.sudden", "pain.sharp", "pain.chest", "pleuritic"} <= keys


def test_offsets_hold_where_lower_case_is_longer_than_the_letter() -> None:
    text = "\u0130\u0130\u0130 fever"
    (hit,) = hits_in(text, sentences_of(text, ()))
    assert text[hit.start : hit.end] == "fever"


def test_noise_costs_no_more_than_its_length() -> None:
    assert in_proportion(lambda text: hits_in(text, sentences_of(text, ())), "pain in ", 160_000)

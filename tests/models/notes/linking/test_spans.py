from __future__ import annotations

import random
import string
from itertools import pairwise

import pytest

from models.notes.linking import vocabulary_spans
from tests.growth import in_proportion


def found(text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.type) for span in vocabulary_spans(text)]


def test_names_and_abbreviations_of_every_type_are_found_in_order() -> None:
    text = "HTN and gout; takes metformin. Reports chest pain. Had a colonoscopy, CRP pending."
    assert found(text) == [
        ("HTN", "problem"),
        ("gout", "problem"),
        ("metformin", "medication"),
        ("chest pain", "symptom"),
        ("colonoscopy", "procedure"),
        ("CRP", "test"),
    ]


def test_the_longest_name_wins() -> None:
    assert found("acute on chronic systolic heart failure") == [
        ("acute on chronic systolic heart failure", "problem")
    ]
    assert found("CVA tenderness") == [("CVA tenderness", "symptom")]


def test_case_plural_spelling_and_possessive_do_not_matter() -> None:
    assert [words for words, _ in found("ANAEMIA, Gallstones, Crohn’s disease, kidney\nstones")] == [
        "ANAEMIA",
        "Gallstones",
        "Crohn’s disease",
        "kidney\nstones",
    ]


def test_a_name_does_not_reach_over_punctuation() -> None:
    assert found("the heart. Failure to call back") == []
    assert found("type 2, diabetes insipidus") == [("diabetes insipidus", "problem")]


def test_parts_of_words_are_not_found() -> None:
    assert found("goutweed HTNX fevery") == []


def test_abbreviations_that_are_words_are_found_only_as_written() -> None:
    assert found("he gave me tips and a cap") == []
    assert found("TIPS placed for ascites") == [("TIPS", "procedure"), ("ascites", "symptom")]


def test_abbreviations_that_are_words_are_not_found_in_shouted_lines() -> None:
    assert found("GIVEN TIPS ON DIET AND SLEEP HYGIENE BY THE NURSE") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RA on methotrexate, joint swelling better", ("RA", "problem")),
        ("saddle PE, started heparin", ("PE", "problem")),
        ("relapsing MS followed by neurology", ("MS", "problem")),
        ("MS with rheumatic valve", ("MS", "problem")),
        ("INR 2.1, PT 24 seconds", ("PT", "test")),
        ("PT/OT consult for gait", ("PT", "procedure")),
        ("ESRD on HD MWF", ("HD", "procedure")),
    ],
)
def test_words_around_decide_what_an_abbreviation_means(text: str, expected: tuple[str, str]) -> None:
    assert expected in found(text)


@pytest.mark.parametrize(
    "text",
    ["95% on RA", "PE: lungs clear, no DVT signs", "MS intact", "the PT was seen", "HD 3 of stay", "CP"],
)
def test_an_abbreviation_without_such_a_word_is_left_alone(text: str) -> None:
    assert not [words for words, _ in found(text) if words in {"RA", "PE", "MS", "PT", "HD", "CP"}]


def test_spans_lie_in_the_text_and_never_overlap() -> None:
    text = "İstanbul: Ménière’s disease … naïve; Sjögren syndrome, n/v; 膵炎 COPD\u00a0exacerbation"
    spans = vocabulary_spans(text)
    assert [text[s.start : s.end] for s in spans] == [
        "Ménière’s disease",
        "Sjögren syndrome",
        "n/v",
        "COPD\u00a0exacerbation",
    ]
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_an_empty_text_holds_nothing() -> None:
    assert vocabulary_spans("") == []


def _noise() -> str:
    # Reproducible noise, no secret.
    return "".join(random.Random(7).choices(string.ascii_letters + " \n.-", k=50_000))  # noqa: S311


@pytest.mark.parametrize(
    "piece",
    ["a", "1-", "PE ", "chronic kidney ", "a's", "é̀", _noise()],
    ids=["one word", "dashes", "ambiguous", "prefixes", "possessives", "accents", "letters"],
)
def test_noise_takes_time_in_proportion(piece: str) -> None:
    assert in_proportion(vocabulary_spans, piece, 200_000)

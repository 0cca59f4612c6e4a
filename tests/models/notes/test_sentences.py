"""Where the sentences of a note begin and end."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from fhir_adapters.notes.sections import sections_of
from models.notes.sentences import LONGEST, sentences_of
from tests.growth import in_proportion

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
MTSAMPLES = SHARED / "mtsamples" / "mtsamples.csv.gz"
BLANK = set(" \t\r\n,;")


def cut(text: str) -> list[str]:
    return [text[s.start : s.end] for s in sentences_of(text, sections_of(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He is well. She is not.", ["He is well.", "She is not."]),
        ("Seen with Dr. Adams today. All fine.", ["Seen with Dr. Adams today.", "All fine."]),
        ("Pt. Brown was seen by Mrs. Hill.", ["Pt. Brown was seen by Mrs. Hill."]),
        ("Give 2.5 mg. p.o. b.i.d. with food.", ["Give 2.5 mg. p.o. b.i.d. with food."]),
        ("Takes it b.i.d. Then he rests.", ["Takes it b.i.d.", "Then he rests."]),
        ("Came at 5 p.m. with pain.", ["Came at 5 p.m. with pain."]),
        ("Bed No. 5 is free, e.g. for him vs. her.", ["Bed No. 5 is free, e.g. for him vs. her."]),
        ("Fever: no. Cough: yes.", ["Fever: no.", "Cough: yes."]),
        ("Referred by Anna B. Clark. Stable.", ["Referred by Anna B. Clark.", "Stable."]),
        ("He has hepatitis C. She has not.", ["He has hepatitis C.", "She has not."]),
        ("no fever. no cough. temp 98.6. eats well", ["no fever.", "no cough.", "temp 98.6.", "eats well"]),
        ("NO FEVER. LUNGS CLEAR. GO HOME", ["NO FEVER.", "LUNGS CLEAR.", "GO HOME"]),
        ("What now? ? pneumonia on the left.", ["What now?", "? pneumonia on the left."]),
        ("He was fine.The next day he was not.", ["He was fine.", "The next day he was not."]),
        ("His age is 66. Temperature is 97.7.", ["His age is 66.", "Temperature is 97.7."]),
        ("We start on May 17. We saw the risks.", ["We start on May 17.", "We saw the risks."]),
        ("Fever . Cough .", ["Fever .", "Cough ."]),
    ],
)
def test_a_full_stop_ends_a_sentence_unless_it_belongs_to_an_abbreviation(
    text: str, expected: list[str]
) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Asthma\n2. Gout\n3. Eczema", ["1. Asthma", "2. Gout", "3. Eczema"]),
        ("1.  Asthma.  2.  Gout, on\nallopurinol.", ["1.  Asthma.", "2.  Gout, on\nallopurinol."]),
        ("1) cough 2) fever 3) rash", ["1) cough", "2) fever", "3) rash"]),
        ("- cough\n- fever\n  for days\n* rash", ["- cough", "- fever\n  for days", "* rash"]),
        ("• cough • fever", ["• cough", "• fever"]),
        ("[x] chest pain\n[ ] dyspnea", ["[x] chest pain", "[ ] dyspnea"]),
    ],
)
def test_each_item_of_a_list_is_a_sentence(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_a_line_that_goes_on_in_lower_case_is_not_the_end() -> None:
    assert cut("He was seen and\nsent home after\ntwo hours. He slept.") == [
        "He was seen and\nsent home after\ntwo hours.",
        "He slept.",
    ]


def test_a_long_line_goes_on_with_a_capitalised_name() -> None:
    text = (
        "The results of the second study were sent on Monday to the office of\nLee, who will call him back."
    )
    assert len(cut(text)) == 1


def test_a_label_line_is_not_joined_to_what_stands_around_it() -> None:
    assert cut("He was seen\nBreakfast: eggs\nmore later") == ["He was seen", "Breakfast: eggs\nmore later"]
    assert cut("He reports this:\nfever at night") == ["He reports this:", "fever at night"]


def test_short_lines_of_a_medication_list_are_items_even_in_lower_case() -> None:
    text = "Medications:\naspirin 81 mg\nmetformin 500 mg\nlisinopril"
    assert cut(text)[1:] == ["aspirin 81 mg", "metformin 500 mg", "lisinopril"]


def test_each_line_of_a_table_is_a_sentence() -> None:
    assert cut("sodium     138    135-145\npotassium  4.1    3.5-5.0") == [
        "sodium     138    135-145",
        "potassium  4.1    3.5-5.0",
    ]


def test_commas_that_stand_for_line_breaks_end_sentences_and_belong_to_none() -> None:
    text = "SUBJECTIVE:,  This man has pain,no fever.,MEDS TODAY: , None,ALLERGIES:,  Penicillin.,He is well."
    assert cut(text) == [
        "SUBJECTIVE:",
        "This man has pain,no fever.",
        "MEDS TODAY:",
        "None",
        "ALLERGIES:",
        "Penicillin.",
        "He is well.",
    ]


def test_a_gap_left_by_de_identification_does_not_end_a_sentence() -> None:
    assert cut("Seen by [**First Name. (STitle) 12**] and ___ on XXXX. Fine.") == [
        "Seen by [**First Name. (STitle) 12**] and ___ on XXXX.",
        "Fine.",
    ]


def test_a_heading_is_a_sentence_of_its_own() -> None:
    assert cut("He is well\nPLAN:\nRest at home.\nASSESSMENT: Gout") == [
        "He is well",
        "PLAN:",
        "Rest at home.",
        "ASSESSMENT:",
        "Gout",
    ]


def test_text_without_punctuation_is_cut_at_words() -> None:
    sentences = cut("word " * 1000)
    assert all(len(sentence) <= LONGEST for sentence in sentences)
    assert all(sentence.split()[-1] == "word" for sentence in sentences)


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    text = "he denies this and that " * 15 + "; " + "she denies all of it " * 20
    assert cut(text)[0].endswith(";")


def test_spans_are_trimmed_ordered_disjoint_and_cover_all_text() -> None:
    text = "  PLAN:\n\n  1. Rest. 2. Eat , drink;\nsleep.\tDone\n\nx,,  y\n" * 20
    check_cover(text)


def check_cover(text: str) -> None:
    sections = sections_of(text)
    spans = sentences_of(text, sections)
    edges = {edge for section in sections for edge in (section.start, section.end)}
    at = 0
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        assert set(text[at : span.start]) <= BLANK
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        assert not any(span.start < edge < span.end for edge in edges)
        at = span.end
    assert set(text[at:]) <= BLANK


@pytest.mark.parametrize("noise", ["1", ".", ". ", "a b ", "1) ", "[**", "\n", "?!", "A.", "a\n", ", "])
def test_a_megabyte_of_noise_is_cut_in_linear_time(noise: str) -> None:
    assert in_proportion(lambda text: sentences_of(text, ()), noise, 1_000_000)


def test_an_empty_text_has_no_sentence() -> None:
    assert sentences_of("", ()) == []
    assert sentences_of(" \n ", ()) == []


@pytest.mark.data
@pytest.mark.skipif(not MTSAMPLES.exists(), reason="the MTSamples transcriptions are not beside the checkout")
def test_every_public_transcription_is_covered() -> None:
    csv.field_size_limit(10**8)
    with gzip.open(MTSAMPLES, "rt", encoding="utf-8") as lines:
        texts = sorted({row["transcription"] for row in csv.DictReader(lines)})[::20]
    assert len(texts) > 100
    for text in texts:
        check_cover(text)

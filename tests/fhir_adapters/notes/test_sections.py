"""Notes are cut at their headings, as these are written in practice."""

from __future__ import annotations

import csv
import gzip
import re
from itertools import pairwise
from pathlib import Path

import pytest

from fhir_adapters.notes import sections_of
from fhir_adapters.notes.section_kinds import SECTION_KINDS

_TRANSCRIPTIONS = Path(__file__).resolve().parents[4] / "shared" / "data" / "mtsamples" / "mtsamples.csv.gz"


def _cut(text: str) -> list[tuple[str, str]]:
    return [(section.kind, text[section.start : section.end].strip()) for section in sections_of(text)]


def test_a_note_without_headings_has_no_sections() -> None:
    assert sections_of("Seen today. Feels well: no complaints.") == ()
    assert sections_of("") == ()


@pytest.mark.parametrize(
    "heading",
    [
        "FAMILY HISTORY:",
        "Family History:",
        "FAMILY HISTORY",
        "Family History",
        "# Family History",
        "## FAMILY HISTORY:",
        "**Family History**",
        "FHx:",
        "  Family history:  ",
        "=== Family History ===",
    ],
)
def test_a_heading_on_its_own_line_begins_a_section(heading: str) -> None:
    text = f"# HPI\nfeels well\n\n{heading}\nfather: heart attack at 54\n\nPLAN\nrest"
    assert _cut(text) == [
        ("hpi", "feels well"),
        ("family_history", "father: heart attack at 54"),
        ("assessment_plan", "rest"),
    ]


def test_a_known_heading_may_be_followed_by_its_text() -> None:
    assert _cut("Meds: metformin\nAllergies: none\nS: tired") == [
        ("medications", "metformin"),
        ("allergies", "none"),
        ("hpi", "tired"),
    ]


def test_an_unknown_word_before_a_colon_is_no_heading() -> None:
    assert _cut("Exam:\nBlood pressure: 140/90\nHEENT: normal") == [
        ("exam", "Blood pressure: 140/90\nHEENT: normal")
    ]


def test_lines_that_a_transcription_ran_together_are_cut_at_capitals() -> None:
    text = "SUBJECTIVE:,  Tired.,FAMILY HISTORY: , Father had a stroke. PLAN:,1. Rest"
    assert [kind for kind, _ in _cut(text)] == ["hpi", "family_history", "assessment_plan"]


def test_words_in_a_sentence_are_no_heading() -> None:
    assert _cut("We discussed her medications: all were stopped. The PLAN is rest.") == []


def test_what_stands_before_the_first_heading_is_kept() -> None:
    assert _cut("2026-01-01\n\n# Plan\nrest") == [("", "2026-01-01"), ("assessment_plan", "rest")]


def test_an_unknown_markdown_heading_has_no_kind() -> None:
    assert _cut("# Plan\nrest\n# Logistics\nbus") == [("assessment_plan", "rest"), ("", "bus")]


def test_a_text_all_in_capitals_is_not_cut_at_every_line() -> None:
    text = "HPI:\nTHE PATIENT IS A MAN\nWITH CHEST PAIN\nAND NAUSEA"
    assert [kind for kind, _ in _cut(text)] == ["hpi"]


def test_sections_cover_the_text_after_the_first_heading_without_overlap() -> None:
    text = "intro\nHPI:\na\nROS:\nb\nPLAN: c"
    sections = sections_of(text)
    assert all(s.start <= s.end for s in sections)
    assert all(a.end <= b.start for a, b in pairwise(sections))
    assert sections[-1].end == len(text)


def test_a_heading_has_one_kind() -> None:
    assert SECTION_KINDS["assessment and plan"] == "assessment_plan"
    assert all(heading == heading.lower().strip() for heading in SECTION_KINDS)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text", ["A" * 200_000, "A:" * 100_000, "\n" * 200_000, " A" * 100_000 + ":", "#" * 200_000]
)
def test_adversarial_text_is_cut_in_linear_time(text: str) -> None:
    assert isinstance(sections_of(text), tuple)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (
            "ALLERGIES:, Codeine, latex.,CURRENT MEDICATIONS,1.  Senna.,SOCIAL HISTORY: , Retired.",
            ["allergies", "medications", "social_history"],
        ),
        (
            "Seen with her son.,REVIEW OF SYSTEMS,Denies fever.,PLAN ,1. Rest.",
            ["", "review_of_systems", "assessment_plan"],
        ),
        ("CC:, Fits,HX:, Since May.,LABS: , AP: 120, PE: none", ["chief_complaint", "hpi", "labs"]),
        ("CURRENT MEDICINES: , Senna.,MEDICAL PROBLEM LIST:,1. Gout.", ["medications", "past_history"]),
    ],
)
def test_a_transcription_may_leave_out_the_colon(text: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in _cut(text)] == kinds


def test_any_heading_of_a_transcription_ends_a_list_of_allergies() -> None:
    text = "ALLERGIES:, Latex.,CODE STATUS:, Full.,PHYSICAL EXAMINATION:, Well.,HEENT:, Clear.,LUNGS:, Clear."
    assert [kind for kind, _ in _cut(text)] == ["allergies", "", "exam"]


def test_words_in_capitals_between_commas_are_no_heading() -> None:
    assert _cut("He takes ASPIRIN, MEDICATIONS, and VITAMINS, as before.") == []


@pytest.mark.data
@pytest.mark.skipif(
    not _TRANSCRIPTIONS.is_file(), reason="the public transcriptions are not beside the checkout"
)
def test_no_list_of_allergies_of_a_real_transcription_runs_into_the_next_heading() -> None:
    csv.field_size_limit(10**8)
    with gzip.open(_TRANSCRIPTIONS, "rt", encoding="utf-8") as lines:
        texts = {row["transcription"] for row in csv.DictReader(lines)}
    found = [
        text[section.start : section.end]
        for text in texts
        for section in sections_of(text)
        if section.kind == "allergies"
    ]
    heading = re.compile(r"[.],[A-Z]{4,20} [A-Z]{4,20}:,")
    assert len(found) > 300
    assert [body for body in found if heading.search(body)] == []

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import pytest

from models.notes.identity import identity_spans

_NOTES = (
    Path(__file__).resolve().parents[4] / "shared/data/fhir_synthea_bulk10/DocumentReference.000.ndjson.gz"
)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Mr. Jamal has asthma.", ["Jamal"]),
        ("Seen by Dr. Anna Maria Lopez today.", ["Anna Maria Lopez"]),
        ("MRS. SMITH HAS CHEST PAIN", ["SMITH"]),
        ("A 58-year-old black man on Medicaid.", ["black", "Medicaid"]),
        ("A Hispanic, elderly woman.", ["Hispanic"]),
        ("Wilhelmina Ortega\nis a 34 year-old female.", ["Wilhelmina Ortega"]),
        ("History: Ana Ruiz is a pleasant 7-month-old girl.", ["Ana Ruiz"]),
        ("African American female", ["African American"]),
    ],
)
def test_who_somebody_is_gets_found(text: str, hidden: list[str]) -> None:
    assert [text[span.start : span.end] for span in identity_spans(text)] == hidden


@pytest.mark.parametrize(
    "text",
    [
        "Black stool, white blood cells, Asian flu.",
        "Moderate MR. Normal LV function.",
        "MS. EXACERBATION OF WEAKNESS",
        "White exudate on the tonsils.",
        "He has asthma.",
        "He is a 40-year-old man.",
        "The patient is a 40-year-old man. Patient is a 40-year-old man.",
        "Asthma is a disease of 40-year-old lungs.",
    ],
)
def test_what_says_nothing_of_who_stays(text: str) -> None:
    assert not identity_spans(text)


def test_a_megabyte_is_done_in_one_pass() -> None:
    assert identity_spans("white " * 170_000) == []
    assert identity_spans("\nAda Bob " * 120_000) == []


@pytest.mark.data
@pytest.mark.skipif(
    not _NOTES.is_file(), reason="the notes of simulated patients are not beside the checkout"
)
def test_the_name_that_introduces_a_patient_is_hidden_in_every_note() -> None:
    seen = 0
    with gzip.open(_NOTES) as lines:
        notes = [json.loads(line)["content"][0]["attachment"]["data"] for line in lines]
    for data in notes:
        text = base64.b64decode(data).decode()
        name = re.search(r"# History of Present Illness\n(\S[^\n]*?)\s+is an? ", text)
        if name is not None:
            seen += 1
            assert name.span(1) in [(span.start, span.end) for span in identity_spans(text)]
    assert seen > 1000

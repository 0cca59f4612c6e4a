from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fhir_adapters.mapping.chart import map_chart

PATIENT = {"resourceType": "Patient", "id": "p1"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("No known drug allergies", False),
        ("NKDA", False),
        ("no known allergies.", False),
        ("None", False),
        ("Penicillin", True),
        ("No known drug allergies except penicillin", True),
    ],
)
def test_a_statement_in_words_that_there_is_none_is_no_allergy(text: str, kept: bool) -> None:
    entry = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": {"text": text},
        "type": "allergy",
        "category": ["medication"],
        "reaction": [{"manifestation": [{"text": "hives"}]}],
    }
    chart = map_chart("p1", [PATIENT, entry], now=datetime(2026, 6, 1, tzinfo=UTC))
    assert bool(chart.allergies) is kept
    for allergy in chart.allergies:
        assert (allergy.kind, allergy.category, allergy.reactions) == ("allergy", "medication", ("hives",))

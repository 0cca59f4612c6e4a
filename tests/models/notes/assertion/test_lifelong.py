"""Which pasts are still true."""

from __future__ import annotations

import pytest

from fhir_adapters.record import Assertion
from models.notes.assertion import holds_now, lasting


@pytest.mark.parametrize(
    "name", ["Hypertension", "type 2 diabetes mellitus", "severe COPD", "Crohn's disease", "CKD stage 3"]
)
def test_a_disease_for_life_is_lasting(name: str) -> None:
    assert lasting(name)


@pytest.mark.parametrize(
    "name", ["pneumonia", "gestational diabetes", "stroke", "breast cancer", "depression", "", "acute asthma"]
)
def test_what_may_end_is_not_lasting(name: str) -> None:
    assert not lasting(name)


def test_a_history_of_a_lasting_disease_holds() -> None:
    assert holds_now(Assertion(when="past"), "problem", "hypertension")


def test_a_history_of_an_event_does_not_hold() -> None:
    assert not holds_now(Assertion(when="past"), "problem", "pneumonia")


def test_a_past_drug_does_not_hold() -> None:
    assert not holds_now(Assertion(when="past"), "medication", "hypertension drug")


def test_a_present_and_current_mention_holds() -> None:
    assert holds_now(Assertion(), "symptom", "cough")


@pytest.mark.parametrize(
    "assertion",
    [
        Assertion(presence="absent"),
        Assertion(presence="absent", when="past"),
        Assertion(presence="possible"),
        Assertion(presence="conditional"),
        Assertion(when="planned"),
        Assertion(whose="family"),
        Assertion(whose="other", when="past"),
    ],
)
def test_nothing_else_holds(assertion: Assertion) -> None:
    assert not holds_now(assertion, "problem", "hypertension")

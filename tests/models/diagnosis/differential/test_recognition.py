from __future__ import annotations

import pytest

from fhir_adapters.record import Note, Section
from models.diagnosis.differential.recognition import State, said_age_and_sex, sightings_in, states_of
from tests.models.diagnosis.differential.readers import findings_in


def states(text: str, *sections: Section) -> dict[str, State]:
    """By the phrases alone: no note reader has read the text."""
    return states_of(sightings_in(Note(source="", text=text, at=None, sections=sections), ()))


def test_what_is_affirmed_is_present_and_what_is_denied_is_absent() -> None:
    found = states("She has a fever and a cough but denies chest pain, wheezing or hemoptysis.")
    assert found["fever"] == found["cough"] == "present"
    assert found["pain.chest"] == found["wheezing"] == found["hemoptysis"] == "absent"


@pytest.mark.parametrize(
    "text",
    [
        "Return if you develop fever.",
        "We will watch for fever.",
        "His mother has a fever.",
        "Possible fever.",
    ],
)
def test_what_is_not_the_patients_now_is_neither(text: str) -> None:
    assert "fever" not in states(text)


def test_a_relatives_disease_counts_as_a_relatives_only() -> None:
    found = states("Her sister has asthma. Her father died of lung cancer.")
    assert found["family_asthma"] == found["family_lung_cancer"] == "present"
    assert "asthma" not in found


def test_an_antecedent_may_be_past_and_a_symptom_may_not() -> None:
    found = states("History of deep vein thrombosis in 2019. Last year he had a fever.")
    assert found.get("dvt") == "present"
    assert "fever" not in found


def test_words_that_deny_by_themselves_are_understood() -> None:
    found = states("A dry cough. He is not vaccinated. He has no appetite. Sex without condoms.")
    assert found["productive"] == found["vaccinated"] == "absent"
    assert found["appetite_loss"] == found["unprotected_sex"] == "present"


def test_a_symptom_of_the_past_history_is_none_of_this_illness() -> None:
    text = "PMH\npalpitations\n"
    assert "palpitations" not in states(text, Section(kind="past_history", heading="PMH", start=4, end=17))
    assert states(text, Section(kind="hpi", heading="HPI", start=4, end=17)) == {"palpitations": "present"}


def test_what_is_affirmed_once_is_present_whatever_another_sentence_denies() -> None:
    assert states("No cough last week. Now she has a cough.")["cough"] == "present"


def test_names_and_words_for_race_change_nothing() -> None:
    text = "{} is a 52-year-old {} man with fever, cough and shortness of breath. {} smokes."
    read = {
        findings_in(text.format(name, race, name))
        for name, race in (("Mr. Smith", "white"), ("Mr. Okafor", "Black"), ("Mr. Nguyen", "Asian"))
    }
    assert len(read) == 1


@pytest.mark.parametrize(
    ("text", "age", "sex"),
    [
        ("A 54-year-old man with cough.", 54, "male"),
        ("72 yo F, she has fever.", 72, "female"),
        ("A 9-month-old girl.", 0, "female"),
        ("An 18 month old boy.", 1, "male"),
        ("Fever for 3 days.", None, ""),
    ],
)
def test_age_and_sex_are_taken_from_the_words(text: str, age: int | None, sex: str) -> None:
    assert said_age_and_sex(text) == (age, sex)

"""What a note states of smoking and drinking, and whose habit it is."""

from __future__ import annotations

from collections import Counter

import pytest

from fhir_adapters.notes.sections import sections_of
from models.notes.sentences import sentences_of
from models.notes.values.habits import habits_of
from tests.growth import in_proportion
from tests.models.notes.values.reading import MTSAMPLES, habits, stated, transcriptions


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("She smokes.", "current-smoker"),
        ("He is a heavy smoker.", "current-smoker"),
        ("Still smokes now and then.", "current-smoker"),
        ("Current every day smoker.", "current-smoker"),
        ("Tobacco: yes", "current-smoker"),
        ("Admits to cigarettes.", "current-smoker"),
        ("3. Tobacco abuse.", "current-smoker"),
        ("She quit once but continues to smoke.", "current-smoker"),
        ("Ex-smoker.", "former-smoker"),
        ("Former heavy smoker.", "former-smoker"),
        ("He quit smoking 10 years ago.", "former-smoker"),
        ("Used to smoke.", "former-smoker"),
        ("No longer smokes.", "former-smoker"),
        ("She has not smoked since 1999.", "former-smoker"),
        ("He denies tobacco now though he was a previous smoker.", "former-smoker"),
        ("Never smoker.", "never-smoker"),
        ("She has never smoked.", "never-smoker"),
        ("Lifelong nonsmoker.", "never-smoker"),
        ("Denies any history of tobacco use.", "never-smoker"),
        ("No smoking history.", "never-smoker"),
        ("Nonsmoker.", "non-smoker"),
        ("He does not smoke.", "non-smoker"),
        ("Denies tobacco.", "non-smoker"),
        ("Tobacco: no", "non-smoker"),
        ("TOBACCO USE: None.", "non-smoker"),
        ("Negative for tobacco.", "non-smoker"),
        ("He is not a smoker.", "non-smoker"),
    ],
)
def test_the_status_of_smoking_is_read(text: str, status: str) -> None:
    assert stated(text) == [status]


@pytest.mark.parametrize(
    "text",
    [
        "He smokes marijuana.",
        "Exposed to second-hand smoke.",
        "There are smokers in the home.",
        "No smoke exposure at home.",
        "Advised to quit smoking.",
        "She wants to stop smoking.",
        "Smoking cessation was discussed.",
        "Nicotine patch 21 mg daily.",
        "Don't smoke.",
        "INSTRUCTIONS:\nNo smoking.",
        "A PPD was placed.",
        "He chews tobacco.",
        "PAST AND PRESENT SMOKING:",
        "He used to smoke more.",
        "A pack and a dressing were left.",
        "The throat pack was removed.",
        "History of tobacco use.",
    ],
)
def test_what_says_nothing_sure_of_the_patients_tobacco_states_nothing(text: str) -> None:
    assert stated(text) == []


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("Smokes 1 ppd.", "packs_per_day=1"),
        ("Smokes half a pack per day.", "packs_per_day=0.5"),
        ("Smokes 1-1/2 packs of cigarettes a day.", "packs_per_day=1.5"),
        ("Smokes 10 cigarettes a day.", "packs_per_day=0.5"),
        ("Smoker, 40 pack-years.", "pack_years=40"),
        ("She has a 20-pack year smoking history.", "pack_years=20"),
        ("1 pack per day x 20 years", "pack_years=20"),
        ("Smokes two packs a day for the past 30 years.", "pack_years=60"),
        ("He has a twenty-five pack-year history.", "pack_years=25"),
        ("A thirteen and a half pack year history of smoking.", "pack_years=13.5"),
    ],
)
def test_the_amount_of_tobacco_is_read(text: str, amount: str) -> None:
    assert amount in stated(text)


def test_an_advised_amount_is_not_smoked() -> None:
    assert stated("Encouraged to cut his cigarettes down to 5 cigarettes a day.") == []


def test_a_share_of_a_pack_that_is_not_known_is_no_amount() -> None:
    assert stated("Still smokes about a third of a pack a day.") == ["current-smoker"]


def test_one_who_quits_in_a_later_clause_is_a_former_smoker() -> None:
    assert "former-smoker" in stated("1 ppd smoker since his teens; quit 2 years ago.")


def test_one_who_stopped_after_a_year_is_a_former_smoker() -> None:
    assert "former-smoker" in stated("She began smoking 2 cigarettes a day at 22, but stopped after a year.")


def test_to_start_again_is_not_to_have_quit() -> None:
    assert "former-smoker" not in stated("She quit smoking and started again last year.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Denies EtOH.", ["no-alcohol"]),
        ("Does not drink.", ["no-alcohol"]),
        ("Alcohol: none", ["no-alcohol"]),
        ("Quit drinking in 1997.", ["no-alcohol"]),
        ("Social drinker.", ["alcohol-use"]),
        ("Drinks alcohol occasionally.", ["alcohol-use"]),
        ("Alcohol: socially", ["alcohol-use"]),
        ("Drinks 2 beers per day.", ["alcohol-use", "drinks_per_week=14"]),
        ("3-4 glasses of wine per week", ["alcohol-use", "drinks_per_week=3"]),
        ("a six-pack a day", ["alcohol-use", "drinks_per_week=42"]),
    ],
)
def test_the_use_of_alcohol_is_read(text: str, expected: list[str]) -> None:
    assert sorted(stated(text)) == sorted(expected)


@pytest.mark.parametrize(
    "text",
    [
        "Drinks plenty of water.",
        "She is eating and drinking well.",
        "The skin was prepped with alcohol.",
        "Advised to avoid alcohol.",
        "No significant alcohol use.",
        "History of alcohol abuse.",
        "He does not drink much coffee.",
        "Used to drink heavily.",
        "Ethanol: 0 gm/dl, Vitreous",
    ],
)
def test_other_drinks_other_alcohol_and_an_open_past_state_nothing(text: str) -> None:
    assert stated(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Denies alcohol, tobacco, or illicit drugs.", ["no-alcohol", "non-smoker"]),
        ("No tobacco/ETOH/drugs.", ["non-smoker", "no-alcohol"]),
        ("She does not smoke or drink.", ["non-smoker", "no-alcohol"]),
        ("He does not smoke, but does drink socially.", ["non-smoker", "alcohol-use"]),
        ("Denies tobacco and drinks alcohol daily.", ["non-smoker", "alcohol-use"]),
        ("He used to smoke about a pack a day.", ["former-smoker", "packs_per_day=1"]),
        ("Smokes 1 ppd but denies alcohol.", ["current-smoker", "packs_per_day=1", "no-alcohol"]),
    ],
)
def test_a_denial_reaches_through_a_list_and_no_further(text: str, expected: list[str]) -> None:
    assert sorted(stated(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Her mother smokes.", ["current-smoker/family"]),
        ("His wife is a heavy smoker.", ["current-smoker/family"]),
        ("Lives with her husband and smokes 1 ppd.", ["current-smoker", "packs_per_day=1"]),
        ("His roommate smokes.", ["current-smoker/other"]),
        ("She has one partner and she is a nonsmoker.", ["non-smoker"]),
        ("FAMILY HISTORY:\nFather had gout. Denies tobacco.", ["non-smoker"]),
        ("FAMILY HISTORY:\nFather had gout. He was a former smoker.", ["former-smoker/family"]),
    ],
)
def test_a_relatives_habit_is_not_the_patients(text: str, expected: list[str]) -> None:
    assert stated(text) == expected


def test_a_heading_names_the_habit_of_the_line_below() -> None:
    assert stated("TOBACCO USE:\nNone.\nMEDICATIONS:\nNone.") == ["non-smoker"]


def test_an_empty_box_states_nothing_and_a_ticked_one_does() -> None:
    assert stated("[ ] current smoker  [x] former smoker") == ["former-smoker"]
    assert stated("[ ] current smoker") == []


@pytest.mark.parametrize(
    ("text", "presence", "when"),
    [
        ("Never smoker.", "absent", "current"),
        ("Nonsmoker.", "absent", "current"),
        ("Former smoker.", "present", "past"),
        ("Current smoker.", "present", "current"),
        ("Denies alcohol.", "absent", "current"),
    ],
)
def test_a_habit_knows_what_it_asserts(text: str, presence: str, when: str) -> None:
    (habit,) = habits(text)
    assertion = habit.assertion()
    assert (assertion.presence, assertion.when, assertion.whose) == (presence, when, "patient")


def test_the_span_is_the_words_that_state_the_habit() -> None:
    text = "She is well. She quit smoking in May."
    (habit,) = habits(text)
    assert text[habit.span.start : habit.span.end] == "quit smoking"
    assert habit.value.span == habit.span


def test_letters_that_grow_in_lower_case_shift_nothing() -> None:
    text = "İİİ says he is a nonsmoker."
    (habit,) = habits(text)
    assert text[habit.span.start : habit.span.end] == "nonsmoker"


@pytest.mark.parametrize("noise", ["smokes ", "no tobacco ", "drinks 2 beers a day ", "pack ", "1 ppd "])
def test_a_long_list_of_habits_takes_time_in_proportion(noise: str) -> None:
    assert in_proportion(lambda text: habits_of(text, sentences_of(text, ()), ()), noise, 200_000)


@pytest.mark.data
@pytest.mark.skipif(not MTSAMPLES.exists(), reason="the MTSamples transcriptions are not beside the checkout")
def test_public_transcriptions_state_habits_of_every_kind() -> None:
    counts: Counter[str] = Counter()
    for text in transcriptions():
        sections = sections_of(text)
        counts.update(
            h.value.text or h.value.analyte for h in habits_of(text, sentences_of(text, sections), sections)
        )
    floors = {
        "non-smoker": 180,
        "no-alcohol": 150,
        "alcohol-use": 80,
        "current-smoker": 70,
        "former-smoker": 45,
        "packs_per_day": 45,
        "pack_years": 25,
        "never-smoker": 20,
    }
    assert {key: counts[key] >= floor for key, floor in floors.items()} == dict.fromkeys(floors, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He smokes one-and-one-half packs per day.", ["current-smoker", "packs_per_day=1.5"]),
        ("She smokes one and a half packs a day.", ["current-smoker", "packs_per_day=1.5"]),
        ("Patient is an alcoholic.", ["alcohol-use"]),
        ("Offered is an alcoholic beverage.", []),
        ("LABS:\nEthanol: none", []),
        ("SOCIAL HISTORY:\nAlcohol: none", ["no-alcohol"]),
    ],
)
def test_halves_alcoholics_and_levels(text: str, expected: list[str]) -> None:
    assert stated(text) == expected

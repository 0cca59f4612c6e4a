from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fhir_adapters.record import (
    SNOMED,
    CodedObservation,
    Coding,
    Concept,
    Note,
    PatientRecord,
    Procedure,
    Section,
)
from tests.models.diagnosis.helpers import abstained, assessed, codes, keys, only
from tests.records import ago, condition, drug, measurement, person, record


def a1c(*values: tuple[float, float], **more: object) -> PatientRecord:
    return record(*(measurement("hba1c", value, days, "%") for value, days in values), **more)  # type: ignore[arg-type]


def test_two_results_on_two_days_meet_the_criterion_and_offer_the_diagnosis() -> None:
    finding = only(a1c((6.9, 200), (7.1, 20)))
    assert (finding.key, finding.confidence, finding.urgency) == ("t2dm", "A", "soon")
    assert finding.statement == (
        "Meets criteria for type 2 diabetes: HbA1c 6.9% (2025-11-13) and 7.1% (2026-05-12)"
    )
    assert codes(finding, "add-problem") == {"44054006", "E11.9"}
    assert [e.source for e in finding.evidence] == ["Observation/hba1c-20", "Observation/hba1c-200"]


def test_hba1c_of_8_or_more_is_coded_with_hyperglycemia() -> None:
    assert "E11.65" in codes(only(a1c((8.0, 200), (8.0, 20))), "add-problem")


@pytest.mark.parametrize(
    ("value", "found"), [(6.5, "t2dm"), (6.4, "prediabetes"), (5.7, "prediabetes"), (5.6, None)]
)
def test_cut_offs_are_inclusive(value: float, found: str | None) -> None:
    assert keys(a1c((value, 20))) == ({found} if found else set())


def test_one_result_asks_for_a_repeat_and_offers_no_diagnosis() -> None:
    finding = only(a1c((6.8, 20)))
    assert (finding.key, finding.confidence) == ("t2dm", "B")
    assert {p.kind for p in finding.proposals} == {"order"}
    assert codes(finding, "order") == {"4548-4"}


def test_two_tests_of_one_sample_confirm_each_other() -> None:
    chart = record(measurement("hba1c", 6.6, 10), measurement("glucose_fasting", 131, 10))
    assert only(chart).confidence == "A"


def test_a_duplicate_of_one_day_is_not_a_second_result() -> None:
    assert only(a1c((6.8, 20.1), (6.8, 20))).confidence == "B"


def test_a_later_normal_value_speaks_against_it() -> None:
    assert keys(a1c((6.9, 200), (7.0, 100), (5.4, 20))) == set()


def test_under_treatment_a_lower_value_does_not_speak_against_it() -> None:
    chart = a1c((7.4, 200), (7.0, 100), (6.2, 20), medications=[drug("metformin 500 MG Oral Tablet")])
    finding = only(chart)
    assert finding.statement.startswith("Treated diabetes, not recorded: HbA1c")
    assert any(e.value.startswith("metformin") for e in finding.evidence)
    in_part = only(replace(chart, coverage={**chart.coverage, "Condition": "partial"}))
    assert in_part.statement.startswith("Treated diabetes, not recorded (problem list read in part): HbA1c")


def test_treated_prediabetes_says_what_of_the_list_was_read() -> None:
    chart = a1c((6.0, 200), (6.1, 20), medications=[drug("metformin 500 MG Oral Tablet")])
    assert "prediabetes are not recorded: record" in only(chart).rationale
    in_part = only(replace(chart, coverage={**chart.coverage, "Condition": "partial"}))
    assert "prediabetes are not recorded (problem list read in part): record" in in_part.rationale


@pytest.mark.parametrize("code", ["E11.9", "E1165", "E10.9", "44054006", "73211009", "46635009", "127013003"])
def test_a_documented_diabetes_silences_it(code: str) -> None:
    assert keys(a1c((8.9, 200), (8.1, 20), conditions=[condition(code)])) == set()


def test_a_resolved_diabetes_is_named_as_previously_recorded() -> None:
    finding = only(a1c((6.9, 200), (7.1, 20), conditions=[condition("E11.9", status="resolved")]))
    assert any(e.label == "Previously recorded" for e in finding.evidence)


def test_in_pregnancy_the_criteria_are_not_applied() -> None:
    chart = a1c((6.9, 60), (7.1, 20), patient=person(30), conditions=[condition("72892002")])
    assert keys(chart) == {"overt_diabetes_in_pregnancy"}
    assert abstained(chart, "t2dm").cause == "outside-population"


def test_a_pregnancy_left_active_for_years_excludes_nobody() -> None:
    chart = a1c((6.9, 60), (7.1, 20), patient=person(40), conditions=[condition("72892002", days=900)])
    assert keys(chart) == {"t2dm"}


def test_twelve_weeks_after_delivery_still_count_as_pregnancy() -> None:
    ended = replace(condition("72892002", status="resolved", days=300), abatement=ago(50))
    assert keys(a1c((6.9, 60), (7.1, 20), patient=person(30), conditions=[ended])) == set()


def test_a_pregnancy_status_counts_as_pregnancy() -> None:
    status = CodedObservation(
        source="Observation/s",
        kind="pregnancy_status",
        value=Concept((Coding(SNOMED, "77386006"),)),
        at=ago(30),
    )
    chart = a1c((6.9, 60), (7.1, 20), patient=person(30), coded_observations=(status,))
    assert keys(chart) == {"overt_diabetes_in_pregnancy"}


def test_children_are_left_out() -> None:
    assert keys(a1c((6.9, 60), (7.1, 20), patient=person(17))) == set()


def test_an_unknown_age_is_left_out() -> None:
    assert keys(a1c((6.9, 60), (7.1, 20), patient=replace(person(), birth_date=None))) == set()


def test_results_older_than_two_years_do_not_count() -> None:
    assert keys(a1c((6.9, 900), (7.1, 800))) == set()


def test_glucose_of_acute_care_does_not_count() -> None:
    chart = record(
        measurement("glucose_fasting", 150, 100, setting="inpatient"),
        measurement("glucose_fasting", 150, 90, setting="emergency"),
    )
    assert keys(chart) == set()


def test_a_converted_value_shows_what_was_reported() -> None:
    chart = record(
        measurement("hba1c", 6.91, 200, "%", reported="52 mmol/mol"), measurement("hba1c", 7.1, 20, "%")
    )
    assert any(e.remark == "reported as 52 mmol/mol" for e in only(chart).evidence)


def test_a_censored_value_above_the_cut_off_counts() -> None:
    chart = record(measurement("hba1c", 14, 200, comparator=">"), measurement("hba1c", 13, 20))
    assert only(chart).confidence == "A"


@pytest.mark.parametrize("patient", [person(24), replace(person(60), birth_date=date(2004, 1, 1))])
def test_young_adults_get_no_type(patient: object) -> None:
    finding = only(a1c((6.9, 200), (7.1, 20), patient=patient))
    assert "type uncertain" in finding.statement
    assert codes(finding, "add-problem") == {"73211009"}


def test_a_low_body_mass_index_leaves_the_type_open() -> None:
    chart = record(
        measurement("hba1c", 6.9, 200), measurement("hba1c", 7.1, 20), measurement("bmi", 21.0, 30)
    )
    assert "type uncertain" in only(chart).statement


def test_steroids_are_named() -> None:
    finding = only(a1c((6.9, 200), (7.1, 20), medications=[drug("prednisone 20 MG Oral Tablet")]))
    assert "steroid" in finding.statement
    assert "E11.9" not in codes(finding, "add-problem")


@pytest.mark.parametrize(
    "more",
    [
        {"conditions": [condition("D57.1")]},
        {"conditions": [condition("N18.6")]},
        {"medications": [drug("epoetin alfa 4000 UNT/ML")]},
        {
            "procedures": (
                Procedure(source="Procedure/t", concept=Concept((Coding(SNOMED, "116863004"),)), at=ago(40)),
            )
        },
    ],
    ids=["sickle cell", "dialysis", "erythropoietin", "transfusion"],
)
def test_hba1c_is_left_out_where_it_misleads(more: dict[str, object]) -> None:
    chart = a1c((6.9, 60), (7.1, 20), **more)
    assert keys(chart) == set()
    assert abstained(chart, "t2dm").cause == "out-of-range"


def _glucose_and_note(text: str, days: float = 3) -> PatientRecord:
    note = Note(source="DocumentReference/n", text=text, at=ago(days))
    return record(measurement("glucose", 262, 4), notes=(note,))


def test_random_glucose_with_symptoms_in_a_note_is_diagnostic_and_quotes_it() -> None:
    finding = only(_glucose_and_note("Feels tired. Reports polyuria and polydipsia for a month. No fever."))
    assert finding.confidence == "A"
    (quoted,) = [e for e in finding.evidence if e.quote]
    assert quoted.quote == "Reports polyuria and polydipsia for a month."
    assert quoted.source == "DocumentReference/n"


@pytest.mark.parametrize(
    "text",
    [
        "Denies polyuria, polydipsia or weight loss.",
        "No polyuria.",
        "Mother had polyuria before her diabetes.",
        "History of polyuria in 2012.",
        "Return if you notice polyuria or increased thirst.",
        "Polyuria?",
        "Possible polydipsia.",
    ],
)
def test_symptoms_that_are_not_affirmed_now_do_not_count(text: str) -> None:
    assert only(_glucose_and_note(text)).confidence == "B"


def test_symptoms_of_another_time_do_not_count() -> None:
    assert only(_glucose_and_note("Reports polyuria.", days=200)).confidence == "B"


def test_random_glucose_is_answered_by_a_normal_hba1c() -> None:
    chart = record(measurement("glucose", 210, 10), measurement("hba1c", 5.4, 8))
    assert keys(chart) == set()


def test_prediabetes_of_one_result_is_to_be_confirmed_and_of_two_is_offered() -> None:
    once, twice = only(a1c((6.0, 30))), only(a1c((5.9, 300), (6.0, 30)))
    assert (once.confidence, once.urgency, codes(once, "add-problem")) == ("B", "routine", set())
    assert (twice.confidence, codes(twice, "add-problem")) == ("A", {"714628002", "R73.03"})


def test_prediabetes_is_silent_when_the_newest_value_is_normal() -> None:
    chart = record(measurement("glucose_fasting", 110, 300), measurement("hba1c", 5.3, 30))
    assert keys(chart) == set()


@pytest.mark.parametrize("code", ["R73.03", "714628002", "15777000", "E11.9"])
def test_a_documented_prediabetes_or_diabetes_silences_prediabetes(code: str) -> None:
    assert keys(a1c((5.9, 300), (6.0, 30), conditions=[condition(code)])) == set()


def test_an_unknown_medication_list_is_named_as_missing() -> None:
    assert any("medications" in text for text in only(a1c((6.9, 200), (7.1, 20), medications=None)).missing)


def test_nothing_known_gives_nothing() -> None:
    answer = assessed(record())
    assert not answer.findings
    assert not answer.abstentions


def test_one_result_under_treatment_is_said_and_offers_test_and_diagnosis() -> None:
    finding = only(a1c((7.5, 20), medications=[drug("metformin 500 MG Oral Tablet")]))
    assert "on a glucose-lowering drug" in finding.statement
    assert [p.kind for p in finding.proposals] == ["order", "add-problem"]


@pytest.mark.parametrize(
    "medication", ["metformin 500 MG Oral Tablet", "prednisone 20 MG Oral Tablet", "none"]
)
def test_the_longest_names_of_tests_still_fit_on_a_card(medication: str) -> None:
    chart = record(
        *(
            measurement(test, 210, days)
            for test in ("glucose_fasting", "glucose_2h_75g")
            for days in (200, 20)
        ),
        medications=[drug(medication)],
    )
    assert only(chart).confidence == "A"


def test_symptoms_under_a_heading_of_the_family_do_not_count() -> None:
    text = "FAMILY HISTORY\nMarked polyuria at 40.\nHPI\nFeels well."
    sections = (
        Section(kind="family_history", heading="FAMILY HISTORY", start=15, end=38),
        Section(kind="hpi", heading="HPI", start=42, end=len(text)),
    )
    note = Note(source="DocumentReference/n", text=text, at=ago(3), sections=sections)
    assert only(record(measurement("glucose", 262, 4), notes=(note,))).confidence == "B"

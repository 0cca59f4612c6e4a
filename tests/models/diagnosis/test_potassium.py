from __future__ import annotations

import pytest

from fhir_adapters.record import PatientRecord
from tests.models.diagnosis.helpers import abstained, assessed, codes, keys, only
from tests.records import condition, drug, measurement, person, record


def k(*values: tuple[float, float], also: tuple = (), **more: object) -> PatientRecord:  # type: ignore[type-arg]
    return record(*(measurement("potassium", v, days, "mmol/L") for v, days in values), *also, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "confidence", "urgency"),
    [
        (5.5, "B", "soon"),
        (5.9, "B", "soon"),
        (6.0, "A", "urgent"),
        (6.4, "A", "urgent"),
        (6.5, "A", "emergency"),
    ],
)
def test_severity_of_a_single_high_value(value: float, confidence: str, urgency: str) -> None:
    finding = only(k((value, 1)))
    assert (finding.key, finding.confidence, finding.urgency) == ("hyperkalaemia", confidence, urgency)


def test_5_4_is_silent() -> None:
    assert keys(k((5.4, 1))) == set()


def test_a_mild_value_is_offered_for_the_problem_list_only_when_repeated() -> None:
    assert codes(only(k((5.6, 1))), "add-problem") == set()
    repeated = only(k((5.6, 3), (5.7, 1)))
    assert (repeated.confidence, codes(repeated, "add-problem")) == ("A", {"14140009", "E87.5"})


def test_6_0_on_a_raas_drug_is_an_emergency_and_names_drug_and_kidney_function() -> None:
    chart = k(
        (6.1, 1),
        also=(measurement("egfr", 28, 1),),
        medications=[drug("spironolactone 25 MG Oral Tablet"), drug("lisinopril 10 MG Oral Tablet")],
    )
    finding = only(chart)
    labels = {e.label for e in finding.evidence}
    assert finding.urgency == "emergency"
    assert {"eGFR", "ACE inhibitor", "Mineralocorticoid receptor antagonist"} <= labels
    assert codes(finding, "order") == {"2823-3", "11524-6"}


def test_a_stopped_drug_does_not_contribute() -> None:
    assert only(k((6.1, 1), medications=[drug("lisinopril 10 MG", "stopped")])).urgency == "urgent"


@pytest.mark.parametrize(("analyte", "value"), [("platelets", 501), ("wbc", 101)])
def test_a_blood_count_that_raises_potassium_falsely_is_noted(analyte: str, value: float) -> None:
    finding = only(k((6.6, 1), also=(measurement(analyte, value, 1),)))
    assert (finding.confidence, finding.urgency) == ("B", "urgent")
    assert any("plasma" in text for text in finding.missing)
    assert codes(finding, "add-problem") == set()


@pytest.mark.parametrize(("analyte", "value"), [("platelets", 500), ("wbc", 100)])
def test_a_blood_count_at_the_limit_is_not_noted(analyte: str, value: float) -> None:
    assert only(k((6.6, 1), also=(measurement(analyte, value, 1),))).confidence == "A"


def test_a_hemolyzed_specimen_does_not_count_and_asks_for_a_fresh_one() -> None:
    chart = record(measurement("potassium", 6.4, 1, suspect="hemolyzed specimen"))
    assert keys(chart) == set()
    assert abstained(chart, "hyperkalaemia").missing == ("potassium from a fresh specimen",)


def test_a_usable_value_after_a_hemolyzed_one_answers_it() -> None:
    chart = record(
        measurement("potassium", 6.4, 2, suspect="hemolyzed specimen"), measurement("potassium", 4.4, 1)
    )
    answer = assessed(chart)
    assert not answer.findings
    assert not answer.abstentions


def test_an_old_or_superseded_value_is_silent() -> None:
    assert keys(k((6.8, 8))) == set()
    assert keys(k((6.8, 2), (4.6, 1))) == set()


def test_values_of_acute_care_count() -> None:
    assert keys(record(measurement("potassium", 6.2, 1, setting="inpatient"))) == {"hyperkalaemia"}


@pytest.mark.parametrize("code", ["E87.5", "14140009"])
def test_an_entry_of_this_episode_silences_it(code: str) -> None:
    assert keys(k((6.2, 1), conditions=[condition(code, days=2)])) == set()


def test_an_old_entry_silences_a_mild_value_but_never_a_dangerous_one() -> None:
    old = [condition("E87.5", days=400)]
    assert keys(k((5.7, 1), conditions=old)) == set()
    assert keys(k((6.2, 1), conditions=old)) == {"hyperkalaemia"}


@pytest.mark.parametrize(("value", "urgency"), [(2.99, "urgent"), (2.5, "urgent"), (2.4, "emergency")])
def test_severity_of_a_single_low_value(value: float, urgency: str) -> None:
    finding = only(k((value, 1)))
    assert (finding.key, finding.urgency) == ("hypokalaemia", urgency)


def test_a_mild_low_value_needs_a_second_day() -> None:
    assert keys(k((3.2, 1))) == set()
    assert only(k((3.2, 10), (3.4, 1))).urgency == "routine"
    assert keys(k((3.2, 10), (3.5, 5), (3.4, 1))) == set()


@pytest.mark.parametrize("code", ["E87.6", "43339004"])
def test_a_documented_hypokalemia_silences_it(code: str) -> None:
    assert keys(k((2.8, 1), conditions=[condition(code, days=2)])) == set()


def test_missing_magnesium_is_ordered_and_diuretics_are_listed() -> None:
    finding = only(k((2.8, 1), medications=[drug("furosemide 40 MG Oral Tablet")]))
    assert "19123-9" in codes(finding, "order")
    assert any(e.label == "Loop diuretic" for e in finding.evidence)


def test_children_are_left_out() -> None:
    assert keys(k((6.8, 1), patient=person(10))) == set()

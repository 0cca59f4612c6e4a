from __future__ import annotations

import pytest

from fhir_adapters.record import PatientRecord
from tests.models.diagnosis.helpers import abstained, codes, keys, only
from tests.records import condition, drug, measurement, person, record


def blood(*values: tuple[str, float, float], **more: object) -> PatientRecord:
    return record(*(measurement(a, v, days) for a, v, days in values), **more)  # type: ignore[arg-type]


LOW = (("hemoglobin", 10.8, 60), ("hemoglobin", 10.6, 5))


def test_low_ferritin_makes_it_iron_deficiency_anemia_and_nothing_else() -> None:
    finding = only(blood(*LOW, ("ferritin", 8, 5)))
    assert (finding.key, finding.confidence) == ("iron_deficiency_anaemia", "A")
    assert codes(finding, "add-problem") == {"87522002", "D50.9"}
    assert "endoscopy" in finding.rationale


@pytest.mark.parametrize(
    ("ferritin", "key", "confidence"),
    [
        (29.9, "iron_deficiency_anaemia", "A"),
        (30, "iron_deficiency_anaemia", "B"),
        (44, "iron_deficiency_anaemia", "B"),
        (45, "anaemia_unspecified", "A"),
    ],
)
def test_ferritin_limits(ferritin: float, key: str, confidence: str) -> None:
    finding = only(blood(*LOW, ("ferritin", ferritin, 5)))
    assert (finding.key, finding.confidence) == (key, confidence)


def test_ferritin_below_100_with_low_saturation_counts_in_inflammation_only() -> None:
    iron = (("ferritin", 80, 5), ("tsat", 12, 5))
    assert keys(blood(*LOW, *iron)) == {"anaemia_unspecified"}
    assert keys(blood(*LOW, *iron, ("crp", 22, 6))) == {"iron_deficiency_anaemia"}
    assert keys(blood(*LOW, *iron, conditions=[condition("I50.22")])) == {"iron_deficiency_anaemia"}


def test_saturation_is_computed_from_iron_and_binding_capacity() -> None:
    finding = only(blood(*LOW, ("ferritin", 80, 5), ("iron", 30, 5), ("tibc", 300, 5), ("crp", 22, 6)))
    saturation = next(e for e in finding.evidence if e.label == "Transferrin saturation")
    assert (saturation.value, saturation.remark) == ("10", "reported as iron 30 and TIBC 300 µg/dL")


def test_a_ferritin_of_another_season_does_not_count() -> None:
    assert keys(blood(*LOW, ("ferritin", 8, 200))) == {"anaemia_unspecified"}


def test_without_ferritin_the_cause_is_left_open_and_ferritin_is_ordered() -> None:
    chart = blood(*LOW)
    finding = only(chart)
    assert (finding.key, codes(finding, "order")) == ("anaemia_unspecified", {"2276-4"})
    assert abstained(chart, "iron_deficiency_anaemia").missing == ("ferritin",)


@pytest.mark.parametrize(
    ("sex", "value", "found"),
    [
        ("female", 11.9, True),
        ("female", 12.0, False),
        ("male", 12.9, True),
        ("male", 13.0, False),
        ("unknown", 12.5, False),
    ],
)
def test_limits_follow_recorded_sex(sex: str, value: float, found: bool) -> None:
    chart = blood(("hemoglobin", value, 60), ("hemoglobin", value, 5), patient=person(60, sex))
    assert bool(keys(chart)) == found


def test_pregnancy_has_its_own_limit_and_no_problem_is_offered() -> None:
    pregnant = {"patient": person(30), "conditions": [condition("72892002")]}
    assert keys(blood(("hemoglobin", 11.2, 60), ("hemoglobin", 11.1, 5), **pregnant)) == set()
    finding = only(blood(*LOW, ("ferritin", 8, 5), **pregnant))
    assert finding.proposals == ()


@pytest.mark.parametrize(
    "values", [(("hemoglobin", 10.8, 5),), (("hemoglobin", 10.8, 18), ("hemoglobin", 10.6, 5))]
)
def test_mild_anemia_needs_two_values_two_weeks_apart(values: tuple[tuple[str, float, float], ...]) -> None:
    assert keys(blood(*values)) == set()


@pytest.mark.parametrize(("value", "urgency"), [(9.9, "soon"), (7.9, "urgent")])
def test_a_single_value_below_10_is_enough(value: float, urgency: str) -> None:
    assert only(blood(("hemoglobin", value, 5))).urgency == urgency


def test_a_later_normal_value_speaks_against_it() -> None:
    assert keys(blood(("hemoglobin", 10.8, 90), ("hemoglobin", 10.6, 60), ("hemoglobin", 12.4, 5))) == set()


def test_values_of_acute_care_do_not_count() -> None:
    chart = record(measurement("hemoglobin", 8.8, 5, setting="inpatient"))
    assert keys(chart) == set()


@pytest.mark.parametrize("code", ["D64.9", "271737000", "D63.1", "D57.1"])
def test_a_documented_anemia_silences_the_unexplained_one(code: str) -> None:
    assert keys(blood(*LOW, conditions=[condition(code)])) == set()


def test_the_more_specific_cause_is_stated_though_anemia_is_documented() -> None:
    assert keys(blood(*LOW, ("ferritin", 8, 5), conditions=[condition("D64.9")])) == {
        "iron_deficiency_anaemia"
    }


@pytest.mark.parametrize("code", ["D50.9", "87522002", "Z51.11"])
def test_documented_iron_deficiency_anemia_or_chemotherapy_silences_it(code: str) -> None:
    assert keys(blood(*LOW, ("ferritin", 8, 5), conditions=[condition(code)])) == set()


def test_treatment_without_a_diagnosis_is_said() -> None:
    finding = only(blood(*LOW, ("ferritin", 8, 5), medications=[drug("ferrous sulfate 325 MG Oral Tablet")]))
    assert "on iron" in finding.statement


def test_low_ferritin_with_normal_hemoglobin_is_iron_deficiency() -> None:
    finding = only(blood(("hemoglobin", 13.1, 5), ("ferritin", 12, 5)))
    assert (finding.key, finding.urgency) == ("iron_deficiency", "routine")


def test_in_heart_failure_ferritin_up_to_299_counts_with_low_saturation() -> None:
    iron = (("hemoglobin", 13.1, 5), ("ferritin", 180, 5))
    failing = [condition("I50.22")]
    assert keys(blood(*iron, ("tsat", 15, 5), conditions=failing)) == {"iron_deficiency"}
    assert keys(blood(*iron, ("tsat", 25, 5), conditions=failing)) == set()
    assert keys(blood(*iron, ("tsat", 15, 5))) == set()


@pytest.mark.parametrize("code", ["E61.1", "35240004", "D50.0"])
def test_documented_iron_deficiency_silences_it(code: str) -> None:
    assert keys(blood(("ferritin", 12, 5), conditions=[condition(code)])) == set()


def test_the_longest_statement_fits_on_a_card() -> None:
    iron = [drug("ferrous sulfate 325 MG Oral Tablet")]
    assert only(blood(*LOW, ("ferritin", 44, 5), medications=iron)).statement.startswith("Probable")

from __future__ import annotations

import pytest

from fhir_adapters.record import SNOMED, Coding, Concept, PatientRecord, Procedure
from models.contract import ClinicalModel, ClinicalSettings
from models.finding import Abstention, Finding
from models.risk_scores.ckd_epi import CkdEpi
from models.risk_scores.fib4 import Fib4
from models.risk_scores.kfre import Kfre
from tests.models.risk_scores.charts import failing_kidneys, stiff_liver
from tests.records import condition, measurement, person, record

SETTINGS = ClinicalSettings()


def _only(model: ClinicalModel, chart: PatientRecord, settings: ClinicalSettings = SETTINGS) -> Finding:
    (finding,) = model.assess(chart, settings).findings
    return finding


def _abstention(model: ClinicalModel, chart: PatientRecord) -> Abstention:
    assessment = model.assess(chart, SETTINGS)
    assert not assessment.findings
    (abstention,) = assessment.abstentions
    return abstention


def _silent(model: ClinicalModel, chart: PatientRecord) -> bool:
    assessment = model.assess(chart, SETTINGS)
    return not assessment.findings and not assessment.abstentions


def test_a_five_year_risk_of_kidney_failure_from_5_percent_is_a_finding() -> None:
    finding = _only(Kfre(), failing_kidneys())
    assert finding.group == "kidney"
    assert "within 5 years" in finding.statement
    assert finding.urgency == "urgent"  # more than 10 % within 2 years
    assert [
        (item.name[:6], item.horizon) for item in (finding.estimate, *finding.further_estimates) if item
    ] == [
        ("5-year", "5 years"),
        ("2-year", "2 years"),
    ]


def test_the_missing_inputs_of_the_eight_variable_equation_are_named() -> None:
    assert _only(Kfre(), failing_kidneys()).missing == (
        "serum albumin, serum phosphate, bicarbonate, serum calcium in the last 12 months "
        "(8-variable equation)",
    )
    extras = [
        measurement(*item, 30)
        for item in (("albumin", 3.8), ("phosphate", 4.2), ("bicarbonate", 22), ("calcium", 9))
    ]
    finding = _only(Kfre(), failing_kidneys(*extras))
    assert not finding.missing
    assert len(finding.further_estimates) == 3


def test_the_region_of_the_site_chooses_the_baseline() -> None:
    elsewhere = _only(Kfre(), failing_kidneys(), ClinicalSettings(region="non-na"))
    here = _only(Kfre(), failing_kidneys())
    assert elsewhere.estimate is not None
    assert here.estimate is not None
    assert elsewhere.estimate.value < here.estimate.value


def test_a_risk_below_5_percent_makes_no_card() -> None:
    mild = failing_kidneys(
        measurement("creatinine", 1.5, 400), measurement("creatinine", 1.5, 30), measurement("uacr", 20, 40)
    )
    result = Kfre().compute(mild, SETTINGS)
    assert not isinstance(result, Abstention)
    assert result.results["4v_na_5y"] < 0.05
    assert _silent(Kfre(), mild)


def test_without_an_albumin_ratio_the_missing_test_is_named() -> None:
    old = failing_kidneys(measurement("uacr", 900, 400))
    assert _abstention(Kfre(), old).missing == ("urine albumin-creatinine ratio in the last 12 months",)


def test_an_albumin_ratio_below_detection_counts_as_its_limit_and_one_above_a_limit_not_at_all() -> None:
    below = Kfre().compute(failing_kidneys(measurement("uacr", 5, 40, comparator="<")), SETTINGS)
    assert not isinstance(below, Abstention)
    assert below.gathered.inputs["uacr_mg_g"] == 5
    assert "below detection" in below.gathered.evidence["uacr_mg_g"].remark
    above = Kfre().compute(failing_kidneys(measurement("uacr", 300, 40, comparator=">")), SETTINGS)
    assert isinstance(above, Abstention)


def test_a_normal_egfr_does_not_ask_the_question() -> None:
    assert _abstention(Kfre(), failing_kidneys(measurement("creatinine", 0.9, 30))).cause == "not-indicated"


def test_a_low_egfr_needs_ninety_days_or_a_diagnosis() -> None:
    new = (measurement("creatinine", 3.2, 30), measurement("creatinine", 3.0, 60))
    assert _abstention(Kfre(), failing_kidneys(*new)).cause == "not-indicated"
    assert _only(Kfre(), failing_kidneys(*new, conditions=(condition("N18.4"),)))


@pytest.mark.parametrize("code", ["N18.6", "Z99.2", "Z94.0"])
def test_dialysis_and_transplant_are_outside_the_population(code: str) -> None:
    assert _abstention(Kfre(), failing_kidneys(conditions=(condition(code),))).cause == "outside-population"


def test_dialysis_among_the_procedures_is_outside_the_population() -> None:
    dialysis = Procedure(source="Procedure/1", concept=Concept((Coding(SNOMED, "302497006"),)))
    assert _abstention(Kfre(), failing_kidneys(procedures=(dialysis,))).cause == "outside-population"


def test_a_recent_acute_kidney_injury_makes_the_egfr_unusable_and_an_old_one_does_not() -> None:
    assert _abstention(Kfre(), failing_kidneys(conditions=(condition("N17.9", days=40),)))
    assert _only(Kfre(), failing_kidneys(conditions=(condition("N17.9", days=200, status="resolved"),)))


def test_children_get_no_kidney_failure_risk() -> None:
    assert _abstention(Kfre(), failing_kidneys(patient=person(17))).cause == "outside-population"


def test_egfr_alone_makes_neither_finding_nor_abstention() -> None:
    assert _silent(CkdEpi(), failing_kidneys())
    assert _silent(CkdEpi(), record())


def test_cystatin_is_combined_only_with_a_creatinine_of_the_same_month() -> None:
    near = CkdEpi().compute(failing_kidneys(measurement("cystatin_c", 2.4, 40)), SETTINGS)
    far = CkdEpi().compute(failing_kidneys(measurement("cystatin_c", 2.4, 90)), SETTINGS)
    assert not isinstance(near, Abstention)
    assert not isinstance(far, Abstention)
    assert "ckdepi_crcys_2021" in near.results
    assert set(far.results) == {"ckdepi_cr_2021", "g_stage_from_cr"}


def test_a_high_fib4_is_a_finding() -> None:
    finding = _only(Fib4(), stiff_liver())
    assert finding.statement == "FIB-4 index 6.34 (high): advanced liver fibrosis is possible"
    assert finding.group == "liver"
    assert finding.urgency == "soon"


def test_an_indeterminate_fib4_makes_a_card_only_with_reason_for_fibrosis() -> None:
    values = {"ast": 45.0, "alt": 50.0, "platelets": 200.0}
    assert _silent(Fib4(), stiff_liver(**values))
    assert _only(Fib4(), stiff_liver(**values, conditions=(condition("E11.9"),))).confidence == "C"
    assert _silent(Fib4(), stiff_liver(**{**values, "alt": 30.0}, conditions=(condition("E11.9"),)))
    assert _only(Fib4(), stiff_liver(**{**values, "alt": 30.0}, conditions=(condition("K76.0"),)))


def test_fib4_is_not_used_under_35() -> None:
    assert _abstention(Fib4(), stiff_liver(34)).cause == "outside-population"
    assert _only(Fib4(), stiff_liver(35))


@pytest.mark.parametrize("code", ["B15.9", "I50.9", "D69.3", "K74.60", "B18.2"])
def test_what_else_explains_the_values_or_is_known_makes_no_card(code: str) -> None:
    assert _abstention(Fib4(), stiff_liver(conditions=(condition(code),)))


def test_transaminases_above_five_times_normal_are_taken_for_acute() -> None:
    assert _abstention(Fib4(), stiff_liver(alt=170.0)).cause == "outside-population"
    assert _only(Fib4(), stiff_liver(alt=160.0))


def test_the_three_values_must_come_from_one_week() -> None:
    def chart(days: float) -> PatientRecord:
        points = (("ast", 90, 20), ("alt", 60, 20), ("platelets", 110, 20 + days))
        return record(*(measurement(*item) for item in points), patient=person(60, "male"))

    assert _only(Fib4(), chart(7))
    assert _abstention(Fib4(), chart(8)).missing == (
        "AST, ALT and platelets of one draw in the last 12 months",
    )


def test_a_creatinine_of_acute_kidney_injury_gives_no_risk_of_kidney_failure() -> None:
    steady = [measurement("creatinine", 2.0, days) for days in (700, 500, 300, 150)]
    chart = failing_kidneys(*steady, measurement("creatinine", 3.4, 2))
    (abstention,) = Kfre().assess(chart, SETTINGS).abstentions
    assert "acute kidney injury" in abstention.reason


@pytest.mark.parametrize(("reported", "silent"), [(70, True), (22, False)])
def test_no_risk_of_kidney_failure_from_an_egfr_that_a_report_contradicts(
    reported: float, silent: bool
) -> None:
    chart = failing_kidneys(measurement("egfr", reported, 30))
    if silent:
        abstention = _abstention(Kfre(), chart)
        assert (abstention.cause, len(abstention.missing)) == ("missing-input", 1)
        assert abstention.missing[0].endswith("(20 by creatinine, 70 reported)")
    else:
        assert _only(Kfre(), chart)


def test_a_high_fib4_of_normal_values_is_age_alone_and_makes_no_card() -> None:
    values = {"ast": 38.0, "alt": 16.0, "platelets": 155.0}
    assert _silent(Fib4(), stiff_liver(82, **values))
    index = Fib4().compute(stiff_liver(82, **values), SETTINGS)
    assert not isinstance(index, Abstention)
    assert index.results["band"] == "high"
    for changed in ({"ast": 41.0}, {"alt": 34.0, "ast": 40.0, "platelets": 151.0}, {"platelets": 149.0}):
        assert _only(Fib4(), stiff_liver(82, **{**values, **changed}))
    assert _only(Fib4(), stiff_liver(82, **values, conditions=(condition("E11.9"),)))

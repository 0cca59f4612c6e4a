from __future__ import annotations

from dataclasses import replace

import pytest

from fhir_adapters.record import Measurement, PatientRecord
from models.diagnosis.kdigo import a_category, g_stage, has_albuminuria
from tests.models.diagnosis.helpers import abstained, codes, keys, only
from tests.records import ago, condition, drug, measurement, person, record


def egfr(*values: tuple[float, float], **more: object) -> PatientRecord:
    points = [measurement("egfr", value, days) for value, days in values]
    return record(*points, *more.pop("also", ()), **more)  # type: ignore[arg-type, misc]


def uacr(value: float, days: float, reported: str = "") -> Measurement:
    return measurement("uacr", value, days, "mg/g", reported=reported)


@pytest.mark.parametrize(
    ("latest", "key", "icd10", "urgency"),
    [
        (59.9, "ckd_g3a", "N18.31", "routine"),
        (45, "ckd_g3a", "N18.31", "routine"),
        (44.9, "ckd_g3b", "N18.32", "routine"),
        (30, "ckd_g3b", "N18.32", "routine"),
        (29.9, "ckd_g4", "N18.4", "soon"),
        (14.9, "ckd_g5", "N18.5", "urgent"),
    ],
)
def test_the_latest_value_gives_the_stage(latest: float, key: str, icd10: str, urgency: str) -> None:
    finding = only(egfr((50, 200), (latest, 15)))
    assert (finding.key, finding.confidence, finding.urgency) == (key, "A", urgency)
    assert icd10 in codes(finding, "add-problem")


def test_a_value_just_below_60_is_not_shown_as_60() -> None:
    assert "59.9" in only(egfr((50, 200), (59.96, 15))).statement


@pytest.mark.parametrize(("first", "found"), [(105, {"ckd_g3a"}), (104, set())])
def test_ninety_days_are_needed_between_first_and_last(first: float, found: set[str]) -> None:
    assert keys(egfr((50, first), (52, 15))) == found


@pytest.mark.parametrize("values", [((55, 200), (74, 100), (56, 10)), ((55, 200), (50, 100), (61, 10))])
def test_a_value_of_60_or_more_in_between_or_after_breaks_the_run(
    values: tuple[tuple[float, float], ...],
) -> None:
    assert keys(egfr(*values)) == set()


def test_a_report_of_more_than_60_breaks_the_run() -> None:
    over = measurement("egfr", 60, 100, comparator=">")
    assert keys(egfr((55, 200), (56, 10), also=(over,))) == set()


def test_values_of_acute_care_do_not_count() -> None:
    low = measurement("egfr", 40, 200, setting="inpatient")
    assert keys(egfr((50, 15), also=(low,))) == set()


@pytest.mark.parametrize(
    "code", ["N18.32", "N18.9", "I12.9", "I13.10", "E11.22", "Z94.0", "700379002", "709044004", "433144002"]
)
def test_a_documented_kidney_disease_silences_it(code: str) -> None:
    assert keys(egfr((41, 200), (38, 15), conditions=[condition(code)])) == set()


@pytest.mark.parametrize("code", ["N18.2", "431856006", "N18.31", "700378005"])
def test_a_recorded_stage_that_is_outgrown_is_stated(code: str) -> None:
    finding = only(egfr((41, 200), (38, 15), conditions=[condition(code)]))
    assert (finding.key, finding.confidence) == ("ckd_g3b", "B")
    assert "recorded as stage" in finding.statement


def test_one_value_beyond_the_recorded_stage_is_not_enough() -> None:
    assert keys(egfr((50, 200), (38, 15), conditions=[condition("N18.31")])) == set()


def test_the_highest_recorded_stage_counts() -> None:
    chart = egfr((41, 200), (38, 15), conditions=[condition("N18.31"), condition("N18.32")])
    assert keys(chart) == set()


def test_evidence_holds_first_last_slope_and_albuminuria() -> None:
    chart = egfr((56, 800), (50, 400), (44, 15), also=(uacr(120, 20),))
    by_label = {e.label: e for e in only(chart).evidence}
    assert by_label["eGFR slope"].value == "-5.6"
    assert by_label["Urine albumin-creatinine ratio"].remark == "category A2"


def test_without_albuminuria_it_is_ordered() -> None:
    finding = only(egfr((50, 200), (50, 15)))
    assert codes(finding, "order") == {"9318-7"}
    assert finding.missing


def test_computed_egfr_names_its_creatinine() -> None:
    chart = record(*(measurement("creatinine", 1.5, days, "mg/dL") for days in (200, 15)), patient=person(60))
    finding = only(chart)
    assert finding.key == "ckd_g3b"
    assert finding.evidence[0].remark == "from creatinine 1.5 mg/dL, CKD-EPI 2021"


def test_acute_injury_within_90_days_blocks_the_chronic_diagnosis() -> None:
    chart = egfr((50, 200), (48, 15), conditions=[condition("N17.9", status="resolved", days=60)])
    assert keys(chart) == set()
    assert abstained(chart, "ckd_g3a").cause == "outside-population"


def test_an_old_acute_injury_does_not_block() -> None:
    chart = egfr((50, 200), (48, 15), conditions=[condition("N17.9", status="resolved", days=400)])
    assert keys(chart) == {"ckd_g3a"}


def test_pregnancy_and_childhood_exclude() -> None:
    assert keys(egfr((50, 200), (48, 15), patient=person(30), conditions=[condition("Z34.90")])) == set()
    assert keys(egfr((50, 200), (48, 15), patient=person(16))) == set()


def test_an_old_series_is_not_news() -> None:
    assert keys(egfr((50, 1400), (48, 900))) == set()


# Albuminuria


@pytest.mark.parametrize(
    ("value", "reported", "category"),
    [
        (28, "", "A1"),
        (29.9, "", "A1"),
        (30, "", "A2"),
        (300, "", "A2"),
        (301, "", "A3"),
        (25.6, "2.9 mg/mmol", "A1"),
        (26.52, "3 mg/mmol", "A2"),
        (30.9, "3.5 mg/mmol", "A2"),
        (265.2, "30 mg/mmol", "A2"),
        (300.6, "34 mg/mmol", "A3"),
    ],
)
def test_albuminuria_is_cut_in_the_unit_of_the_report(value: float, reported: str, category: str) -> None:
    assert a_category(uacr(value, 1, reported)) == category


def test_a_ratio_below_detection_is_no_albuminuria() -> None:
    assert not has_albuminuria(measurement("uacr", 30, 1, comparator="<"))
    assert not has_albuminuria(measurement("uacr", 26.5, 1, comparator="<", reported="<3 mg/mmol"))


@pytest.mark.parametrize(("value", "key"), [(95, "ckd_g1_albuminuria"), (75, "ckd_g2_albuminuria")])
def test_persistent_albuminuria_with_normal_egfr_is_kidney_disease(value: float, key: str) -> None:
    finding = only(egfr((value, 15), also=(uacr(80, 200), uacr(95, 20))))
    assert (finding.key, finding.confidence) == (key, "A")


def test_two_of_three_are_enough_and_a_normal_newest_one_is_not() -> None:
    assert keys(egfr((75, 15), also=(uacr(80, 200), uacr(12, 100), uacr(95, 20)))) == {"ckd_g2_albuminuria"}
    assert keys(egfr((75, 15), also=(uacr(80, 200), uacr(95, 100), uacr(12, 20)))) == set()


def test_in_type_2_diabetes_it_is_diabetic_kidney_disease() -> None:
    finding = only(egfr((75, 15), also=(uacr(80, 200), uacr(95, 20)), conditions=[condition("E11.9")]))
    assert finding.key == "albuminuria"
    assert "E11.22" in codes(finding, "add-problem")


@pytest.mark.parametrize("code", ["E11.21", "E11.29", "90781000119102", "R80.9", "312975006"])
def test_a_documented_albuminuria_silences_it(code: str) -> None:
    conditions = [condition("E11.9"), condition(code)]
    assert keys(egfr((75, 15), also=(uacr(80, 200), uacr(95, 20)), conditions=conditions)) == set()


def test_one_ratio_asks_for_a_repeat() -> None:
    finding = only(record(uacr(80, 20)))
    assert (finding.key, finding.confidence, codes(finding, "order")) == ("albuminuria", "B", {"9318-7"})


# Acute kidney injury


def creatinine(*values: tuple[float, float], setting: str = "unknown", **more: object) -> PatientRecord:
    return record(
        *(measurement("creatinine", value, days, "mg/dL", setting=setting) for value, days in values),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("before", "now", "hours", "found"),
    [
        (1.0, 1.3, 40, True),
        (1.0, 1.29, 40, False),
        (1.0, 1.3, 48, True),
        (1.0, 1.3, 49, False),
        (0.9, 1.2, 20, True),
    ],
)
def test_a_rise_of_three_tenths_within_48_hours(before: float, now: float, hours: float, found: bool) -> None:
    chart = creatinine(
        (before, 0.1 + hours / 24), (now, 0.1), setting="inpatient", patient=person(30, "male")
    )
    assert keys(chart) == ({"aki"} if found else set())


@pytest.mark.parametrize(("now", "stage"), [(1.2, 1), (1.6, 2), (2.4, 3)])
def test_a_multiple_of_the_outpatient_median(now: float, stage: int) -> None:
    finding = only(creatinine((0.8, 300), (0.7, 200), (0.9, 100), (now, 1)))
    assert f"stage {stage}" in finding.statement
    baseline = next(e for e in finding.evidence if e.label == "Baseline creatinine")
    assert (baseline.value, baseline.remark) == ("0.80", "median of 3 outpatient values in the year before")


def test_a_level_already_high_weeks_ago_is_not_acute() -> None:
    assert "aki" not in keys(creatinine((0.8, 300), (0.8, 250), (0.8, 200), (1.6, 30), (1.6, 1)))


def test_the_peak_of_the_week_sets_the_stage() -> None:
    finding = only(creatinine((0.8, 200), (2.6, 3), (1.5, 1)))
    assert "stage 3" in finding.statement
    assert any("peak" in e.remark for e in finding.evidence)


def test_an_acute_injury_of_last_month_is_not_current() -> None:
    assert "aki" not in keys(creatinine((0.8, 200), (1.6, 8)))


def test_a_documented_acute_injury_silences_it_only_while_it_is_recent() -> None:
    values = ((0.8, 200), (1.6, 1))
    assert keys(creatinine(*values, conditions=[condition("N17.9", days=2)])) == set()
    assert keys(creatinine(*values, conditions=[condition("14669001", days=2)])) == set()
    assert keys(creatinine(*values, conditions=[condition("N17.9", days=900)])) == {"aki"}


def test_dialysis_excludes() -> None:
    assert keys(creatinine((5, 200), (8, 1), conditions=[condition("Z99.2")])) == set()


def test_hemolyzed_or_marked_values_do_not_count() -> None:
    marked = measurement("creatinine", 1.6, 1, "mg/dL", suspect="contaminated specimen")
    assert keys(record(measurement("creatinine", 0.8, 200, "mg/dL"), marked)) == set()


def test_harmful_drugs_are_listed() -> None:
    finding = only(creatinine((0.8, 200), (1.6, 1), medications=[drug("ibuprofen 400 MG Oral Tablet")]))
    assert any(e.label == "NSAID" for e in finding.evidence)


def test_pregnancy_does_not_hide_an_acute_injury() -> None:
    chart = creatinine((0.6, 200), (1.2, 1), patient=person(30), conditions=[condition("Z34.90")])
    assert keys(chart) == {"aki"}


def test_egfr_stages_of_censored_values() -> None:
    point = measurement("egfr", 15, 1, comparator="<")
    assert g_stage(point) == "G5"
    assert g_stage(replace(point, value=90.0, comparator=">", at=ago(1))) == "G1"


def test_an_acute_injury_against_a_value_of_long_ago_is_to_be_confirmed() -> None:
    finding = only(creatinine((0.8, 200), (1.6, 1)))
    assert (finding.confidence, codes(finding, "add-problem")) == ("B", set())
    assert only(creatinine((0.8, 200), (0.8, 30), (1.6, 1))).confidence == "A"


def _disputed(reported: float, creatinine: float = 2.5, **more: object) -> PatientRecord:
    """A woman of 60 with an eGFR by creatinine of about 21 twice, and a report beside the newest."""
    points = [measurement("creatinine", creatinine, days) for days in (200, 15)]
    comparator = str(more.pop("comparator", ""))
    return record(*points, measurement("egfr", reported, 15, comparator=comparator), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("reported", "comparator"), [(70, ""), (60, ">"), (10, "")])
def test_a_reported_egfr_that_contradicts_creatinine_leaves_the_stage_open(
    reported: float, comparator: str
) -> None:
    finding = only(_disputed(reported, comparator=comparator))
    assert finding.statement == (
        "Possible chronic kidney disease stage G4: eGFR 21 by creatinine, "
        f"but {comparator}{reported} reported (2026-05-17)"
    )
    assert (finding.key, finding.confidence, finding.urgency) == ("ckd_g4", "C", "soon")
    assert codes(finding, "order") == {"51990-0", "33863-2"}
    assert not codes(finding, "add-problem")


@pytest.mark.parametrize(("reported", "comparator"), [(31, ""), (15, ""), (15, ">"), (30, "<")])
def test_a_reported_egfr_that_another_equation_may_have_given_changes_nothing(
    reported: float, comparator: str
) -> None:
    finding = only(_disputed(reported, comparator=comparator))
    assert (finding.confidence, "431857002" in codes(finding, "add-problem")) == ("A", True)


def test_a_recorded_stage_is_not_outgrown_by_a_disputed_value() -> None:
    finding = only(_disputed(70, conditions=[condition("N18.2")]))
    assert finding.statement.startswith("Kidney disease recorded as stage 2 may be stage G4: eGFR 21")
    assert not codes(finding, "add-problem")

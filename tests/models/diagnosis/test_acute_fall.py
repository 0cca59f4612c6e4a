"""Acute kidney disease: what is a fall within three months, what isn't, and what it leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.record import Measurement, PatientRecord
from models.contract import ClinicalSettings
from models.risk_scores.kfre import Kfre
from tests.models.diagnosis.helpers import abstained, assessed, codes, keys, only
from tests.records import condition, drug, measurement, person, record


def egfr(*values: tuple[float, float], also: tuple[Measurement, ...] = (), **more: Any) -> PatientRecord:
    return record(*(measurement("egfr", value, days) for value, days in values), *also, **more)


def test_a_fall_within_three_months_is_stated_with_both_values_and_dates() -> None:
    finding = only(egfr((80, 60), (50, 20), (48, 5), medications=[drug("ibuprofen 400 MG Oral Tablet")]))
    assert (finding.key, finding.group, finding.confidence, finding.urgency) == ("akd", "kidney", "A", "soon")
    assert finding.statement == "Acute kidney disease: eGFR 80 (2026-04-02) to 48 (2026-05-27), down 40%"
    assert any(item.label == "NSAID" for item in finding.evidence)
    assert [item.value for item in finding.evidence if item.label == "eGFR"] == ["48", "50", "80"]
    assert codes(finding, "order") == {"51990-0", "24357-6"}
    assert codes(finding, "add-problem") == set()


def test_nephrotoxic_drugs_that_are_taken_are_named() -> None:
    taken = ["cisplatin 50 MG Injection", "metformin 500 MG Oral Tablet", "vancomycin 125 MG Oral Capsule"]
    finding = only(egfr((80, 60), (50, 20), (48, 5), medications=[drug(text) for text in taken]))
    named = {
        item.label: item.value for item in finding.evidence if item.source.startswith("MedicationRequest")
    }
    assert named == {"Cisplatin or ifosfamide": taken[0], "Metformin": taken[1]}


def test_a_drug_against_rejection_is_not_to_be_stopped_just_so() -> None:
    finding = only(egfr((80, 60), (50, 20), (48, 5), medications=[drug("tacrolimus 1 MG Oral Capsule")]))
    assert any(item.label == "Calcineurin inhibitor" for item in finding.evidence)
    assert "for a transplant, HIV or mania only with the prescriber" in finding.rationale


@pytest.mark.parametrize(("newest", "found"), [(52, {"akd"}), (52.1, set()), (51, {"akd"})])
def test_the_fall_is_at_least_35_percent(newest: float, found: set[str]) -> None:
    assert keys(egfr((80, 60), (newest, 5))) == found


@pytest.mark.parametrize(("days", "found"), [(95, {"akd"}), (96, set())])
def test_the_two_values_are_at_most_90_days_apart(days: float, found: set[str]) -> None:
    assert keys(egfr((80, days), (48, 5))) == found


@pytest.mark.parametrize(("days", "found"), [(89, {"akd"}), (91, set())])
def test_the_newest_value_is_at_most_90_days_old(days: float, found: set[str]) -> None:
    assert keys(egfr((80, days + 30), (48, days))) == found


def test_one_low_value_is_to_be_repeated() -> None:
    finding = only(egfr((80, 60), (48, 5)))
    assert finding.confidence == "B"
    assert finding.statement.startswith("Possible acute kidney disease, repeat: eGFR 80")


def test_below_30_it_is_urgent() -> None:
    assert only(egfr((60, 40), (29.9, 5))).urgency == "urgent"
    assert only(egfr((60, 40), (30, 5))).urgency == "soon"


def test_one_that_recovers_in_part_names_the_worst() -> None:
    finding = only(egfr((90, 70), (30, 40), (55, 5)))
    assert "90 (2026-03-23) to 55" in finding.statement
    assert [item.value for item in finding.evidence] == ["55", "30", "90"]
    assert finding.evidence[1].remark == "worst in between"
    assert keys(egfr((90, 70), (30, 40), (60, 5))) == set()


def test_the_best_value_may_be_the_limit_of_a_report_but_the_newest_may_not() -> None:
    over = (measurement("egfr", 60, 60, comparator=">"),)
    assert ">60" in only(egfr((38, 5), also=over)).statement
    assert keys(egfr((90, 60), also=(measurement("egfr", 45, 5, comparator=">"),))) == set()


def test_a_level_of_the_year_before_is_no_fall() -> None:
    assert keys(egfr((45, 250), (75, 60), (44, 5))) == set()
    assert "akd" in keys(egfr((55, 250), (75, 60), (44, 5)))
    of_hospital = (measurement("egfr", 40, 250, setting="inpatient"),)
    assert "akd" in keys(egfr((75, 60), (44, 5), also=of_hospital))


def test_the_value_before_is_one_outside_acute_care_where_there_is_one() -> None:
    diluted = (measurement("egfr", 110, 30, setting="inpatient"),)
    assert keys(egfr((75, 60), (60, 5), also=diluted)) == set()
    assert keys(egfr((60, 5), also=diluted)) == {"akd"}


def test_an_acute_injury_comes_first_and_a_recorded_one_silences() -> None:
    points = [measurement("creatinine", value, days, "mg/dL") for value, days in ((0.8, 60), (1.6, 1))]
    assert keys(record(*points)) == {"aki"}
    assert keys(egfr((80, 60), (48, 5), conditions=[condition("N17.9", days=30)])) == set()
    assert keys(egfr((80, 60), (48, 5), conditions=[condition("N17.9", days=400)])) == {"akd"}


def test_an_injury_whose_rise_is_weeks_old_is_acute_disease() -> None:
    points = [measurement("creatinine", v, days, "mg/dL") for v, days in ((0.8, 60), (1.6, 30), (1.6, 12))]
    finding = only(record(*points))
    assert (finding.key, finding.confidence) == ("akd", "A")


def test_without_an_egfr_creatinine_decides() -> None:
    def rise(newest: float, before: float = 1.0) -> PatientRecord:
        points = [measurement("creatinine", v, days, "mg/dL") for v, days in ((before, 60), (newest, 10))]
        return record(*points, patient=person(60, "unknown"))

    assert "creatinine 1.00 (2026-04-02) to 1.51 mg/dL (2026-05-22), up 51%" in only(rise(1.51)).statement
    assert keys(rise(1.5)) == set()
    assert keys(rise(0.59, before=0.3)) == set()
    assert keys(rise(0.6, before=0.3)) == {"akd"}


@pytest.mark.parametrize("code", ["N18.6", "Z99.2"])
def test_dialysis_excludes(code: str) -> None:
    assert "akd" not in keys(egfr((80, 60), (20, 5), conditions=[condition(code)]))


def test_pregnancy_and_childhood_exclude() -> None:
    pregnant = egfr((130, 60), (80, 5), patient=person(30), conditions=[condition("Z34.90")])
    assert keys(pregnant) == set()
    assert abstained(pregnant, "akd").cause == "outside-population"
    assert keys(egfr((80, 60), (48, 5), patient=person(12))) == set()


def test_a_newest_value_that_its_report_contradicts_is_not_judged() -> None:
    points = [measurement("creatinine", v, days, "mg/dL") for v, days in ((0.8, 60), (2.0, 20))]
    assert "akd" in keys(record(*points))
    assert "akd" not in keys(record(*points, measurement("egfr", 80, 20)))


def test_while_it_falls_no_stage_of_chronic_disease_is_given() -> None:
    chart = egfr((58, 400), (55, 60), (34, 5))
    assert keys(chart) == {"akd"}
    assert "fell by a third" in abstained(chart, "ckd_g3b").reason


def test_albuminuria_stays_beside_it() -> None:
    ratios = tuple(measurement("uacr", 120, days, "mg/g") for days in (60, 20))
    assert keys(egfr((80, 60), (50, 5), also=ratios)) == {"akd", "albuminuria"}


def test_the_risk_of_kidney_failure_waits_for_a_steady_egfr() -> None:
    ratio = (measurement("uacr", 120, 20, "mg/g"),)
    known = [condition("N18.32")]
    falling = egfr((55, 60), (34, 5), also=ratio, conditions=known)
    (waiting,) = Kfre().assess(falling, ClinicalSettings()).abstentions
    assert "fell by a third" in waiting.reason
    steady = egfr((38, 60), (34, 5), also=ratio, conditions=known)
    assert not Kfre().assess(steady, ClinicalSettings()).abstentions


def test_no_slope_rises_when_the_newest_value_fell() -> None:
    def slopes(*values: tuple[float, float]) -> list[str]:
        finding = next(f for f in assessed(egfr(*values)).findings if f.key.startswith("ckd"))
        return [item.value for item in finding.evidence if item.label == "eGFR slope"]

    assert slopes((30, 900), (58, 400), (44, 100)) == []
    assert [value[0] for value in slopes((30, 900), (44, 400), (46, 100))] == ["+"]
    assert [value[0] for value in slopes((58, 900), (50, 400), (44, 100))] == ["-"]

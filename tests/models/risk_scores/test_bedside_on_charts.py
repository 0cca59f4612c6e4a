"""Bedside scores on charts: whom they are for, what they read, what they say is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from fhir_adapters.record import Encounter, PatientRecord
from models.contract import ClinicalModel, ClinicalSettings, ScoreInputError
from models.finding import Abstention, Finding
from models.point_score import AdditiveScore, Choice, Flag, Steps
from models.risk_scores.child_pugh import ChildPugh
from models.risk_scores.curb65 import Curb65
from models.risk_scores.four_ts import FourTs
from models.risk_scores.grace import Grace
from models.risk_scores.has_bled import HasBled
from models.risk_scores.khorana import Khorana
from models.risk_scores.meld3 import Meld3
from models.risk_scores.padua import Padua
from models.risk_scores.perc import Perc
from models.risk_scores.qsofa import QSofa
from models.risk_scores.sirs import Sirs
from models.risk_scores.sofa import Sofa
from models.risk_scores.timi import Timi
from models.risk_scores.wells_dvt import WellsDvt
from models.risk_scores.wells_pe import WellsPe
from models.scoring import Inputs, ScoreResult
from tests.models.risk_scores.charts import LIVER, anticoagulated, cirrhotic, on_chemotherapy
from tests.records import ago, condition, drug, measurement, person, record

SETTINGS = ClinicalSettings()
ADDITIVE: tuple[AdditiveScore, ...] = (
    QSofa(), Sirs(), Curb65(), Sofa(), HasBled(), WellsDvt(), WellsPe(), Perc(), Padua(), Khorana(),
    FourTs(), Timi(), Grace(), ChildPugh(),
)  # fmt: skip
STAY = Encounter(source="Encounter/1", setting="inpatient", status="in-progress", start=ago(2))


def _result(score: AdditiveScore | Meld3, chart: PatientRecord) -> ScoreResult:
    result = score.compute(chart, SETTINGS)
    assert isinstance(result, ScoreResult), result
    return result


def _abstained(score: ClinicalModel, chart: PatientRecord) -> Abstention:
    assessment = score.assess(chart, SETTINGS)
    assert not assessment.findings
    (abstention,) = assessment.abstentions
    return abstention


def _only(score: ClinicalModel, chart: PatientRecord) -> Finding:
    (finding,) = score.assess(chart, SETTINGS).findings
    return finding


def _ward(*points: tuple[str, float], **more: object) -> PatientRecord:
    found = [measurement(name, value, 0.2, setting="inpatient") for name, value in points]
    return record(*found, encounters=(STAY,), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("score", ADDITIVE, ids=lambda score: score.calculator_name)
def test_an_empty_chart_gives_no_number_and_a_reason(score: ClinicalModel) -> None:
    assert _abstained(score, record()).reason


@pytest.mark.parametrize("score", ADDITIVE, ids=lambda score: score.calculator_name)
def test_every_item_can_bring_what_its_span_says(score: AdditiveScore) -> None:
    low, high = score.bounds({})
    assert low < high
    for item in score.items:
        assert set(_reached(item)) <= {point for point in _between(item.span)}


def _between(span: tuple[float, float]) -> Iterator[float]:
    return (step / 2 for step in range(int(2 * span[0]), int(2 * span[1]) + 1))


def _reached(item: object) -> Iterator[float]:
    if isinstance(item, Flag):
        yield from (item.points(Inputs({item.name: answer}, {})) for answer in (0, 1))
    elif isinstance(item, Choice):
        yield from (item.points(Inputs({item.name: answer}, {})) for answer, _ in item.options)
    elif isinstance(item, Steps):
        yield from (item.of(value) for value in (item.limits[0], *(cut for cut, _ in item.steps)))
        assert {item.of(item.limits[0]), item.of(item.limits[1])} & set(item.span)


def test_a_named_answer_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ScoreInputError) as refused:
        FourTs().calculate(dict.fromkeys(("thrombocytopenia", "timing", "thrombosis_or_sequelae"), "no"))
    assert refused.value.cause == "missing-input"
    with pytest.raises(ScoreInputError) as wrong:
        Choice("a", "answer", (("yes", 1), ("no", 0))).points(Inputs({"a": "perhaps"}, {"a": "answer"}))
    assert "must be one of: yes, no" in wrong.value.reason


@pytest.mark.parametrize(
    ("signs", "points"),
    [
        ((22, 101, 15), 1),
        ((21, 100, 15), 1),
        ((21, 101, 14), 1),
        ((21, 101, 15), 0),
        ((30, 80, 8), 3),
    ],
)
def test_qsofa_counts_three_signs_on_the_ward(signs: tuple[float, float, float], points: int) -> None:
    chart = _ward(*zip(("resp_rate", "sbp", "gcs"), signs, strict=True))
    assert _result(QSofa(), chart).results == {"qsofa": points}
    assert QSofa().assess(chart, SETTINGS).findings == ()


def test_a_missing_item_is_named_with_the_range_that_is_left() -> None:
    answer = _abstained(QSofa(), _ward(("resp_rate", 24), ("sbp", 120)))
    assert answer.missing == ("Glasgow Coma Scale",)
    assert "between 1 and 2 points" in answer.reason


def test_signs_at_home_do_not_ask_the_question_of_sepsis() -> None:
    chart = record(
        measurement("resp_rate", 24, 0.1), measurement("sbp", 90, 0.1), measurement("gcs", 14, 0.1)
    )
    for score in (QSofa(), Sirs(), Sofa()):
        assert _abstained(score, chart).cause == "not-indicated"


def test_sirs_takes_carbon_dioxide_or_bands_where_they_are_known() -> None:
    signs = (("temperature", 37.0), ("heart_rate", 80), ("resp_rate", 18), ("wbc", 8))
    assert _result(Sirs(), _ward(*signs)).results == {"sirs": 0}
    assert _result(Sirs(), _ward(*signs, ("pco2", 30))).results == {"sirs": 1}
    assert _result(Sirs(), _ward(*signs, ("pco2", 30), ("bands_pct", 12))).results == {"sirs": 2}


ORGANS = (
    ("po2", 80), ("fio2", 21), ("platelets", 90), ("bilirubin_total", 2.4), ("sbp", 84), ("dbp", 50),
    ("gcs", 14), ("creatinine", 2.1),
)  # fmt: skip


def test_sofa_adds_the_worst_of_six_systems() -> None:
    result = _result(Sofa(), _ward(*ORGANS))
    assert {c.label: c.amount for c in Sofa().explanation(result, SETTINGS).contributions} == {
        "PaO2/FiO2": 1, "Platelets": 2, "Total bilirubin": 2, "Mean arterial pressure": 1,
        "Glasgow Coma Scale": 1, "Creatinine": 2,
    }  # fmt: skip
    assert result.results == {"sofa": 9}


def test_sofa_does_not_guess_a_vasopressor_dose_or_a_ventilator() -> None:
    pressor = _ward(*ORGANS, medications=[drug("norepinephrine infusion")])
    assert _abstained(Sofa(), pressor).missing == ("blood pressure and vasopressors (0 to 4)",)
    hypoxic = _ward(*(item for item in ORGANS if item[0] != "fio2"), ("fio2", 60))
    assert _abstained(Sofa(), hypoxic).missing == ("PaO2/FiO2",)


LUNGS = (("gcs", 14), ("bun", 30), ("resp_rate", 32), ("sbp", 100), ("dbp", 64))


def test_a_severe_pneumonia_is_urgent() -> None:
    finding = _only(Curb65(), _ward(*LUNGS, conditions=[condition("J18.9", days=1)]))
    assert finding.statement == "Pneumonia, CURB-65 3: severe"
    assert finding.urgency == "urgent"
    assert finding.explanation is not None
    assert {each.label for each in finding.explanation.contributions} == {
        "Glasgow Coma Scale", "Urea nitrogen", "Respiratory rate",
    }  # fmt: skip


def test_low_pressure_is_shown_by_the_reading_that_is_low() -> None:
    shock = (("gcs", 14), ("bun", 30), ("resp_rate", 20), ("sbp", 100), ("dbp", 58))
    finding = _only(Curb65(), _ward(*shock, conditions=[condition("J18.9", days=1)]))
    assert finding.explanation is not None
    assert "Diastolic blood pressure" in {each.label for each in finding.explanation.contributions}


def test_two_points_make_no_card() -> None:
    milder = _ward(*LUNGS[:2], ("resp_rate", 20), *LUNGS[3:], conditions=[condition("J18.9", days=1)])
    assert Curb65().assess(milder, SETTINGS).findings == ()


@pytest.mark.parametrize("days", [20, 400])
def test_an_old_pneumonia_does_not_ask_the_question(days: float) -> None:
    chart = _ward(*LUNGS, conditions=[condition("J18.9", days=days)])
    assert _abstained(Curb65(), chart).cause == "not-indicated"


def test_what_can_be_changed_about_bleeding_is_named() -> None:
    finding = _only(HasBled(), anticoagulated("ibuprofen 400 mg"))
    assert finding.statement.endswith(
        "can be changed: an antiplatelet drug or NSAID, systolic pressure above 160"
    )
    assert finding.estimate is not None
    assert finding.estimate.value == 3


def test_a_high_risk_of_bleeding_that_nothing_changes_makes_no_card() -> None:
    chart = anticoagulated(codes=("Z86.73", "D64.9"), systolic=120)
    assert _result(HasBled(), chart).results == {"score": 3}
    assert HasBled().assess(chart, SETTINGS).findings == ()


def test_warfarin_needs_inr_values_and_reads_their_share_in_range() -> None:
    base = {"conditions": [condition("I48.91")], "medications": [drug("warfarin 5 mg")]}
    points = [measurement("sbp", 130, 20), measurement("creatinine", 1.0, 20)]
    assert _abstained(HasBled(), record(*points, **base)).missing == ("unsteady INR (yes or no)",)  # type: ignore[arg-type]
    inrs = [measurement("inr", value, days) for value, days in ((2.5, 90), (4.1, 60), (1.2, 30), (3.8, 5))]
    assert _result(HasBled(), record(*points, *inrs, **base)).gathered.inputs["labile_inr"] == 1  # type: ignore[arg-type]


def test_without_an_anticoagulant_bleeding_is_not_asked_about() -> None:
    assert _abstained(HasBled(), record(medications=[drug("ibuprofen")])).cause == "not-indicated"


@pytest.mark.parametrize("score", [WellsDvt(), WellsPe(), Perc()], ids=lambda score: score.calculator_name)
def test_rules_for_embolism_name_what_the_examiner_must_add(score: ClinicalModel) -> None:
    assert _abstained(score, record()).cause == "not-indicated"
    asked = record(
        measurement("ddimer", 900, 1), measurement("heart_rate", 110, 0.5), conditions=[condition("C34.1")]
    )
    answer = _abstained(score, asked)
    assert answer.cause == "missing-input"
    assert "points by what is known" in answer.reason


def test_padua_needs_mobility_and_says_where_the_score_lies() -> None:
    chart = _ward(conditions=[condition("C50.9"), condition("I50.9")], patient=person(75))
    answer = _abstained(Padua(), chart)
    assert "bed rest for 3 days or more (yes or no)" in answer.missing
    assert "between 5 and" in answer.reason


def test_a_fall_of_platelets_on_heparin_is_graded() -> None:
    chart = _ward(("platelets", 90), medications=[drug("enoxaparin 40 mg")])
    before = measurement("platelets", 250, 6, setting="inpatient")
    both = record(
        before, *chart.series("platelets"), encounters=(STAY,), medications=[drug("enoxaparin 40 mg")]
    )
    assert "between 2 and 8 points" in _abstained(FourTs(), both).reason
    assert _abstained(FourTs(), record(before)).cause == "not-indicated"


def test_prevention_of_thrombosis_is_offered_at_two_points_without_an_anticoagulant() -> None:
    assert _only(Khorana(), on_chemotherapy("C25.0")).statement.startswith("Chemotherapy, Khorana score 3")
    assert (
        Khorana().assess(on_chemotherapy("C25.0", drugs=("gemcitabine", "apixaban")), SETTINGS).findings == ()
    )
    assert Khorana().assess(on_chemotherapy("C50.9"), SETTINGS).findings == ()
    assert _abstained(Khorana(), on_chemotherapy("C25.0", drugs=())).cause == "not-indicated"


@pytest.mark.parametrize(("days", "speaks"), [(29, True), (31, False), (364, False), (366, True)])
def test_the_score_of_the_start_of_chemotherapy_is_not_stated_in_its_course(
    days: float, speaks: bool
) -> None:
    chart = on_chemotherapy("C25.0")
    given = tuple(replace(med, started=ago(days)) for med in chart.medications)
    begun = replace(chart, medications=given)
    if speaks:
        assert _only(Khorana(), begun)
    else:
        reason = _abstained(Khorana(), begun).reason
        assert reason.startswith("published for the start of chemotherapy, which began on 202")


def test_coronary_scores_wait_for_a_recent_syndrome() -> None:
    for score in (Timi(), Grace()):
        assert _abstained(score, record(conditions=[condition("I21.4", days=60)])).cause == "not-indicated"
        assert _abstained(score, record(conditions=[condition("I21.4", days=1)])).cause == "missing-input"


def test_a_referral_for_transplantation_is_named_from_15() -> None:
    finding = _only(Meld3(), cirrhotic("K74.60"))
    assert finding.estimate is not None
    assert finding.estimate.value >= 15
    assert finding.group == "liver"


@pytest.mark.parametrize("codes", [(), ("K74.60", "Z94.4"), ("K74.60", "Z51.5")])
def test_meld_is_silent_without_cirrhosis_after_transplantation_and_in_palliative_care(
    codes: tuple[str, ...],
) -> None:
    assert _abstained(Meld3(), cirrhotic(*codes)).cause in ("not-indicated", "outside-population")


def test_meld_wants_the_values_of_one_week() -> None:
    chart = cirrhotic("K74.60")
    old = [measurement("inr", 1.8, 40)]
    apart = record(
        *(p for name, _ in LIVER if name != "inr" for p in chart.series(name)), *old,
        conditions=[condition("K74.60")],
    )  # fmt: skip
    assert "of one week" in _abstained(Meld3(), apart).reason


def test_more_creatinine_never_lowers_meld() -> None:
    inputs = {
        "age": 50, "female": 0, "bilirubin_mg_dl": 2.0, "inr": 1.5, "sodium_mmol_l": 132, "albumin_g_dl": 3.0,
        "dialysis_2x_7d": 0,
    }  # fmt: skip
    raws = [Meld3().calculate({**inputs, "creatinine_mg_dl": value / 10})["raw"] for value in range(5, 60)]
    assert raws == sorted(raws)


def test_child_pugh_is_silent_about_the_degree_of_a_listed_ascites() -> None:
    assert _result(ChildPugh(), cirrhotic("K74.60")).results == {"points": 10, "grade": "C"}
    assert _abstained(ChildPugh(), cirrhotic("K74.60", "R18.8")).missing == ("ascites",)

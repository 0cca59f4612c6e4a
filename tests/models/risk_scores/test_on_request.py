"""Scores that only inform: what they read of a chart, and refusal of what is no input."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import Coding, Concept, Encounter, FamilyCondition, PatientRecord, Procedure
from models.contract import ClinicalModel, ClinicalSettings, ScoreInputError
from models.finding import Abstention
from models.risk_scores import _chart
from models.risk_scores.aki_kdigo import AkiKdigo
from models.risk_scores.charlson import Charlson, categories
from models.risk_scores.findrisc import Findrisc
from models.risk_scores.gad7 import Gad7
from models.risk_scores.hospital import Hospital
from models.risk_scores.kdigo_grid import KdigoGrid
from models.risk_scores.lace import Lace
from models.risk_scores.pce_2013 import Pce2013
from models.risk_scores.phq9 import Phq9
from models.risk_scores.prevent import Prevent
from models.risk_scores.recode import Recode
from models.risk_scores.score2 import Score2, band
from models.scoring import RecordScore, ScoreResult, compute
from tests.models.risk_scores.charts import coded, failing_kidneys, prevention
from tests.records import ago, condition, drug, measurement, person, record

SETTINGS = ClinicalSettings()
EUROPE = ClinicalSettings(region="non-na", cardiovascular_score="score2", score2_region="very_high")


def _result(score: RecordScore, chart: PatientRecord, settings: ClinicalSettings = SETTINGS) -> ScoreResult:
    result = compute(score, chart, settings)
    assert isinstance(result, ScoreResult), result
    return result


def _abstention(score: RecordScore, chart: PatientRecord) -> Abstention:
    result = compute(score, chart, SETTINGS)
    assert isinstance(result, Abstention), result
    return result


SILENT: tuple[Any, ...] = (
    Pce2013(), Recode(), KdigoGrid(), AkiKdigo(), Charlson(), Lace(), Hospital(), Findrisc(), Phq9(), Gad7(),
)  # fmt: skip


@pytest.mark.parametrize("score", SILENT, ids=lambda score: score.calculator_name)
def test_a_score_that_only_informs_makes_no_finding_of_any_chart(score: ClinicalModel) -> None:
    for chart in (record(), prevention(), failing_kidneys(conditions=[condition("E11.9")])):
        assert score.assess(chart, SETTINGS).findings == ()


def test_score2_speaks_where_the_site_chose_it_and_prevent_is_then_silent() -> None:
    (finding,) = Score2().assess(prevention(), EUROPE).findings
    assert "very high, SCORE2" in finding.statement
    assert "no statin and no blood pressure drug" in finding.statement
    assert [a.cause for a in Prevent().assess(prevention(), EUROPE).abstentions] == ["not-indicated"]
    assert [a.cause for a in Score2().assess(prevention(), SETTINGS).abstentions] == ["not-indicated"]
    assert Prevent().assess(prevention(), SETTINGS).findings


def test_score2_is_silent_once_everything_is_treated() -> None:
    treated = prevention(medications=[drug("atorvastatin 20 mg"), drug("lisinopril 10 mg")])
    assert Score2().assess(treated, EUROPE) == Score2().assess(treated, EUROPE)
    assert Score2().assess(treated, EUROPE).findings == ()


def test_the_risk_region_of_the_site_changes_the_risk() -> None:
    low = ClinicalSettings(cardiovascular_score="score2", score2_region="low")
    risks = [_result(Score2(), prevention(), settings).results["risk_10y"] for settings in (low, EUROPE)]
    assert risks[0] < risks[1]


def test_score2_refuses_diabetes_under_70_and_counts_it_from_70_on() -> None:
    diabetic = prevention(conditions=[condition("E11.9")])
    assert _abstention(Score2(), diabetic).cause == "outside-population"
    older = prevention(conditions=[condition("E11.9")], patient=person(74, "male"))
    assert _result(Score2(), older, EUROPE).results["algorithm"] == "SCORE2-OP"


@pytest.mark.parametrize(
    ("risk", "age", "words"),
    [
        (0.024, 45, "low to moderate"), (0.025, 45, "high"), (0.075, 45, "very high"), (0.05, 60, "high"),
        (0.10, 60, "very high"), (0.075, 75, "high"), (0.15, 75, "very high"),
    ],
)  # fmt: skip
def test_the_bands_of_score2_rise_with_age(risk: float, age: float, words: str) -> None:
    assert band(risk, age) == words


def test_the_pooled_cohort_equations_are_not_computed_from_a_chart_which_holds_no_race() -> None:
    assert _abstention(Pce2013(), prevention()).missing == ("race (white, black or other)",)
    with pytest.raises(ScoreInputError, match="white, black, other"):
        Pce2013().calculate(
            {"race": "unknown", "sex": "male", "age": 50, "total_c": 200, "hdl_c": 50, "sbp": 120, "bp_tx": 0,
             "smoker": 0, "dm": 0}
        )  # fmt: skip


def _diabetic(**more: Any) -> PatientRecord:
    points = [measurement("hba1c", 8.1, 30), measurement("uacr", 40, 30), measurement("creatinine", 1.1, 30)]
    more.setdefault("conditions", [condition("E11.9")])
    more.setdefault("medications", [drug("metformin 500 mg")])
    return prevention(*points, **more)


def test_recode_reads_a_chart_with_type_2_diabetes_and_uses_no_race() -> None:
    result = _result(Recode(), _diabetic())
    assert set(result.results) == {
        "nephropathy", "retinopathy", "neuropathy", "mi_or_stroke", "heart_failure", "death",
    }  # fmt: skip
    assert (result.gathered.inputs["black"], result.gathered.inputs["oral_dm"]) == (0, 1)
    assert result.gathered.evidence["black"].remark == "not used"


def test_higher_hba1c_and_creatinine_never_lower_a_risk_of_recode() -> None:
    base = dict(_result(Recode(), _diabetic()).gathered.inputs)
    for name, values in (("hba1c", (6, 7, 9, 12)), ("creat", (0.7, 1.0, 1.6, 2.4))):
        runs = [Recode().calculate({**base, name: value}) for value in values]
        for outcome in runs[0]:
            assert [run[outcome] for run in runs] == sorted(run[outcome] for run in runs)


@pytest.mark.parametrize("codes", [(), ("E11.9", "E10.9"), ("E11.9", "N18.6")])
def test_recode_is_for_type_2_diabetes_without_kidney_failure(codes: tuple[str, ...]) -> None:
    chart = _diabetic(conditions=[condition(code) for code in codes])
    assert _abstention(Recode(), chart).cause in ("not-indicated", "outside-population")


def test_the_kidney_grid_of_a_chart() -> None:
    assert _result(KdigoGrid(), failing_kidneys()).results == {"g": "G4", "a": "A3", "risk": "very_high"}
    bare = failing_kidneys(measurement("uacr", 900, 500))
    assert _abstention(KdigoGrid(), bare).missing == ("urine albumin-creatinine ratio in the last 12 months",)


def test_acute_kidney_injury_is_staged_against_a_named_reference() -> None:
    chart = record(
        measurement("creatinine", 1.0, 200, setting="ambulatory"),
        measurement("creatinine", 1.1, 3, setting="inpatient"),
        measurement("creatinine", 2.2, 1, setting="inpatient"),
    )
    result = _result(AkiKdigo(), chart)
    assert result.results == {"kdigo_stage": 2}
    assert "last outpatient value" in result.gathered.evidence["creatinine_series"].remark
    assert _abstention(AkiKdigo(), record(measurement("creatinine", 1.0, 60))).cause == "not-indicated"
    assert _abstention(AkiKdigo(), record(measurement("creatinine", 1.0, 1))).missing


@pytest.mark.parametrize(
    "series", [[], "1.0", [1.0], [{"hours": 5, "mg_dl": 1}, {"hours": 1, "mg_dl": 1}], [{"hours": 0}]]
)
def test_a_series_that_is_none_is_refused(series: Any) -> None:
    with pytest.raises(ScoreInputError):
        AkiKdigo().calculate({"reference_creatinine_mg_dl": 1.0, "creatinine_series": series})


def test_the_severe_form_of_a_comorbidity_counts_once() -> None:
    assert categories(["E119", "E112", "C509", "C787"]) == {
        "diabetes_with_complication",
        "metastatic_solid_tumour",
    }


def test_comorbidities_are_read_from_icd_and_mapped_snomed_codes_past_ones_too() -> None:
    chart = record(
        patient=person(73),
        conditions=[condition("I50.9"), condition("44054006"), condition("I21.4", status="resolved")],
    )
    assert _result(Charlson(), chart).results == {
        "charlson_1987": 3, "charlson_quan2011": 2, "age_points": 3, "age_adjusted_1987": 6,
    }  # fmt: skip


STAY = Encounter(source="Encounter/s", setting="inpatient", status="finished", start=ago(12), end=ago(4))
VISIT = Encounter(
    source="Encounter/e", setting="emergency", status="finished", start=ago(12.3), end=ago(12.1)
)
EARLIER = Encounter(
    source="Encounter/a", setting="emergency", status="finished", start=ago(90), end=ago(89.9)
)
BEFORE = Encounter(source="Encounter/b", setting="inpatient", status="finished", start=ago(200), end=ago(195))


def test_lace_reads_the_last_stay() -> None:
    chart = record(encounters=(STAY, VISIT, EARLIER), conditions=[condition("I50.9")])
    result = _result(Lace(), chart)
    assert result.results == {"lace": 5 + 3 + 2 + 1}
    assert Lace().explanation(result, SETTINGS).total == 11


def test_an_admission_that_may_have_been_planned_is_not_called_an_emergency() -> None:
    assert _abstention(Lace(), record(encounters=(STAY,))).missing == ("emergency admission (yes or no)",)
    assert _abstention(Lace(), record(encounters=(BEFORE,))).cause == "not-indicated"


def test_the_kind_of_admission_is_read_where_the_encounter_says_it() -> None:
    def lace(**members: Concept) -> float | None:
        result = compute(Lace(), record(encounters=(replace(STAY, **members),)), SETTINGS)
        return None if isinstance(result, Abstention) else result.results["lace"]

    urgent, planned = (Concept((Coding("", code),)) for code in ("EM", "EL"))
    from_emergency = Concept((Coding("", "emd"),))
    assert lace() is None
    assert lace(priority=planned) == 5
    assert lace(priority=urgent) == lace(admitted_from=from_emergency) == 8


def test_a_discharge_is_about_the_encounter_that_it_names() -> None:
    chart = record(encounters=(STAY, VISIT, BEFORE))
    named = replace(chart, discharge=BEFORE.source)
    assert "Encounter/b" in {each.source for each in _found_stay(named)}
    assert _abstention(Lace(), replace(chart, discharge=VISIT.source)).cause == "not-indicated"
    assert _abstention(Lace(), replace(chart, discharge="Encounter/x")).missing == (
        "the encounter that ends",
    )


def _found_stay(chart: PatientRecord) -> list[Encounter]:
    stay = _chart.last_stay(chart)
    return [stay] if stay else []


def test_a_score_that_can_not_become_high_has_answered() -> None:
    short = replace(STAY, start=ago(5))
    said = Lace().assess(record(encounters=(short,), discharge=STAY.source), SETTINGS)
    (abstention,) = said.abstentions
    assert (abstention.cause, "at most 4 points" in abstention.reason) == ("not-indicated", True)
    open_ = Lace().assess(
        record(encounters=(STAY,), conditions=[condition("I50.9")], discharge=STAY.source), SETTINGS
    )
    assert open_.abstentions[0].cause == "missing-input"


def test_hospital_reads_the_last_values_of_the_stay() -> None:
    done = Procedure(source="Procedure/1", concept=Concept((), "drainage"), at=ago(8))
    chart = record(
        measurement("hemoglobin", 13, 11), measurement("hemoglobin", 10, 5), measurement("sodium", 140, 5),
        encounters=(STAY, VISIT, BEFORE), procedures=(done,),
        coverage={"Condition": "complete", "Procedure": "complete"},
    )  # fmt: skip
    assert _result(Hospital(), chart).results == {"hospital": 1 + 1 + 1 + 2}
    oncology = record(
        *chart.series("hemoglobin"), *chart.series("sodium"), encounters=chart.encounters,
        procedures=(done,), conditions=[condition("C50.9")],
        coverage={"Condition": "complete", "Procedure": "complete"},
    )  # fmt: skip
    assert _abstention(Hospital(), oncology).missing == ("discharge from oncology (yes or no)",)


def test_the_family_and_the_waist_count_and_habits_stay_open() -> None:
    sister = FamilyCondition(
        source="FamilyMemberHistory/1",
        relationship=Concept((), "Sister"),
        concept=condition("E11.9").concept,
    )
    chart = record(
        measurement("bmi", 31, 30), measurement("waist", 96, 30), patient=person(58), family_history=(sister,)
    )
    answer = _abstention(Findrisc(), chart)
    assert answer.missing == (
        "half an hour of activity a day (yes or no)",
        "vegetables or fruit every day (yes or no)",
    )
    assert "between 15 and 18 points" in answer.reason


def _answers(key: str, codes: list[str], days: float = 3) -> PatientRecord:
    items = [coded(f"{key}_item_{n}", code, days) for n, code in enumerate(codes, start=1)]
    return record(coded_observations=tuple(items))


def test_answers_to_a_questionnaire_are_added_up() -> None:
    codes = ["LA6571-9", "LA6570-1", "LA6569-3", "LA6568-5", "LA6569-3", "LA6568-5", "LA6568-5", "LA6568-5"]
    full = _answers("phq9", [*codes, "LA6569-3"])
    assert _result(Phq9(), full).results == {"score": 8}
    assert _abstention(Phq9(), _answers("phq9", codes)).missing == ("PHQ-9 question 9",)
    assert _abstention(Phq9(), _answers("phq9", [*codes, "LA6569-3"], days=300)).missing
    assert _result(Gad7(), _answers("gad7", codes[:7])).results == {"score": 7}


@pytest.mark.parametrize(
    "answers", [None, [1] * 8, [4, *[0] * 8], [True, *[0] * 8], [0.5, *[0] * 8], "000000000"]
)
def test_answers_that_are_none_are_refused(answers: Any) -> None:
    with pytest.raises(ScoreInputError):
        Phq9().calculate({"responses": answers})


@pytest.mark.data
def test_the_answers_of_a_public_example_add_up_to_the_total_that_it_records() -> None:
    folder = Path(__file__).resolve().parents[4] / "shared" / "data" / "us_core_examples"
    paths = sorted(folder.glob("Observation-PHQ9-*.json"))
    if not paths:
        pytest.skip("the public examples are not beside this checkout")
    patient = {"resourceType": "Patient", "id": "example", "gender": "female", "birthDate": "1987-02-20"}
    resources = [patient, *(json.loads(path.read_text(encoding="utf-8")) for path in paths)]
    chart = map_chart("example", resources, now=datetime(2022, 12, 1, tzinfo=UTC))
    total = chart.series("phq9").latest
    assert total is not None
    assert _result(Phq9(), chart).results == {"score": total.value}

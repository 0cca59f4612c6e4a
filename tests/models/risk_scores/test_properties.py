"""What holds for every score: no number from what can't be, none from what is absent, units that change
nothing, and medicine's own monotony."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.mapping.chart import map_chart
from models.contract import Calculator, ClinicalSettings, ScoreInputError
from models.point_score import AdditiveScore, Choice, Flag, Steps
from models.registry import load_models
from models.scoring import RecordScore, ScoreResult, compute
from tests.records import NOW

CALCULATORS = load_models().calculators()
EXAMPLES: dict[str, dict[str, Any]] = {
    "aki_kdigo": {"reference_creatinine_mg_dl": 1.0, "creatinine_series": [{"hours": 0, "mg_dl": 1.2}]},
    "charlson": {"icd10_codes": ["I50.9"], "age": 70},
    "child_pugh": {
        "bilirubin_mg_dl": 1.8, "albumin_g_dl": 3.0, "inr": 1.5, "ascites": "none", "encephalopathy": "none",
    },
    "curb65": {"confusion": 0, "urea_mmol_l": 8, "respiratory_rate": 20, "sbp": 120, "dbp": 70, "age": 60},
    "findrisc": {
        "age": 50, "bmi": 27, "waist_cm": 90, "sex": "male", "active_30min_daily": 1, "daily_veg_fruit": 1,
        "bp_medication": 0, "high_glucose_history": 0, "family_history": "none",
    },
    "gad7": {"responses": [1] * 7},
    "grace": {
        "age": 60, "heart_rate": 80, "sbp": 130, "creatinine_mg_dl": 1.0, "killip": 1, "cardiac_arrest": 0,
        "st_deviation": 0, "elevated_enzymes": 0,
    },
    "hospital": {
        "hemoglobin_g_dl": 13, "oncology_service": 0, "sodium_mmol_l": 140, "procedure": 0, "urgent": 1,
        "admissions_prior_12m": 1, "los_days": 3,
    },
    "kdigo_grid": {"egfr": 50, "uacr_mg_g": 40},
    "khorana": {
        "cancer_site": "lung", "uses_erythropoiesis_stimulating_agent": 0, "bmi_kg_m2": 25,
        "haemoglobin_g_dl": 12, "leukocyte_count_10_9_l": 8, "platelet_count_10_9_l": 300,
    },
    "lace": {"los_days": 3, "acute_admission": 1, "lace_charlson_points": 2, "ed_visits_6m": 0},
    "meld3": {
        "age": 50, "female": 0, "bilirubin_mg_dl": 2.0, "inr": 1.5, "creatinine_mg_dl": 1.2,
        "sodium_mmol_l": 132, "albumin_g_dl": 3.0, "dialysis_2x_7d": 0,
    },
    "pce_2013": {
        "race": "white", "sex": "male", "age": 55, "total_c": 213, "hdl_c": 50, "sbp": 120, "bp_tx": 0,
        "smoker": 0, "dm": 0,
    },
    "phq9": {"responses": [1] * 9},
    "qsofa": {"respiratory_rate": 24, "sbp": 95, "gcs": 14},
    "recode": {
        "age": 60, "female": 0, "black": 0, "hispanic": 0, "smoker": 0, "sbp": 140, "bp_tx": 0, "cvd": 0,
        "statin": 0, "anticoag": 0, "oral_dm": 0, "hba1c": 8.0, "tc": 190, "hdl": 50, "creat": 1.1,
        "uacr": 10,
    },
    "score2": {
        "region": "moderate", "sex": "male", "age": 60, "smoker": 0, "sbp": 140, "total_c_mmol": 5.5,
        "hdl_mmol": 1.3, "diabetes": 0,
    },
    "cockcroft_gault": {"age": 60, "sex": "male", "weight_kg": 72, "creatinine_mg_dl": 1.0},
    "sepsis": {"age": 60, "heart_rate": 90, "sbp": 120, "spo2": 97},
    "sirs": {"temperature_c": 38.5, "heart_rate": 100, "respiratory_rate": 18, "wbc_10_9_l": 13},
    "sofa": {
        "pao2_fio2": 250, "platelets_10_9_l": 120, "bilirubin_mg_dl": 1.5, "cardiovascular_subscore": 1,
        "gcs": 14, "creatinine_mg_dl": 1.5,
    },
}  # fmt: skip
for _key, _calculator in CALCULATORS.items():
    # Scores of yes and no only need no example of their own.
    if _key not in EXAMPLES and isinstance(_calculator, AdditiveScore):
        _items = _calculator.items
        EXAMPLES[_key] = {
            item.name: item.options[0][0]
            if isinstance(item, Choice)
            else 60
            if isinstance(item, Steps)
            else 0
            for item in _items
        }
CASES = [pytest.param(key, name, id=f"{key}-{name}") for key, inputs in EXAMPLES.items() for name in inputs]


def _calculator(key: str) -> Calculator:
    return CALCULATORS[key]


def test_every_calculator_has_an_example() -> None:
    published = {"prevent", "kfre", "ckdepi", "fib4", "cha2ds2_vasc", "news2"}
    elsewhere = published | {"cardiometabolic", "readmission", "trajectory"}
    assert EXAMPLES.keys() | elsewhere == CALCULATORS.keys()


@pytest.mark.parametrize("key", EXAMPLES)
def test_the_example_scores(key: str) -> None:
    assert _calculator(key).calculate(EXAMPLES[key])


@pytest.mark.parametrize(("key", "name"), CASES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "fifty", {}, 1e9, -1, 10**400], ids=str)
def test_an_impossible_value_never_scores(key: str, name: str, value: Any) -> None:
    with pytest.raises(ScoreInputError) as refused:
        _calculator(key).calculate({**EXAMPLES[key], name: value})
    assert refused.value.cause == "out-of-range"
    assert "fifty" not in refused.value.reason


@pytest.mark.parametrize(("key", "name"), CASES)
def test_an_absent_input_is_named_and_null_is_absent(key: str, name: str) -> None:
    for left in ({k: v for k, v in EXAMPLES[key].items() if k != name}, {**EXAMPLES[key], name: None}):
        with pytest.raises(ScoreInputError) as refused:
            _calculator(key).calculate(left)
        assert refused.value.cause == "missing-input"
        assert len(refused.value.missing) == 1


ADDITIVE = [key for key, each in CALCULATORS.items() if isinstance(each, AdditiveScore)]


@pytest.mark.parametrize("key", ADDITIVE)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_leaving_an_input_out_widens_the_range_around_the_score(key: str, data: st.DataObject) -> None:
    score = CALCULATORS[key]
    assert isinstance(score, AdditiveScore)
    inputs = dict(EXAMPLES[key])
    for item in score.items:
        if isinstance(item, Flag):
            inputs[item.name] = data.draw(st.integers(0, 1))
        elif isinstance(item, Choice):
            inputs[item.name] = data.draw(st.sampled_from([name for name, _ in item.options]))
    total = sum(score.points(inputs).values())
    kept = data.draw(st.sets(st.sampled_from([item.name for item in score.items])))
    known = {name: value for name, value in inputs.items() if name in kept or name not in _named(score)}
    low, high = score.bounds(known)
    assert low <= total <= high
    for name in sorted(kept):
        fewer = score.bounds({k: v for k, v in known.items() if k != name})
        assert fewer[0] <= low
        assert fewer[1] >= high


def _named(score: AdditiveScore) -> set[str]:
    return {item.name for item in score.items}


RISING = [
    ("meld3", "creatinine_mg_dl", (0.8, 1.2, 2.0, 3.0, 5.0)),
    ("meld3", "bilirubin_mg_dl", (0.5, 1.0, 3.0, 10.0)),
    ("meld3", "inr", (0.9, 1.2, 2.0, 4.0)),
    ("grace", "age", (25, 35, 45, 55, 65, 75, 85, 95)),
    ("grace", "creatinine_mg_dl", (0.3, 0.5, 1.0, 1.5, 3.0, 5.0)),
    ("grace", "killip", (1, 2, 3, 4)),
    ("sofa", "creatinine_mg_dl", (1.0, 1.5, 2.5, 4.0, 6.0)),
    ("sofa", "bilirubin_mg_dl", (1.0, 1.5, 3.0, 8.0, 15.0)),
    ("lace", "los_days", (0, 1, 3, 5, 10, 20)),
    ("hospital", "admissions_prior_12m", (0, 1, 2, 5, 6)),
    ("findrisc", "age", (30, 50, 60, 70)),
    ("score2", "sbp", (100, 120, 150, 180)),
    ("score2", "total_c_mmol", (4, 5, 6, 8)),
    ("score2", "smoker", (0, 1)),
    ("pce_2013", "smoker", (0, 1)),
    ("pce_2013", "sbp", (100, 130, 160, 190)),
    ("recode", "creat", (0.7, 1.2, 2.0)),
]
FALLING = [
    ("meld3", "sodium_mmol_l", (125, 130, 137, 140)),
    ("meld3", "albumin_g_dl", (1.5, 2.5, 3.5, 4.5)),
    ("child_pugh", "albumin_g_dl", (2.0, 2.8, 3.5, 3.6)),
    ("sofa", "platelets_10_9_l", (10, 40, 80, 120, 200)),
    ("sofa", "gcs", (4, 8, 11, 13, 15)),
    ("qsofa", "sbp", (80, 100, 101, 140)),
    ("score2", "hdl_mmol", (0.9, 1.3, 2.0)),
]


@pytest.mark.parametrize(("key", "name", "values", "direction"), [
    *((*case, 1) for case in RISING), *((*case, -1) for case in FALLING),
])  # fmt: skip
def test_a_score_moves_as_medicine_says(
    key: str, name: str, values: tuple[float, ...], direction: int
) -> None:
    results = [_calculator(key).calculate({**EXAMPLES[key], name: value}) for value in values]
    numbers = [[v for v in result.values() if isinstance(v, int | float)] for result in results]
    for before, after in pairwise(numbers):
        assert all(direction * (b - a) >= 0 for a, b in zip(before, after, strict=True))
    assert numbers[0] != numbers[-1]


# Analyte by LOINC: value and unit in the United States, and the same value elsewhere.
UNITS = {
    "2160-0": ((1.9, "mg/dL"), (1.9 / 0.0113122, "umol/L")),
    "2093-3": ((232, "mg/dL"), (232 / 38.67, "mmol/L")),
    "2085-9": ((39, "mg/dL"), (39 / 38.67, "mmol/L")),
    "9318-7": ((265.2, "mg/g"), (30.0, "mg/mmol")),
    "1975-2": ((3.1, "mg/dL"), (3.1 / 0.058467, "umol/L")),
    "1751-7": ((2.9, "g/dL"), (29, "g/L")),
    "2951-2": ((131, "mmol/L"), (131, "meq/L")),
    "6301-6": ((1.7, "1"), (1.7, "{INR}")),
    "4548-4": ((8.2, "%"), ((8.2 - 2.152) / 0.09148, "mmol/mol")),
    "8480-6": ((152, "mm[Hg]"), (152 / 7.50062, "kPa")),
    "777-3": ((142, "10*3/uL"), (142, "10*9/L")),
}


def _observation(code: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{code}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-05-20T09:00:00Z",
        "valueQuantity": {
            "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit,
        },
    }  # fmt: skip


def _chart(side: int, conditions: tuple[str, ...]) -> Any:
    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    active = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    smoker = _observation("72166-2", 0, "")
    del smoker["valueQuantity"]
    smoker["valueCodeableConcept"] = {"coding": [{"system": "http://snomed.info/sct", "code": "449868002"}]}
    resources: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1962-01-15"},
        smoker,
        *(_observation(code, *pair[side]) for code, pair in UNITS.items()),
        *(
            {
                "resourceType": "Condition",
                "id": f"c{index}",
                "clinicalStatus": {"coding": [{"system": active, "code": "active"}]},
                "code": {"coding": [{"system": icd, "code": code}]},
                "subject": {"reference": "Patient/p"},
                "recordedDate": "2025-01-01",
            }
            for index, code in enumerate(conditions)
        ),
    ]
    return map_chart("p", resources, now=NOW, coverage={"Condition": "complete"})


@pytest.mark.parametrize("key", ["kfre", "ckdepi", "kdigo_grid", "meld3", "score2", "charlson"])
def test_units_change_nothing(key: str) -> None:
    conditions = ("K74.60", "N18.4") if key in ("meld3", "kfre") else ()
    score = CALCULATORS[key]
    assert isinstance(score, RecordScore)
    results = [compute(score, _chart(side, conditions), ClinicalSettings()) for side in (0, 1)]
    assert all(isinstance(result, ScoreResult) for result in results), results
    here, there = (result.results for result in results if isinstance(result, ScoreResult))
    assert here.keys() == there.keys()
    for name, value in here.items():
        if isinstance(value, float):
            assert there[name] == pytest.approx(value, rel=2e-3)
        else:
            assert there[name] == value

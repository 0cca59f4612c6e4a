"""Each threshold decides over a finding, and a card says which threshold that was."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from fhir_adapters.record import Coding, Concept, Encounter, PatientRecord, Procedure
from models.contract import ClinicalSettings
from models.finding import Finding
from models.registry import load_models
from models.run import assess
from models.thresholds import Thresholds
from tests.models.risk_scores.charts import (
    anticoagulated,
    bedside,
    cirrhotic,
    failing_kidneys,
    fibrillating,
    on_chemotherapy,
    prevention,
    stiff_liver,
)
from tests.records import ago, condition, drug, measurement, record

SETTINGS = ClinicalSettings()
EUROPE = ClinicalSettings(cardiovascular_score="score2", score2_region="very_high")
BY_VA = ClinicalSettings(stroke_score="cha2ds2-va")
MODELS = load_models().select(load_models().names())


def _pneumonia() -> PatientRecord:
    signs = (("gcs", 14), ("bun", 30), ("resp_rate", 32), ("sbp", 100), ("dbp", 64))
    stay = Encounter(source="Encounter/1", setting="inpatient", status="in-progress", start=ago(2))
    return record(
        *(measurement(name, value, 0.2, setting="inpatient") for name, value in signs),
        conditions=[condition("J18.9", days=1)],
        encounters=(stay,),
    )


def _breathless() -> PatientRecord:
    """Five points of NEWS2."""
    return bedside(values={"heart_rate": 80, "sbp": 120, "temperature": 37.0, "spo2": 97})


def _treated_for_pressure() -> PatientRecord:
    return prevention(medications=[drug("atorvastatin 20 mg")])


def _discharged() -> PatientRecord:
    """A long unplanned stay that is being ended, after many others."""
    stays = [
        Encounter(
            source=f"Encounter/{n}",
            setting="inpatient",
            status="finished",
            start=ago(40 * n),
            end=ago(40 * n - 1),
        )
        for n in range(1, 8)
    ]
    emergency = Concept((Coding("http://terminology.hl7.org/CodeSystem/v3-ActPriority", "EM"),))
    stay = Encounter(
        source="Encounter/now", setting="inpatient", status="in-progress", start=ago(20), priority=emergency
    )
    return record(
        measurement("hemoglobin", 9, 1),
        measurement("sodium", 130, 1),
        conditions=[condition("I50.9")],
        encounters=(*stays, stay),
        procedures=(Procedure(source="Procedure/1", concept=Concept((), "drainage"), at=ago(8)),),
        coverage=dict.fromkeys(("Condition", "Encounter", "Procedure", "Observation"), "complete"),
        discharge="Encounter/now",
    )


def _asked(analyte: str) -> Callable[[], PatientRecord]:
    return lambda: record(measurement(analyte, 14, 5))


# Threshold, the finding that it decides over, a chart that meets the published one, a value that it doesn't
# meet, and the site's other choices.
DECIDES: tuple[tuple[str, str, Callable[[], PatientRecord], float, ClinicalSettings], ...] = (
    ("prevent_intermediate", "prevent", prevention, 0.3, SETTINGS),
    ("prevent_systolic", "prevent", _treated_for_pressure, 160, SETTINGS),
    ("score2_systolic", "score2", _treated_for_pressure, 160, EUROPE),
    ("kfre_referral_5y", "kfre", failing_kidneys, 0.99, SETTINGS),
    ("fib4_high", "fib4", stiff_liver, 6.5, SETTINGS),
    ("stroke_vasc_men", "stroke_af", lambda: fibrillating("I10"), 3, SETTINGS),
    ("stroke_vasc_women", "stroke_af", lambda: fibrillating("I10", sex="female"), 4, SETTINGS),
    ("stroke_va", "stroke_af", lambda: fibrillating("I10"), 3, BY_VA),
    ("has_bled_high", "has_bled", lambda: anticoagulated("ibuprofen 400 mg"), 4, SETTINGS),
    ("news2_urgent", "news2", _breathless, 6, SETTINGS),
    ("curb65_severe", "curb65", _pneumonia, 4, SETTINGS),
    ("meld3_referral", "meld3", lambda: cirrhotic("K74.60"), 39, SETTINGS),
    ("khorana_offer", "khorana", lambda: on_chemotherapy("C25.0"), 4, SETTINGS),
    ("lace_high", "lace", _discharged, 19, SETTINGS),
    ("hospital_high", "hospital", _discharged, 13, SETTINGS),
    ("phq9_positive", "depression", _asked("phq9"), 15, SETTINGS),
    ("gad7_positive", "anxiety", _asked("gad7"), 15, SETTINGS),
)
# Of these no finding appears or goes, but its urgency or its advice changes.
STEPS: tuple[tuple[str, str, Callable[[], PatientRecord], float], ...] = (
    ("prevent_high", "prevent", prevention, 0.5),
    ("kfre_multidisciplinary_2y", "kfre", failing_kidneys, 0.39),
    ("kfre_prepare_2y", "kfre", failing_kidneys, 0.2),
    ("news2_emergency", "news2", bedside, 20),
)


def _found(key: str, chart: PatientRecord, settings: ClinicalSettings, **changed: float) -> Finding | None:
    thresholds = replace(settings.thresholds, **changed)  # type: ignore[arg-type]
    said = assess(chart, MODELS, replace(settings, thresholds=thresholds))
    return next((each for each in said.findings if each.key == key), None)


@pytest.mark.parametrize(
    ("name", "key", "chart", "value", "choices"), DECIDES, ids=[row[0] for row in DECIDES]
)
def test_a_threshold_decides_over_its_finding_and_is_stated(
    name: str, key: str, chart: Callable[[], PatientRecord], value: float, choices: ClinicalSettings
) -> None:
    published = _found(key, chart(), choices)
    assert published is not None
    guideline = Thresholds().stated(name, "%" if getattr(Thresholds(), name) < 1 else "")
    words = rf"\b(at|from|above) {re.escape(guideline)}(?![\d.]*\d)"
    assert re.search(words, published.rationale, re.IGNORECASE)
    above = _found(key, chart(), choices, **{name: value})
    assert above is None or above.statement != published.statement


@pytest.mark.parametrize(("name", "key", "chart", "value"), STEPS, ids=[row[0] for row in STEPS])
def test_a_step_of_urgency_or_advice_follows_its_threshold(
    name: str, key: str, chart: Callable[[], PatientRecord], value: float
) -> None:
    published = _found(key, chart(), SETTINGS)
    changed = _found(key, chart(), SETTINGS, **{name: value})
    assert published is not None
    assert changed is not None
    assert (published.urgency, published.rationale) != (changed.urgency, changed.rationale)


def test_a_lower_cut_of_fib4_follows_up_an_index_that_was_low() -> None:
    chart = stiff_liver(50, ast=30, alt=40, platelets=230, conditions=[condition("K76.0")])
    older = stiff_liver(70, ast=34, alt=40, platelets=230, conditions=[condition("K76.0")])
    for name, each in (("fib4_low", chart), ("fib4_low_from_65", older)):
        assert _found("fib4", each, SETTINGS) is None
        lowered = _found("fib4", each, SETTINGS, **{name: 0.8})
        assert lowered is not None
        assert "Between 0.8 (this site; " in lowered.rationale


def test_every_threshold_is_tested_here() -> None:
    tested = {row[0] for row in DECIDES} | {row[0] for row in STEPS} | {"fib4_low", "fib4_low_from_65"}
    assert tested == {each.name for each in fields(Thresholds)}

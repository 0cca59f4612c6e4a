"""What holds for every family of criteria."""

from __future__ import annotations

import pytest

from fhir_adapters.record import ICD10CM, SNOMED
from fhir_adapters.terminology.analytes import ANALYTES
from models.contract import ClinicalModel, ClinicalSettings
from models.diagnosis.values import slope_per_year
from tests.models.diagnosis.helpers import MODELS, assessed
from tests.records import condition, measurement, person, record

EVERY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


@EVERY_MODEL
def test_every_analyte_that_is_read_exists(model: ClinicalModel) -> None:
    assert model.requires.analytes() <= set(ANALYTES)


@EVERY_MODEL
def test_patient_problems_and_results_are_required_with_a_look_back(model: ClinicalModel) -> None:
    required = {need.resource: need for need in model.requires.needs if need.required}
    results = {"Observation"} if model.requires.analytes() else set()
    assert set(required) == {"Patient", "Condition"} | results
    assert all(required[resource].lookback_days for resource in results)


@EVERY_MODEL
def test_the_card_is_complete_and_the_stamp_is_a_hash(model: ClinicalModel) -> None:
    model.card.check(model.name)
    assert len(model.stamp.digest) == 64
    assert model.stamp.name == model.name


@EVERY_MODEL
def test_an_empty_chart_gives_nothing(model: ClinicalModel) -> None:
    answer = model.assess(record(), ClinicalSettings())
    assert (answer.findings, answer.abstentions) == ((), ())


def _sick() -> tuple:  # type: ignore[type-arg]
    values = {
        "hba1c": 8.4, "egfr": 38, "sbp": 166, "dbp": 98, "hemoglobin": 9.1, "ferritin": 9, "tsh": 22,
        "free_t4": 0.4, "ldl": 171, "triglycerides": 120,
    }  # fmt: skip
    chronic = [
        measurement(name, value, days, source=f"Observation/{name}-{days}#{name}")
        for name, value in values.items()
        for days in (150, 30)
    ]
    return (*chronic, measurement("potassium", 6.2, 1))


def test_a_chart_with_everything_gives_one_finding_a_family() -> None:
    found = assessed(record(*_sick())).findings
    assert {f.key for f in found} == {
        "t2dm", "ckd_g3b", "hypertension", "hyperkalaemia", "iron_deficiency_anaemia", "hypothyroidism",
        "hyperlipidaemia",
    }  # fmt: skip


def test_every_finding_has_evidence_with_a_source_a_guideline_and_a_next_step() -> None:
    for finding in assessed(record(*_sick())).findings:
        assert any(e.source for e in finding.evidence)
        assert finding.guideline.label
        assert finding.guideline.url.startswith("https://")
        assert finding.topic.system == SNOMED
        assert finding.proposals


def test_a_confirmed_finding_offers_both_codings_and_only_those_systems() -> None:
    for finding in assessed(record(*_sick())).findings:
        offered = [p for p in finding.proposals if p.kind == "add-problem"]
        assert offered
        assert {coding.system for p in offered for coding in p.codings} == {SNOMED, ICD10CM}


def test_documented_everywhere_gives_nothing() -> None:
    codes = ("E11.9", "N18.32", "I10", "E87.5", "D50.9", "E03.9", "E78.5")
    assert assessed(record(*_sick(), conditions=[condition(code, days=5) for code in codes])).findings == ()


def test_a_child_gets_nothing() -> None:
    assert assessed(record(*_sick(), patient=person(9))).findings == ()


def test_values_marked_as_unreliable_count_for_nothing() -> None:
    marked = [measurement(p.analyte, p.value, 30, suspect="contaminated specimen") for p in _sick()]
    assert assessed(record(*marked)).findings == ()


def test_the_slope_is_per_year_and_needs_three_values_over_a_year() -> None:
    points = tuple(measurement("egfr", value, days) for value, days in ((60, 730.5), (55, 365.25), (50, 0)))
    assert slope_per_year(points) == pytest.approx(-5)
    assert slope_per_year(points[1:]) is None
    assert (
        slope_per_year(tuple(measurement("egfr", v, d) for v, d in ((60, 300), (55, 150), (50, 0)))) is None
    )

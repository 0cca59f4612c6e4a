"""Orders of long ago that nobody ended: what they still say, and what they no longer do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_adapters.record import Medication
from models.contract import ClinicalSettings
from models.medication_safety.allergy import DrugAllergy
from models.medication_safety.bleeding import DrugsAndBleeding
from models.medication_safety.duplicates import DuplicateTherapy
from models.medication_safety.kidney import DrugsAndKidney
from models.medication_safety.potassium import DrugsAndPotassium
from tests.models.medication_safety.charts import SETTINGS, allergy, chart, finding, findings, order
from tests.records import ago, drug, measurement

TWICE, BLEEDING = DuplicateTherapy(), DrugsAndBleeding()


def written(text: str, days: float, **more: Any) -> Medication:
    return replace(drug(text), started=ago(days), written=ago(days), **more)


@pytest.mark.parametrize(("days", "found"), [(364, True), (365, True), (366, False), (4000, False)])
def test_a_duplicate_rests_on_an_order_of_a_year(days: float, found: bool) -> None:
    asked = chart(order("simvastatin 10 mg"), medications=[written("simvastatin 20 mg", days)])
    assert (finding(TWICE, asked) is not None) is found


def test_what_was_not_counted_is_an_abstention_with_drug_and_date_and_makes_no_card() -> None:
    asked = chart(order("simvastatin 10 mg"), medications=[written("simvastatin 20 mg", 4000)])
    (said,) = TWICE.assess(asked, SETTINGS).abstentions
    assert (said.cause, said.subject) == ("not-indicated", "")
    assert said.reason == (
        "the order of 2015-06-19 for simvastatin is older than 365 days: counted as not taken now"
    )


@pytest.mark.parametrize(("until", "found"), [(-1, True), (1, False)])
def test_a_stated_supply_that_lasts_keeps_an_old_order(until: float, found: bool) -> None:
    listed = written("simvastatin 20 mg", 500, supplied_until=ago(until))
    assert bool(findings(TWICE, chart(order("simvastatin 10 mg"), medications=[listed]))) is found


def test_an_order_without_a_date_and_a_statement_count() -> None:
    undated = drug("simvastatin 20 mg")
    stated = replace(undated, source="MedicationStatement/1", started=ago(4000))
    for listed in (undated, stated):
        assert findings(TWICE, chart(order("simvastatin 10 mg"), medications=[listed]))


def test_a_new_order_beside_an_old_one_counts() -> None:
    listed = [written("simvastatin 20 mg", 4000), replace(written("simvastatin 40 mg", 30), source="M/2")]
    (said,) = findings(TWICE, chart(order("simvastatin 10 mg"), medications=listed))
    assert said.evidence[1].source == "M/2"


def test_a_site_chooses_the_limit() -> None:
    asked = chart(order("simvastatin 10 mg"), medications=[written("simvastatin 20 mg", 500)])
    assert TWICE.assess(asked, ClinicalSettings(order_days=730)).findings


@pytest.mark.parametrize(
    ("ordered", "listed", "confidence"),
    [
        ("apixaban 5 mg", "warfarin 5 mg", "C"),
        ("eplerenone 25 mg", "spironolactone 25 mg", "C"),
        ("apixaban 5 mg", "enoxaparin 40 mg", None),
        ("losartan 50 mg", "lisinopril 10 mg", None),
        ("warfarin 5 mg", "warfarin 2 mg", None),
    ],
)
def test_a_grave_pair_with_an_old_order_is_a_question(
    ordered: str, listed: str, confidence: str | None
) -> None:
    said = finding(TWICE, chart(order(ordered), medications=[written(listed, 1200)]))
    assert (said.confidence if said else None) == confidence
    assert said is None or said.rationale.startswith("The order on the list is older than 365 days")


def test_an_nsaid_on_an_old_oral_anticoagulant_is_a_question() -> None:
    said = finding(BLEEDING, chart(order("ibuprofen 400 mg"), medications=[written("warfarin 5 mg", 1200)]))
    assert said is not None
    assert (said.confidence, said.urgency) == ("C", "soon")
    assert said.statement == "Ibuprofen: is the anticoagulant of an old order still taken?"
    new = finding(BLEEDING, chart(order("ibuprofen 400 mg"), medications=[written("warfarin 5 mg", 300)]))
    assert new is not None
    assert new.confidence == "A"


def test_an_anticoagulant_that_is_taken_comes_before_an_old_one() -> None:
    listed = [written("warfarin 5 mg", 1200), written("apixaban 5 mg", 30)]
    said = finding(BLEEDING, chart(order("ibuprofen 400 mg"), medications=listed))
    assert said is not None
    assert (said.confidence, said.evidence[1].value) == ("A", "apixaban 5 mg")


@pytest.mark.parametrize(
    ("ordered", "listed"), [("ibuprofen 400 mg", "enoxaparin 40 mg"), ("warfarin 5 mg", "naproxen 220 mg")]
)
def test_old_syringes_and_old_painkillers_are_no_interaction(ordered: str, listed: str) -> None:
    asked = chart(order(ordered), medications=[written(listed, 1200)])
    said = BLEEDING.assess(asked, SETTINGS)
    assert not said.findings
    assert [each.cause for each in said.abstentions] == ["not-indicated"]


def test_old_orders_still_warn_where_the_order_now_may_harm() -> None:
    old = [written("lisinopril 10 mg", 1200), written("furosemide 40 mg", 1200)]
    egfr = (measurement("egfr", 55, 10),)
    triple = findings(DrugsAndKidney(), chart(order("ibuprofen 400 mg"), points=egfr, medications=old))
    assert any("lisinopril" in item.value for each in triple for item in each.evidence)
    potassium = (measurement("potassium", 5.6, 2),)
    raised = chart(order("trimethoprim 100 mg"), points=potassium, medications=old)
    assert findings(DrugsAndPotassium(), raised)
    allergic = chart(order("amoxicillin"), allergies=(allergy("amoxicillin"),), medications=old)
    assert findings(DrugAllergy(), allergic)

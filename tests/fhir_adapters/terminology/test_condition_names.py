"""A condition in words only is known by its whole name, and everything that rests on it says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fhir_adapters.record import ICD10CM, MATCHED_BY_NAME, SNOMED, Coding, Concept
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.condition_names import _ROWS, codes_of_name
from fhir_adapters.terminology.conditions import CKD, DIABETES, HYPERTENSION, TYPE_2_DIABETES
from models import chart_inputs
from tests.fhir_adapters.mapping.resources import NOW, chart, condition
from tests.fhir_adapters.terminology.test_codes import SETS


def _condition(code: dict[str, Any], **more: Any) -> dict[str, Any]:
    return condition() | {"code": code} | more


def _named(text: str, **more: Any) -> Concept:
    (found,) = chart(_condition({"text": text, **more})).conditions
    return found.concept


@pytest.mark.parametrize(
    "text",
    [
        "Type 2 diabetes mellitus",
        "TYPE II DIABETES MELLITUS",
        "Diabetes mellitus, type 2",
        "type-2 diabetes",
        "Type 2 diabetes mellitus (disorder)",
        "  T2DM ",
    ],
)
def test_a_whole_name_is_known_however_it_is_written(text: str) -> None:
    assert TYPE_2_DIABETES.holds(_named(text))


@pytest.mark.parametrize(
    "text",
    [
        "no type 2 diabetes mellitus",
        "?type 2 diabetes mellitus",
        "type 2 diabetes mellitus?",
        "family history of type 2 diabetes mellitus",
        "history of type 2 diabetes mellitus",
        "type 2 diabetes mellitus, resolved",
        "possible type 2 diabetes",
        "type 2 diabetes screening",
        "diabetes insipidus",
        "type 2 diabetis",
        "pre-type 2 diabetes",
        "ocular hypertension",
        "pulmonary hypertension",
        "portal hypertension",
        "white coat hypertension",
    ],
)
def test_nothing_less_and_nothing_more_than_a_name_is_matched(text: str) -> None:
    named = _named(text)
    assert named.by_name == ()
    assert not any(code_set.holds(named) for code_set in SETS.values())


def test_british_spelling_is_the_same_name() -> None:
    assert _named("Iron deficiency anaemia").by_name == _named("iron-deficiency anemia").by_name != ()


def test_a_local_code_is_matched_by_its_display() -> None:
    local = [{"system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.696871", "code": "91234", "display": "HTN"}]
    record = chart(_condition({"coding": local}))
    assert documented(record, HYPERTENSION) is not None
    assert record.conditions[0].concept.matched == MATCHED_BY_NAME


def test_a_standard_code_decides_and_its_words_do_not() -> None:
    coded = {"coding": [{"system": SNOMED, "code": "161445009"}], "text": "Diabetes"}
    record = chart(_condition(coded))
    assert record.conditions[0].concept.by_name == ()
    assert documented(record, DIABETES) is None


def test_a_text_and_a_display_that_name_two_conditions_name_none() -> None:
    local = [{"system": "urn:x", "code": "1", "display": "Hypertension"}]
    assert codes_of_name(Concept((Coding("urn:x", "1", "Hypertension"),), "Diabetes")) == ()
    assert _named("Diabetes", coding=local).by_name == ()


def test_a_long_text_is_not_looked_up() -> None:
    assert _named("diabetes " * 100).by_name == ()


def test_a_refuted_or_resolved_name_is_as_refuted_or_resolved_as_a_code() -> None:
    refuted = _condition({"text": "Diabetes"}, verificationStatus={"coding": [{"code": "refuted"}]})
    resolved = _condition({"text": "Diabetes"}, clinicalStatus={"coding": [{"code": "resolved"}]})
    assert not chart(refuted).conditions
    assert documented(chart(resolved), DIABETES) is None


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[2].partition(";")[0])
def test_both_codes_of_a_name_belong_to_one_set_that_a_model_reads(row: tuple[str, str, str]) -> None:
    by_snomed, by_icd10 = (
        {name for name, code_set in SETS.items() if code_set.holds(Concept((Coding(system, code),)))}
        for system, code in ((SNOMED, row[0]), (ICD10CM, row[1]))
    )
    assert by_snomed & by_icd10


def test_no_name_stands_for_two_conditions() -> None:
    names = [name.strip() for _, _, names in _ROWS for name in names.split(";")]
    assert len(names) == len(set(names))


def test_the_stage_of_a_kidney_disease_is_read_from_its_name() -> None:
    assert _named("CKD stage 3b").by_name[1].code == "N18.32"
    assert CKD.holds(_named("Stage 4 chronic kidney disease"))


def test_evidence_says_that_it_was_matched_by_name() -> None:
    recorded = (NOW - timedelta(days=30)).date().isoformat()
    record = chart(_condition({"text": "DM type 2"}, recordedDate=recorded))
    answer = chart_inputs.diabetes(record)
    assert answer is not None
    assert (answer.value, answer.evidence.value, answer.evidence.remark) == (1, "DM type 2", MATCHED_BY_NAME)

"""One query per key from the needs of all models, and what a client made of its template."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fhir_adapters.errors import BadPrefetch
from fhir_adapters.prefetch import KEYS, Query, Supplied, is_patient_id, queries, resolve, templates
from fhir_adapters.record.needs import Need
from fhir_adapters.terminology.analytes import loinc_codes

CONDITIONS = Query(key="conditions", resource="Condition")
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
CONDITION = {"resourceType": "Condition", "id": "c1"}


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources], **more}


def state_of(value: object, query: Query = CONDITIONS) -> Supplied:
    return resolve([query], {query.key: value})[query.key]


def asked_for(*needs: Need) -> dict[str, Query]:
    return {query.key: query for query in queries(needs)}


# Queries


def test_the_patient_is_always_asked_for() -> None:
    (query,) = queries([])
    assert (query.key, query.required, query.template) == ("patient", True, "Patient/{{context.patientId}}")


def test_the_needs_of_two_models_become_one_query() -> None:
    merged = asked_for(
        Need(resource="Observation", analytes=("hba1c",), newest=5),
        Need(resource="Observation", analytes=("creatinine",), required=True),
    )
    codes = set(dict(merged["observations"].params)["code"].split(","))
    assert codes == {*loinc_codes("hba1c"), *loinc_codes("creatinine")}
    assert merged["observations"].required
    assert merged["observations"].newest is None


def test_limits_about_the_same_data_merge_to_the_largest() -> None:
    merged = asked_for(
        Need(resource="DocumentReference", newest=5), Need(resource="DocumentReference", newest=20)
    )
    assert merged["notes"].template == "DocumentReference?patient={{context.patientId}}&_sort=-date&_count=20"


def test_one_need_without_a_limit_lifts_it() -> None:
    merged = asked_for(Need(resource="DocumentReference", newest=5), Need(resource="DocumentReference"))
    assert merged["notes"].newest is None


def test_limits_about_different_analytes_are_not_merged() -> None:
    merged = asked_for(
        Need(resource="Observation", analytes=("hba1c",), newest=1),
        Need(resource="Observation", analytes=("creatinine",), newest=1),
    )
    assert merged["observations"].newest is None


def test_only_what_is_needed_is_asked_for() -> None:
    assert set(asked_for(Need(resource="MedicationStatement"))) == {"patient", "medicationStatements"}


def test_both_kinds_of_medication_have_a_key() -> None:
    merged = asked_for(Need(resource="MedicationStatement"), Need(resource="MedicationRequest"))
    assert merged["medications"].resource == "MedicationRequest"
    assert merged["medicationStatements"].resource == "MedicationStatement"


def test_an_observation_need_without_analytes_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="analytes"):
        queries([Need(resource="Observation")])


def test_every_template_uses_legal_tokens_and_parameters() -> None:
    needs = [
        Need(resource=r, newest=10, analytes=("hba1c", "sbp") if r == "Observation" else ()) for r in KEYS
    ]
    found = templates(queries(needs))
    assert set(found) == set(KEYS.values())
    for template in found.values():
        assert re.findall(r"\{\{.*?\}\}", template) == ["{{context.patientId}}"]
        names = re.findall(r"[?&]([^=&]+)=", template)
        assert set(names) <= {"patient", "code", "_sort", "_count"}
        assert re.fullmatch(r"[A-Za-z]+[/?][\x21-\x7e]+", template)


def test_the_url_of_a_patient_is_the_template_filled_in() -> None:
    for query in queries([Need(resource="Observation", analytes=("hba1c",))]):
        assert query.url("a.b-1") == query.template.replace("{{context.patientId}}", "a.b-1")


@pytest.mark.parametrize("text", ["1", "a.b-C", "x" * 64])
def test_a_fhir_id_is_a_patient_id(text: str) -> None:
    assert is_patient_id(text)


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "a?b", "a b", "x" * 65, "1\n", "ä", "Patient/1"])
def test_what_could_change_the_url_is_no_patient_id(text: str) -> None:
    assert not is_patient_id(text)


# States


def test_a_key_that_is_absent_is_missing() -> None:
    assert resolve([CONDITIONS], {"other": {}})["conditions"].state == "missing"


@pytest.mark.parametrize("value", [None, bundle(), {"resourceType": "Bundle"}, bundle(total=7)])
def test_null_and_an_empty_bundle_are_known_empty(value: object) -> None:
    assert state_of(value).state == "empty"


@pytest.mark.parametrize("value", [OUTCOME, bundle(OUTCOME), {**OUTCOME, "issue": []}])
def test_an_operation_outcome_alone_is_a_failure(value: object) -> None:
    assert state_of(value).state == "failed"


def test_an_error_beside_resources_is_a_failure_in_part() -> None:
    found = state_of(bundle(CONDITION, OUTCOME))
    assert found.state == "supplied"
    assert found.failed_in_part


def test_resources_of_another_type_are_ignored() -> None:
    assert state_of(bundle(CONDITION, {"resourceType": "Group", "id": "g"})).resources == (CONDITION,)


def test_a_single_resource_counts_as_a_bundle_of_one() -> None:
    assert state_of(CONDITION).resources == (CONDITION,)


def test_a_patient_in_a_bundle_is_taken_out() -> None:
    patient = {"resourceType": "Patient", "id": "p1"}
    assert state_of(bundle(patient), queries([])[0]).resources == (patient,)


def test_a_next_link_is_kept() -> None:
    found = state_of(bundle(CONDITION, link=[{"relation": "next", "url": "https://x/y"}]))
    assert found.next_link == "https://x/y"


def test_a_bundle_with_only_a_next_link_is_not_empty() -> None:
    assert state_of(bundle(link=[{"relation": "next", "url": "https://x/y"}])).state == "supplied"


@pytest.mark.parametrize(
    "value",
    [
        "text",
        7,
        True,
        [],
        [CONDITION],
        {},
        {"resourceType": 7},
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "entry": {}},
        {"resourceType": "Bundle", "link": "x"},
    ],
)
def test_a_value_of_a_wrong_type_is_refused_by_key(value: object) -> None:
    with pytest.raises(BadPrefetch, match=r"^prefetch\.conditions: ") as caught:
        state_of(value)
    assert caught.value.key == "conditions"


def test_unknown_keys_are_ignored_whatever_they_hold() -> None:
    assert resolve([CONDITIONS], {"unknown": 7, "conditions": None})["conditions"].state == "empty"


@pytest.mark.parametrize("entry", [None, 7, "x", [], {}, {"resource": None}, {"resource": "x"}])
def test_an_unreadable_entry_costs_that_entry(entry: object) -> None:
    value = bundle(CONDITION)
    value["entry"].append(entry)
    found = state_of(value)
    assert (found.resources, found.unreadable) == ((CONDITION,), 1)

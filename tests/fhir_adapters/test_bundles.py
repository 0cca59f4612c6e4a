"""Bundles of any type give their resources, with references among them as Type/id."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fhir_adapters.bundles import resources_of

PATIENT = {"resourceType": "Patient", "id": "p1"}


def _bundle(kind: str, *entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def _observation(reference: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": "o1", "subject": {"reference": reference}, **more}


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "document", "searchset", "message"])
def test_references_by_uuid_become_type_and_id(kind: str) -> None:
    bundle = _bundle(
        kind,
        {"fullUrl": "urn:uuid:aa", "resource": PATIENT},
        {"fullUrl": "urn:uuid:bb", "resource": _observation("urn:uuid:aa")},
    )
    assert resources_of(bundle)[1]["subject"] == {"reference": "Patient/p1"}


def test_the_bundle_is_not_changed() -> None:
    bundle = _bundle(
        "transaction",
        {"fullUrl": "urn:uuid:aa", "resource": {"resourceType": "Patient"}},
        {"resource": _observation("urn:uuid:aa")},
    )
    before = copy.deepcopy(bundle)
    resources_of(bundle)
    assert bundle == before


def test_an_entry_without_id_takes_it_from_its_uuid() -> None:
    bundle = _bundle(
        "transaction",
        {"fullUrl": "urn:uuid:aa", "resource": {"resourceType": "Patient"}},
        {"resource": _observation("urn:uuid:aa")},
    )
    patient, observation = resources_of(bundle)
    assert patient["id"] == "aa"
    assert observation["subject"]["reference"] == "Patient/aa"


def test_an_entry_without_id_takes_it_from_the_url_of_its_put() -> None:
    put = {"request": {"method": "PUT", "url": "Patient/p9"}, "resource": {"resourceType": "Patient"}}
    assert resources_of(_bundle("transaction", put))[0]["id"] == "p9"


def test_references_by_the_address_of_an_entry_become_type_and_id() -> None:
    url = "https://fhir.example.org/r4/Patient/p1"
    bundle = _bundle("collection", {"fullUrl": url, "resource": PATIENT}, {"resource": _observation(url)})
    assert resources_of(bundle)[1]["subject"]["reference"] == "Patient/p1"


@pytest.mark.parametrize(
    "reference", ["Practitioner?identifier=http://x|9", "urn:uuid:other", "Patient/p1", "#contained"]
)
def test_references_that_name_no_entry_stay_as_sent(reference: str) -> None:
    bundle = _bundle(
        "transaction", {"fullUrl": "urn:uuid:aa", "resource": PATIENT}, {"resource": _observation(reference)}
    )
    assert resources_of(bundle)[1]["subject"]["reference"] == reference


def test_references_are_found_at_any_depth_and_attachments_too() -> None:
    nested = {"resourceType": "DocumentReference", "content": [{"attachment": {"url": "urn:uuid:bb"}}]}
    bundle = _bundle(
        "transaction",
        {"fullUrl": "urn:uuid:bb", "resource": {"resourceType": "Binary", "id": "b"}},
        {"resource": nested},
    )
    assert resources_of(bundle)[1]["content"][0]["attachment"]["url"] == "Binary/b"


def test_the_answer_of_a_batch_is_opened() -> None:
    inner = _bundle("searchset", {"resource": PATIENT})
    assert resources_of(_bundle("batch-response", {"resource": inner}, {"response": {"status": "404"}})) == [
        PATIENT
    ]


def test_a_single_resource_and_a_list_are_accepted() -> None:
    assert resources_of(PATIENT) == [PATIENT]
    assert resources_of([PATIENT, _bundle("searchset", {"resource": PATIENT})]) == [PATIENT, PATIENT]


@pytest.mark.parametrize("junk", [None, 5, "x", {}, {"resourceType": "Bundle"}, {"resourceType": 5}, [5]])
def test_what_is_no_bundle_has_no_resources(junk: Any) -> None:
    assert resources_of(junk) == []


@pytest.mark.parametrize("entry", [None, 5, {}, {"resource": None}, {"resource": []}, {"fullUrl": 5}])
def test_an_entry_without_a_resource_is_left_out(entry: Any) -> None:
    assert resources_of(_bundle("transaction", entry, {"resource": PATIENT})) == [PATIENT]


def test_nesting_without_end_is_left_as_it_is() -> None:
    deep: Any = {"reference": "urn:uuid:aa"}
    for _ in range(5000):
        deep = {"extension": [deep]}
    bundle = _bundle(
        "transaction",
        {"fullUrl": "urn:uuid:aa", "resource": PATIENT},
        {"resource": {"resourceType": "Basic", **deep}},
    )
    assert len(resources_of(bundle)) == 2

"""A vendor is one file: it registers itself, and claims its servers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_adapters.capability import Capability
from fhir_adapters.prefetch import Query
from fhir_adapters.vendors import registry
from fhir_adapters.vendors.registry import GENERIC, VendorError, fhir_vendor, load_vendors, vendor_of

QUERY = Query(key="conditions", resource="Condition")


@pytest.fixture
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_vendors", dict(load_vendors()))
    monkeypatch.setattr(registry, "load_vendors", lambda: registry._vendors)


def test_a_server_that_nobody_claims_is_generic_r4() -> None:
    vendor = vendor_of("https://ehr.example.org/fhir")
    assert vendor.name == GENERIC
    assert vendor.adapt(QUERY) == QUERY


@pytest.mark.usefixtures("_own_registry")
def test_a_vendor_that_claims_a_server_adapts_its_queries() -> None:
    @fhir_vendor("strict", claims=lambda server: "strict" in server, page_size=50)
    def with_category(query: Query) -> Query:
        return replace(query, params=(*query.params, ("category", "problem-list-item")))

    assert with_category(QUERY) == vendor_of("https://strict.example.org/fhir").adapt(QUERY)
    assert vendor_of("https://strict.example.org/fhir").adapt(QUERY).params
    assert vendor_of("https://other.example.org/fhir").name == GENERIC


@pytest.mark.parametrize(
    ("server", "name"),
    [
        ("https://hapi.fhir.org/baseR4", "hapi"),
        ("https://r4.smarthealthit.org", "smart_health_it"),
        ("https://launch.smarthealthit.org/v/r4/fhir", "smart_health_it"),
        ("https://fhir.epic.com/interconnect-fhir-oauth/api/FHIR/R4", "epic"),
        ("https://fhir-open.cerner.com/r4/ec2458f2-1e24-41c8-b71b-0e701af7583d", "oracle_health"),
        ("https://api.platform.athenahealth.com/fhir/r4", "athenahealth"),
        ("https://api.medplum.com/fhir/R4", "medplum"),
        (
            "https://healthcare.googleapis.com/v1/projects/p/locations/l/datasets/d/fhirStores/s/fhir",
            "google_healthcare",
        ),
        ("https://work-fhir.fhir.azurehealthcareapis.com", "azure_health_data"),
        ("https://notepic.com/r4", GENERIC),
        ("https://epic.com.example.org/r4", GENERIC),
        ("https://ehr.example.org/?u=https://fhir.epic.com", GENERIC),
        ("no address", GENERIC),
    ],
)
def test_a_family_is_known_by_its_host(server: str, name: str) -> None:
    assert vendor_of(server).name == name


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ({"software": "HAPI FHIR Server"}, "hapi"),
        ({"software": "Epic"}, "epic"),
        ({"publisher": "Epic Systems Corporation"}, "epic"),
        ({"publisher": "Cerner"}, "oracle_health"),
        ({"publisher": "Oracle Health"}, "oracle_health"),
        ({"publisher": "athenahealth"}, "athenahealth"),
        ({"software": "Medplum"}, "medplum"),
        ({"publisher": "Google"}, "google_healthcare"),
        ({"publisher": "Microsoft"}, "azure_health_data"),
        ({"publisher": "Somebody", "software": "A server"}, GENERIC),
        ({}, GENERIC),
    ],
)
def test_a_family_is_known_by_its_statement(stated: dict[str, str], name: str) -> None:
    assert vendor_of("https://ehr.example.org/r4", capability=Capability(**stated)).name == name


def test_what_settings_say_comes_before_the_address_and_that_before_the_statement() -> None:
    epic = "https://fhir.epic.com/r4"
    assert vendor_of(epic, named="hapi", capability=Capability(publisher="Cerner")).name == "hapi"
    assert vendor_of(epic, capability=Capability(publisher="Cerner")).name == "epic"
    with pytest.raises(VendorError, match="epik"):
        vendor_of(epic, named="epik")


@pytest.mark.parametrize(
    ("patient_id", "practice"),
    [
        ("a-195900.E-3214", (("ah-practice", "Organization/a-1.Practice-195900"),)),
        ("3214", ()),
        ("a-195900.E-3214x", ()),
        ("a-x.E-1", ()),
    ],
)
def test_the_practice_of_a_patient_is_in_the_patients_id(patient_id: str, practice: Any) -> None:
    assert load_vendors()["athenahealth"].patient_params(patient_id) == practice


@pytest.mark.usefixtures("_own_registry")
def test_a_name_that_is_taken_is_an_error_at_start() -> None:
    with pytest.raises(VendorError, match=GENERIC):

        @fhir_vendor(GENERIC, claims=lambda server: True, page_size=1)
        def again(query: Query) -> Query:
            return query


def test_every_vendor_leaves_the_data_asked_for_unchanged() -> None:
    for vendor in load_vendors().values():
        adapted = vendor.adapt(QUERY)
        assert (adapted.key, adapted.resource, adapted.newest) == (QUERY.key, QUERY.resource, QUERY.newest)
        assert vendor.page_size > 0

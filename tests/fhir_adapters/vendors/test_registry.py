"""A vendor is one file: it registers itself, and claims its servers."""

from __future__ import annotations

from dataclasses import replace

import pytest

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

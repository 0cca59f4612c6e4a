"""What a server says of itself, in the shapes that servers send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.capability import Capability, is_statement, read_capability

SMART: dict[str, Any] = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "publisher": "A hospital",
    "software": {"name": "HAPI FHIR Server"},
    "rest": [
        {"mode": "client"},
        {
            "mode": "server",
            "security": {
                "service": [{"coding": [{"code": "SMART-on-FHIR"}]}],
                "extension": [
                    {
                        "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                        "extension": [
                            {"url": "authorize", "valueUri": "https://ehr.example.org/authorize"},
                            {"url": "token", "valueUri": "https://ehr.example.org/token"},
                        ],
                    }
                ],
            },
            "resource": [
                {
                    "type": "Observation",
                    "interaction": [{"code": "read"}, {"code": "search-type"}],
                    "searchParam": [{"name": "patient"}, {"name": "code"}],
                },
                {"type": "Binary", "interaction": [{"code": "read"}]},
            ],
        },
    ],
}


def test_a_statement_is_read() -> None:
    found = read_capability(SMART)
    assert (found.version, found.stated_version) == ("R4", "4.0.1")
    assert (found.software, found.publisher) == ("HAPI FHIR Server", "A hospital")
    assert found.security == ("SMART-on-FHIR",)
    assert found.token_url == "https://ehr.example.org/token"
    assert found.searches == {"Observation": {"patient", "code"}}
    assert found.interactions["Binary"] == {"read"}


def test_the_conformance_of_dstu2_is_one_too() -> None:
    assert is_statement({"resourceType": "Conformance"})
    assert not is_statement({"resourceType": "Patient"})
    assert read_capability({"resourceType": "Conformance", "fhirVersion": "1.0.2"}).version == "DSTU2"


def test_what_is_not_said_is_empty() -> None:
    assert read_capability({}) == Capability()


@pytest.mark.parametrize("name", ["software", "rest", "fhirVersion", "publisher"])
@given(value=st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers() | st.text(max_size=3)))
def test_no_value_of_a_wrong_type_stops_the_reading(name: str, value: Any) -> None:
    assert read_capability({**SMART, name: value}).interactions is not None

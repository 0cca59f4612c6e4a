"""The CapabilityStatement of the embedded server, written from the table that the search reads."""

from __future__ import annotations

from datetime import datetime

from fhir_adapters.embedded.reply import Resource
from fhir_adapters.embedded.search_parameters import PARAMETERS, SearchParameter

_INTERACTIONS = ("read", "create", "update", "delete", "search-type")


def capability_statement(base_url: str, started: datetime) -> Resource:
    """What the server does, and no more.

    Args:
        base_url: The FHIR base.
        started: When the server came up; the date of the statement.
    """
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": started.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "Cuecard embedded FHIR server"},
        "implementation": {"description": "In-memory server for demonstrations and tests", "url": base_url},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "No authorization: for a loopback address only.",
                "resource": [_resource(name) for name in sorted(PARAMETERS)],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def _resource(resource_type: str) -> Resource:
    return {
        "type": resource_type,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned",
        "readHistory": False,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "searchParam": [_parameter(parameter) for parameter in PARAMETERS[resource_type].values()],
    }


def _parameter(parameter: SearchParameter) -> Resource:
    return {"name": parameter.name, "type": "token" if parameter.kind == "code" else parameter.kind}

"""The same question in the search parameters of another version.

Sources: the search parameter tables of each resource in FHIR DSTU2, STU3, R4 and R5.
"""

from __future__ import annotations

from dataclasses import replace

from fhir_adapters.prefetch import Query
from fhir_adapters.versions.detect import FhirVersion

_PATHS = {"DSTU2": {"MedicationRequest": "MedicationOrder"}}
# What a version calls a parameter that R4 sorts by.
_RENAMED: dict[str, dict[tuple[str, str], str]] = {
    "DSTU2": {
        ("Condition", "recorded-date"): "date-recorded",
        ("MedicationRequest", "authoredon"): "datewritten",
        ("MedicationStatement", "effective"): "effectivedate",
        ("DocumentReference", "date"): "created",
    },
    "STU3": {
        ("Condition", "recorded-date"): "asserted-date",
        ("DocumentReference", "date"): "created",
    },
}


def as_asked(query: Query, version: FhirVersion) -> Query:
    """The query for a server of a version; the answer holds the same data."""
    renamed = _RENAMED.get(version)
    if renamed is None:
        return query
    params = tuple(_param(query.resource, name, value, version, renamed) for name, value in query.params)
    return replace(query, params=params, path=_PATHS.get(version, {}).get(query.resource, ""))


def _param(
    resource: str, name: str, value: str, version: str, renamed: dict[tuple[str, str], str]
) -> tuple[str, str]:
    if name != "_sort":
        return name, value
    downwards = value.startswith("-")
    field = value.removeprefix("-")
    field = renamed.get((resource, field), field)
    if version == "DSTU2":  # the direction stands in the parameter's name
        return ("_sort:desc" if downwards else "_sort"), field
    return "_sort", f"-{field}" if downwards else field

"""Queries from needs, prefetch templates from queries, and what a client made of them.

The needs of all models become one query per prefetch key. The same query is advertised as a template
and, when a client does not fill it, sent to the FHIR server, so both roads ask the same question.

A Need's look-back is not part of the query: CDS Hooks 2.0.1 templates can't express a date, and a
template and a query that differ would give different cards. Models look back by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote

from fhir_adapters.errors import BadPrefetch
from fhir_adapters.paging import Page, Resource, is_failure, read_page
from fhir_adapters.record.needs import Need, ResourceType
from fhir_adapters.versions.shape import r4_type

State = Literal["supplied", "empty", "failed", "missing"]

KEYS: dict[ResourceType, str] = {
    "Patient": "patient",
    "Condition": "conditions",
    "Observation": "observations",
    "MedicationRequest": "medications",
    "MedicationStatement": "medicationStatements",
    "AllergyIntolerance": "allergies",
    "Procedure": "procedures",
    "Encounter": "encounters",
    "FamilyMemberHistory": "familyHistory",
    "DocumentReference": "notes",
    "DiagnosticReport": "reports",
    "Composition": "compositions",
    "ClinicalImpression": "impressions",
}

_PATIENT_ID_PLACE = "{{context.patientId}}"
_SORT = {
    "Condition": "-recorded-date",
    "MedicationRequest": "-authoredon",
    "MedicationStatement": "-effective",
}
_PATIENT_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9\-.]{1,64}\Z")


def is_patient_id(text: str) -> bool:
    """True for a FHIR id that can stand in a URL path ("." and ".." can't)."""
    return _PATIENT_ID.match(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question about one patient: a read of the Patient, or a search by patient.

    Attributes:
        key: Prefetch key, and the name under which the answer is kept.
        resource: FHIR resource type.
        params: Search parameters beside `patient`, in order.
        required: Without an answer the call fails with 412.
        newest: Only this many newest resources are wanted; None for all.
        path: Name of the resource type on the server, where it has another one than in R4.
        if_held: A server that does not know the resource type has answered: it holds none.
    """

    key: str
    resource: ResourceType
    params: tuple[tuple[str, str], ...] = ()
    required: bool = False
    newest: int | None = None
    path: str = ""
    if_held: bool = False

    @property
    def template(self) -> str:
        """The prefetch template: a relative URL with a CDS Hooks 2.0.1 token."""
        return self._relative(_PATIENT_ID_PLACE)

    def url(self, patient: str) -> str:
        """The relative URL for one patient, whose id, or reference for a search, is given."""
        return self._relative(quote(patient, safe=""))

    def _relative(self, patient: str) -> str:
        if self.resource == "Patient":
            return f"Patient/{patient}"
        more = "".join(f"&{name}={quote(value, safe=',:/-')}" for name, value in self.params)
        return f"{self.path or self.resource}?patient={patient}{more}"


def queries(needs: Iterable[Need]) -> tuple[Query, ...]:
    """One query per prefetch key for the needs of any number of models; the Patient is always asked for."""
    return _queries(tuple(needs))


@lru_cache(maxsize=64)
def _queries(needs: tuple[Need, ...]) -> tuple[Query, ...]:
    by_resource: dict[ResourceType, list[Need]] = {"Patient": [Need(resource="Patient", required=True)]}
    for need in needs:
        by_resource.setdefault(need.resource, []).append(need)
    return tuple(_merged(resource, by_resource[resource]) for resource in KEYS if resource in by_resource)


def _merged(resource: ResourceType, needs: list[Need]) -> Query:
    newest = _merged_newest(needs)
    params: list[tuple[str, str]] = []
    if resource == "Observation":
        params.append(("code", ",".join(_codes(needs))))
    if newest is not None or resource == "Observation":
        # Observations are many: if a cap cuts them off, it must cut off the oldest.
        params.append(("_sort", _SORT.get(resource, "-date")))
    if newest is not None:
        params.append(("_count", str(newest)))
    return Query(
        key=KEYS[resource],
        resource=resource,
        params=tuple(params),
        required=any(need.required for need in needs),
        newest=newest,
        if_held=all(need.if_held for need in needs),
    )


def _merged_newest(needs: list[Need]) -> int | None:
    """The largest limit; None when one need has none, or when limits are about different analytes."""
    limits = [need.newest for need in needs]
    if (
        None in limits
        or len({frozenset(need.analytes) for need in needs}) > 1
        or needs[0].resource == "Patient"
    ):
        return None
    return max(limit for limit in limits if limit is not None)


def _codes(needs: list[Need]) -> list[str]:
    from fhir_adapters.terminology.analytes import loinc_codes  # noqa: PLC0415 - reads a table on import

    analytes = sorted({analyte for need in needs for analyte in need.analytes})
    if not analytes:
        raise ValueError("a Need of Observation names no analytes")
    return sorted({code for analyte in analytes for code in loinc_codes(analyte)})


def templates(asked: Iterable[Query]) -> dict[str, str]:
    """The `prefetch` object of a service in the discovery answer."""
    return {query.key: query.template for query in asked}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Supplied:
    """What the client made of one template.

    Attributes:
        state: "supplied"; "empty": the client looked and there is none; "failed": the client tried and
            could not, so the query is not repeated; "missing": ask the FHIR server.
        resources: Matches of the asked type, and Medications that came along.
        next_link: Where the client says that more of it is; "" when this is all.
        failed_in_part: The client reports an error beside the resources.
        unreadable: Entries without a resource.
    """

    state: State
    resources: tuple[Resource, ...] = ()
    next_link: str = ""
    failed_in_part: bool = False
    unreadable: int = 0


_MISSING = Supplied(state="missing")
_EMPTY = Supplied(state="empty")
_FAILED = Supplied(state="failed")


def resolve(asked: Iterable[Query], prefetch: Mapping[str, Any]) -> dict[str, Supplied]:
    """The state of each query's key; keys that were not asked for are ignored.

    Raises:
        BadPrefetch: A value is neither null, nor a Bundle, nor a resource of the asked type.
    """
    return {
        query.key: _state(query, prefetch[query.key]) if query.key in prefetch else _MISSING
        for query in asked
    }


def _state(query: Query, value: object) -> Supplied:
    if value is None:
        return _EMPTY
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(kind, str):
        raise BadPrefetch(query.key, "must be a FHIR resource, a Bundle or null")
    if kind == "OperationOutcome":
        return _FAILED
    if r4_type(kind) == query.resource:
        return Supplied(state="supplied", resources=(value,))
    if kind != "Bundle":
        raise BadPrefetch(query.key, f"must be a {query.resource}, a Bundle of them or null")
    try:
        page = read_page(value, query.resource)
    except ValueError as error:
        raise BadPrefetch(query.key, f"is not a Bundle: {error}") from None
    return _bundle_state(query, page)


def _bundle_state(query: Query, page: Page) -> Supplied:
    if not page.resources and not page.next_link:
        if page.outcomes:
            return _FAILED
        if not page.unreadable:
            return _EMPTY
    return Supplied(
        state="supplied",
        resources=(*page.resources, *page.companions),
        next_link=page.next_link,
        failed_in_part=any(is_failure(outcome) for outcome in page.outcomes),
        unreadable=len(page.unreadable),
    )

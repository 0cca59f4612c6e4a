"""FHIR servers of eight families on loopback: the same chart in each one's shapes, limits and refusals.

What each does is written down, with where it was seen, in the vendor's file in `fhir_adapters/vendors`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes.faulty_server import Behaviour, Connection, FaultyServer, Request, bundle, raw
from tests.fakes.fhir_server import search

Json = dict[str, Any]


def _as_it_is(resource: Json) -> Json:
    return resource


@dataclass(frozen=True, kw_only=True)
class Family:
    """How the servers of a family behave.

    Attributes:
        statement: What the CapabilityStatement says beside its version.
        shape: A resource as the family sends it.
        page: Default and maximum of `_count`.
        sorts: Whether `_sort` is honoured; where it is not, results come oldest first.
        strict: Whether a sort that is not honoured is refused: always, with Prefer, or never.
        longest_query: Characters of a query string beyond which the answer is 404.
        reads_forms: Whether POST `_search` reads its form.
        typed_patients: Whether `patient=<id>` finds nothing.
        outcome: An OperationOutcome that each searchset holds beside the matches.
        wants: Search parameters of which one must be there, by resource type.
        page_parameter: The parameter of a next link, which stands for the whole search.
        media_type: Of each answer.
    """

    statement: Json = field(default_factory=dict)
    shape: Callable[[Json], Json] = _as_it_is
    page: tuple[int, int] = (20, 1000)
    sorts: bool = True
    strict: str = "never"
    longest_query: int = 100_000
    reads_forms: bool = True
    typed_patients: bool = False
    outcome: Json | None = None
    wants: Mapping[str, frozenset[str]] = field(default_factory=dict)
    page_parameter: str = "page"
    media_type: str = "application/fhir+json"


def _in_front(resource: Json, coding: Json) -> Json:
    """The resource with a local coding before the ones that it has."""
    code = resource.get("code")
    if resource["resourceType"] != "Observation" or not isinstance(code, dict):
        return resource
    return {**resource, "code": {**code, "coding": [coding, *code["coding"]]}}


def _epic(resource: Json) -> Json:
    local = {"system": "urn:oid:1.2.840.114350.1.13.20.3.7.2.768282", "code": "123090220", "display": "LAB"}
    shaped = _in_front(resource, local)
    if shaped["resourceType"] == "Observation":
        category = {"coding": [{"system": "urn:oid:1.2.840.114350.1.13.20.3.7.10.798268.30", "code": "lab"}]}
        shaped = {**shaped, "category": [*shaped.get("category", []), category]}
    return shaped


def _oracle(resource: Json) -> Json:
    system = "https://fhir.cerner.com/ec2458f2-1e24-41c8-b71b-0e701af7583d/codeSet/72"
    shaped = _in_front(resource, {"system": system, "code": "21704", "userSelected": True})
    return {**shaped, "text": {"status": "generated", "div": "<div><p><b>Result</b></p></div>"}}


def _athena(resource: Json) -> Json:
    practice = {
        "url": "https://fhir.athena.io/StructureDefinition/ah-practice",
        "valueReference": {"reference": "Organization/a-1.Practice-195900"},
    }
    return {**resource, "extension": [practice]}


def _medplum(resource: Json) -> Json:
    return {**resource, "meta": {"project": "5b2c", "compartment": [{"reference": "Project/5b2c"}]}}


def _versioned(resource: Json) -> Json:
    return {**resource, "meta": {"versionId": "1", "lastUpdated": "2026-05-02T09:00:00.000+00:00"}}


_NOT_ALL = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "warning",
            "code": "processing",
            "details": {
                "coding": [{"system": "urn:oid:1.2.840.114350.1.13.5325.1.7.2.657369", "code": "4119"}]
            },
        }
    ],
}

FAMILIES: dict[str, Family] = {
    "generic_r4": Family(),
    "hapi": Family(
        statement={"software": {"name": "HAPI FHIR Server", "version": "8.2.0"}},
        shape=_versioned,
        page=(20, 200),
        strict="always",
        page_parameter="_getpages",
    ),
    "smart_health_it": Family(
        statement={"software": {"name": "HAPI FHIR Server"}},
        shape=_versioned,
        page=(50, 200),
        strict="always",
        page_parameter="_getpages",
    ),
    "epic": Family(
        statement={"software": {"name": "Epic"}, "publisher": "Epic"},
        shape=_epic,
        page=(1000, 1000),
        sorts=False,
        longest_query=2048,
        outcome=_NOT_ALL,
        wants={"Observation": frozenset({"code", "category"})},
        page_parameter="sessionID",
    ),
    "oracle_health": Family(
        statement={"publisher": "Cerner", "name": "CernerCapabilityStatement"},
        shape=_oracle,
        page=(10, 50),
        sorts=False,
        strict="always",
        page_parameter="-pageContext",
        media_type="application/json+fhir",
    ),
    "athenahealth": Family(
        statement={"publisher": "athenahealth"},
        shape=_athena,
        page=(10, 100),
        sorts=False,
        wants=dict.fromkeys(
            ("Observation", "Condition", "DocumentReference", "Encounter"), frozenset({"ah-practice"})
        ),
        page_parameter="cursor",
    ),
    "medplum": Family(
        statement={"software": {"name": "Medplum"}},
        shape=_medplum,
        page=(20, 1000),
        typed_patients=True,
        page_parameter="_cursor",
    ),
    "google_healthcare": Family(
        statement={"publisher": "Google"}, page=(100, 1000), reads_forms=False, page_parameter="_page_token"
    ),
    "azure_health_data": Family(
        statement={"publisher": "Microsoft"},
        shape=_versioned,
        page=(10, 1000),
        sorts=False,
        strict="asked",
        page_parameter="ct",
    ),
}


def served(family: Family, chart: Iterable[Json]) -> Behaviour:
    """A server of the family that holds the chart."""
    store = [family.shape(resource) for resource in chart]
    pages: list[tuple[str, dict[str, str]]] = []  # what a next link stands for

    def behave(connection: Connection, request: Request) -> None:
        status, body = respond(request)
        raw(json.dumps(body).encode(), status=status, media_type=family.media_type)(connection, request)

    def respond(request: Request) -> tuple[int, Json]:
        kind, _, rest = request.path.removeprefix("/fhir/").partition("/")
        if kind == "metadata":
            return 200, {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", **family.statement}
        if rest and rest != "_search":
            found = [r for r in store if (r["resourceType"], r.get("id")) == (kind, rest)]
            return (200, found[0]) if found else (404, _outcome("not-found"))
        if len(urlsplit(request.target).query) > family.longest_query:
            return 404, _outcome("too-long")
        return searched(kind, request)

    def searched(kind: str, request: Request) -> tuple[int, Json]:
        params = request.params
        if request.method == "POST" and family.reads_forms:
            params = dict(parse_qsl(request.body.decode()))
        if rest_of_search := params.get(family.page_parameter):
            kind, params = pages[int(rest_of_search)]
        refusal = _refusal(family, kind, params, request)
        if refusal:
            return 400, _outcome(refusal)
        return 200, _page(family, store, pages, kind, params)

    return behave


def _refusal(family: Family, kind: str, params: Mapping[str, str], request: Request) -> str:
    if ("_id" if kind == "Patient" else "patient") not in params:
        return "required"
    if kind in family.wants and family.wants[kind].isdisjoint(params):
        return "required"
    is_strict = family.strict == "always" or (
        family.strict == "asked" and request.headers.get("prefer") == "handling=strict"
    )
    return "not-supported" if "_sort" in params and not family.sorts and is_strict else ""


def _page(
    family: Family,
    store: list[Json],
    pages: list[tuple[str, dict[str, str]]],
    kind: str,
    params: dict[str, str],
) -> Json:
    given, params = params, dict(params)
    if kind == "Patient":
        return bundle(*(r for r in store if (r["resourceType"], r["id"]) == (kind, params["_id"])))
    if family.typed_patients:
        params["patient"] = params["patient"].removeprefix("Patient/") if "/" in params["patient"] else "none"
    if not family.sorts:
        params.pop("_sort", None)
    default, most = family.page
    size = min(int(params.get("_count", default)), most)
    found = search(store, kind, Request("GET", f"/fhir/{kind}?{urlencode({**params, '_count': size})}", {}))
    shown = {name: value for name, value in params.items() if name != "_offset"}
    links = [{"relation": "self", "url": f"{kind}?{urlencode(shown)}"}]
    if found["link"]:
        pages.append((kind, {**given, "_offset": str(int(params.get("_offset", 0)) + size)}))
        links.append({"relation": "next", "url": f"{kind}?{family.page_parameter}={len(pages) - 1}"})
    outcomes = [{"resource": family.outcome, "search": {"mode": "outcome"}}] if family.outcome else []
    return {**found, "link": links, "entry": [*found["entry"], *outcomes]}


def _outcome(code: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}


def vendor_server(name: str, chart: Iterable[Json], **changes: Any) -> FaultyServer:
    """A server of a family, to be used as a context manager."""
    return FaultyServer(otherwise=served(replace(FAMILIES[name], **changes), chart))

"""A small honest FHIR server for tests: reads, searches by patient and code, newest first, pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhir_adapters.mapping.values import reference_to
from fhir_adapters.paging import newest_first
from tests.fakes.faulty_server import Behaviour, Connection, FaultyServer, Request, answer, bundle, status

Resource = dict[str, Any]


def honest(resources: Iterable[Resource], *, page_size: int = 1000) -> Behaviour:
    """Serves the resources as an R4 server would, with at most `page_size` entries a page."""
    store = list(resources)

    def behave(connection: Connection, request: Request) -> None:
        kind, _, identity = request.path.removeprefix("/fhir/").partition("/")
        if identity:
            found = [r for r in store if (r["resourceType"], r.get("id")) == (kind, identity)]
            (answer(found[0]) if found else status(404))(connection, request)
            return
        answer(search(store, kind, request, page_size))(connection, request)

    return behave


def search(store: Iterable[Resource], kind: str, request: Request, page_size: int = 1000) -> Resource:
    """One page of matches; the next link repeats the query with an offset."""
    params = request.params
    matches = [r for r in store if r["resourceType"] == kind and _matches(r, params)]
    if params.get("_sort", "").startswith("-"):
        matches = newest_first(matches, kind)  # type: ignore[arg-type]
    size = min(page_size, int(params.get("_count", page_size)))
    start = int(params.get("_offset", 0))
    more = start + size < len(matches)
    query = "&".join(f"{k}={v}" for k, v in params.items() if k != "_offset")
    link = f"{kind}?{query}&_offset={start + size}" if more else ""
    return bundle(*matches[start : start + size], link=link, total=len(matches))


def _matches(resource: Resource, params: dict[str, str]) -> bool:
    subject = reference_to(resource.get("subject") or resource.get("patient"))
    if subject != f"Patient/{params['patient']}":
        return False
    if "code" not in params:
        return True
    codings = resource.get("code", {}).get("coding", [])
    return bool({coding.get("code") for coding in codings} & set(params["code"].split(",")))


def fhir_server(resources: Iterable[Resource], *, page_size: int = 1000) -> FaultyServer:
    """A server of these resources, to be used as a context manager."""
    return FaultyServer(otherwise=honest(resources, page_size=page_size))

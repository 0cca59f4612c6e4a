"""How a search is put to one server: in whose words, by GET or by POST, in how many parts.

Source: FHIR R4, RESTful API, "search": `POST [base]/[type]/_search` with a form asks the same as a GET.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, quote, urlsplit

from fhir_adapters.errors import FhirRefused
from fhir_adapters.prefetch import Query
from fhir_adapters.trust import Address
from fhir_adapters.vendors.registry import Params, Vendor
from fhir_adapters.versions.detect import FhirVersion
from fhir_adapters.versions.search import as_asked

# "private": the site wants no patient in a URL, which is a log line at every proxy; never by GET then.
Posting = Literal["never", "if-long", "always", "private"]

# A limit means the newest only in a sorted answer.
_SORTED = frozenset({"_sort", "_sort:desc", "_count"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one query is put to one server.

    Attributes:
        is_sorted: Whether the server is asked to sort; else everything is asked for.
        posting: When POST `_search` is used.
    """

    version: FhirVersion
    vendor: Vendor
    is_sorted: bool
    posting: Posting


@dataclass(frozen=True, slots=True, repr=False)
class Search:
    """One search on the wire; with a form it is a POST."""

    url: str
    form: Params | None = None


def searches(query: Query, base: str, patient_id: str, wording: Wording) -> tuple[Search, ...]:
    """The searches whose answers together answer a query; almost always one.

    Raises:
        FhirRefused: The site keeps patients out of URLs, and this server family reads no forms.
    """
    vendor = wording.vendor
    if wording.posting == "private" and not vendor.takes_forms:
        raise FhirRefused("the settings keep patients out of URLs, which this server can't")
    asked = _asked(query, patient_id, wording)
    by_get = f"{base}/{asked.url(patient_id)}"
    if wording.posting in ("always", "private"):
        return (_posted(asked, base, patient_id),)
    if len(by_get) <= vendor.longest_url:
        return (Search(by_get),)
    if wording.posting == "if-long":
        return (_posted(asked, base, patient_id),)
    return tuple(Search(f"{base}/{part.url(patient_id)}") for part in _parts(asked, base, patient_id, vendor))


def patient_read(query: Query, base: str, patient_id: str, posting: Posting) -> Search:
    """The read of a Patient; as a search by id where the site keeps patients out of URLs."""
    if posting == "private":
        return Search(f"{base}/{query.resource}/_search", (("_id", patient_id),))
    return Search(f"{base}/{query.url(patient_id)}")


def next_search(url: str, base: Address, posting: Posting) -> Search:
    """Where a next link leads; by POST where the site keeps patients out of URLs.

    Args:
        url: Below the base; its query may repeat the search, patient and all.
    """
    parts = urlsplit(url)
    kind = parts.path.rstrip("/").rpartition("/")[2]
    if posting != "private" or not parts.query or not kind[:1].isupper():
        return Search(url)
    return Search(f"{base.base}/{kind}/_search", tuple(parse_qsl(parts.query, keep_blank_values=True)))


def _asked(query: Query, patient_id: str, wording: Wording) -> Query:
    asked = as_asked(wording.vendor.adapt(query), wording.version)
    params = asked.params
    if not wording.is_sorted:
        # The newest can only be told from all of them, which are then cut here.
        params = tuple(pair for pair in params if pair[0] not in _SORTED)
    if not wording.is_sorted or query.newest is None:
        params = (*params, ("_count", str(wording.vendor.page_size)))
    return replace(asked, params=(*params, *wording.vendor.patient_params(patient_id)))


def _posted(asked: Query, base: str, patient_id: str) -> Search:
    url = f"{base}/{quote(asked.path or asked.resource)}/_search"
    return Search(url, (("patient", patient_id), *asked.params))


def _parts(asked: Query, base: str, patient_id: str, vendor: Vendor) -> tuple[Query, ...]:
    """The query with its codes shared out among as many as it takes."""
    codes = dict(asked.params).get("code", "").split(",")
    if len(codes) < 2 or len(f"{base}/{asked.url(patient_id)}") <= vendor.longest_url:
        return (asked,)
    middle = len(codes) // 2
    halves = (",".join(codes[:middle]), ",".join(codes[middle:]))
    return tuple(
        part for half in halves for part in _parts(_with_codes(asked, half), base, patient_id, vendor)
    )


def _with_codes(asked: Query, codes: str) -> Query:
    return replace(
        asked, params=tuple((name, codes if name == "code" else value) for name, value in asked.params)
    )

"""How a search is put to one server: in whose words, by GET or by POST, in how many parts.

Source: FHIR R4, RESTful API, "search": `POST [base]/[type]/_search` with a form asks the same as a GET.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from fhir_adapters.errors import FhirRefused
from fhir_adapters.prefetch import Query
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
    patient = f"Patient/{patient_id}" if vendor.typed_patients else patient_id
    _check_privacy(wording)
    asked = _asked(query, patient_id, wording)
    by_get = f"{base}/{asked.url(patient)}"
    by_post = Search(f"{base}/{asked.path or asked.resource}/_search", (("patient", patient), *asked.params))
    if wording.posting in ("always", "private"):
        return (by_post,)
    if len(by_get) <= vendor.longest_url:
        return (Search(by_get),)
    if wording.posting == "if-long":
        return (by_post,)
    return tuple(Search(f"{base}/{part.url(patient)}") for part in _parts(asked, base, patient, vendor))


def patient_read(query: Query, base: str, patient_id: str, wording: Wording) -> Search:
    """The read of a Patient; as a search by id where the site keeps patients out of URLs.

    Raises:
        FhirRefused: As `searches`.
    """
    if wording.posting != "private":
        return Search(f"{base}/{query.url(patient_id)}")
    _check_privacy(wording)
    form = (("_id", patient_id), *wording.vendor.patient_params(patient_id))
    return Search(f"{base}/{query.resource}/_search", form)


def next_search(url: str, base: str, patient_id: str, posting: Posting) -> Search:
    """Where a next link leads; by POST where it repeats the patient and the site keeps those out of URLs.

    Args:
        url: Below the base.
    """
    parts = urlsplit(url)
    form = tuple(parse_qsl(parts.query, keep_blank_values=True))
    names_patient = any(patient_id in value for _, value in form)
    kind = parts.path.rstrip("/").removesuffix("/_search").rpartition("/")[2]
    if posting != "private" or not names_patient or not kind[:1].isupper():
        return Search(url)
    return Search(f"{base}/{kind}/_search", form)


def _check_privacy(wording: Wording) -> None:
    if wording.posting == "private" and not wording.vendor.takes_forms:
        raise FhirRefused("the settings keep patients out of URLs, which this server can't")


def _asked(query: Query, patient_id: str, wording: Wording) -> Query:
    asked = as_asked(wording.vendor.adapt(query), wording.version)
    params = asked.params
    if not wording.is_sorted:
        # The newest can only be told from all of them, which are then cut here.
        params = tuple(pair for pair in params if pair[0] not in _SORTED)
    if not wording.is_sorted or query.newest is None:
        params = (*params, ("_count", str(wording.vendor.page_size)))
    return replace(asked, params=(*params, *wording.vendor.patient_params(patient_id)))


def _parts(asked: Query, base: str, patient: str, vendor: Vendor) -> tuple[Query, ...]:
    """The query with its codes shared out among as many as it takes."""
    codes = dict(asked.params).get("code", "").split(",")
    if len(codes) < 2 or len(f"{base}/{asked.url(patient)}") <= vendor.longest_url:
        return (asked,)
    middle = len(codes) // 2
    halves = (",".join(codes[:middle]), ",".join(codes[middle:]))
    return tuple(part for half in halves for part in _parts(_with_codes(asked, half), base, patient, vendor))


def _with_codes(asked: Query, codes: str) -> Query:
    return replace(
        asked, params=tuple((name, codes if name == "code" else value) for name, value in asked.params)
    )

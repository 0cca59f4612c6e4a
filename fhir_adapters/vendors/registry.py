"""Server families: one file per vendor says what its servers want differently.

A vendor file decorates a function that adapts a Query; the file's other facts stand beside it. The
generic R4 vendor answers for every server that no other vendor claims.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.metadata import entry_points
from types import MappingProxyType

import fhir_adapters.vendors
from fhir_adapters.capability import Capability
from fhir_adapters.errors import UntrustedServer
from fhir_adapters.prefetch import Query
from fhir_adapters.trust import parse_address

ENTRY_POINT_GROUP = "cuecard.vendors"
GENERIC = "generic_r4"

Params = tuple[tuple[str, str], ...]

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
# What a gateway or a proxy of common make still takes; Tomcat and nginx end at 8 KiB for the whole head.
_LONGEST_URL = 6000


class VendorError(RuntimeError):
    """A vendor file can't be used; the text names the vendor."""


def _never(_: object) -> bool:
    return False


def _nothing(_: str) -> Params:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """What is known about one server family.

    Attributes:
        name: Also the name that settings may give.
        claims: True for the base URLs of this family.
        states: True for the CapabilityStatements of this family, where the base URL does not tell.
        page_size: `_count` of a search that wants everything; fewer pages are fewer waits.
        adapt: The query as this family understands it; it must ask for the same data.
        sorts: Whether `_sort` is understood. Where it is not, everything is read and cut here.
        longest_url: Characters; a longer search goes as POST `_search`, or in several parts.
        takes_forms: Whether POST `_search` reads its parameters from the form.
        typed_patients: Whether `patient` must be `Patient/<id>`; a bare id finds nothing then.
        headers: Sent with each search and read, beside what the site's settings add.
        patient_params: Search parameters that every search of a patient needs, by the patient's id.
        basic_headers: Names of headers that the site's settings must add for Basic authentication.
    """

    name: str
    claims: Callable[[str], bool]
    page_size: int
    adapt: Callable[[Query], Query]
    states: Callable[[Capability], bool] = _never
    sorts: bool = True
    longest_url: int = _LONGEST_URL
    takes_forms: bool = True
    typed_patients: bool = False
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    patient_params: Callable[[str], Params] = _nothing
    basic_headers: tuple[str, ...] = ()


_vendors: dict[str, Vendor] = {}


def fhir_vendor(
    name: str,
    *,
    claims: Callable[[str], bool],
    page_size: int,
    states: Callable[[Capability], bool] = _never,
    sorts: bool = True,
    longest_url: int = _LONGEST_URL,
    takes_forms: bool = True,
    typed_patients: bool = False,
    headers: Mapping[str, str] = _NO_HEADERS,
    patient_params: Callable[[str], Params] = _nothing,
    basic_headers: tuple[str, ...] = (),
) -> Callable[[Callable[[Query], Query]], Callable[[Query], Query]]:
    """Registers the decorated function as the query adapter of a server family; see `Vendor`.

    Raises:
        VendorError: The name is taken.
    """

    def register(adapt: Callable[[Query], Query]) -> Callable[[Query], Query]:
        if name in _vendors:
            raise VendorError(f"vendor '{name}' is defined twice, again in {adapt.__module__}")
        _vendors[name] = Vendor(
            name=name,
            claims=claims,
            page_size=page_size,
            adapt=adapt,
            states=states,
            sorts=sorts,
            longest_url=longest_url,
            takes_forms=takes_forms,
            typed_patients=typed_patients,
            headers=MappingProxyType(dict(headers)),
            patient_params=patient_params,
            basic_headers=basic_headers,
        )
        return adapt

    return register


def on_host(*domains: str) -> Callable[[str], bool]:
    """A `claims` for base URLs whose host is one of the domains or lies below one."""

    def claims(server: str) -> bool:
        host = _host_of(server)
        return any(host == domain or host.endswith(f".{domain}") for domain in domains)

    return claims


@lru_cache(maxsize=256)
def _host_of(server: str) -> str:
    """The host of a base URL; "" when it is none. Every family asks, for every request."""
    try:
        return parse_address(server).host
    except UntrustedServer:
        return ""


@cache
def load_vendors() -> dict[str, Vendor]:
    """All vendors of this package and of installed packages, by name."""
    for module in pkgutil.iter_modules(fhir_adapters.vendors.__path__):
        importlib.import_module(f"{fhir_adapters.vendors.__name__}.{module.name}")
    for point in entry_points(group=ENTRY_POINT_GROUP):
        point.load()
    return _vendors


def vendor_of(server: str, *, named: str = "", capability: Capability | None = None) -> Vendor:
    """The vendor of a server: the one that settings name, else that claims its base URL, else that
    recognises its CapabilityStatement, else the generic one.

    Args:
        server: FHIR base URL.
        named: Name of a vendor; "" when the settings name none.
        capability: None while the server has not been asked.

    Raises:
        VendorError: No vendor has that name.
    """
    vendors = load_vendors()
    if named:
        if named not in vendors:
            raise VendorError(f"there is no vendor '{named}'; known are {', '.join(sorted(vendors))}")
        return vendors[named]
    others = [vendor for vendor in vendors.values() if vendor.name != GENERIC]
    by_address = (vendor for vendor in others if vendor.claims(server))
    by_statement = (vendor for vendor in others if capability is not None and vendor.states(capability))
    return next(by_address, None) or next(by_statement, None) or vendors[GENERIC]

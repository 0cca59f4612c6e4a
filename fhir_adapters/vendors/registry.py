"""Server families: one file per vendor says what its servers want differently.

A vendor file decorates a function that adapts a Query; the file's other facts stand beside it. The
generic R4 vendor answers for every server that no other vendor claims.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

import fhir_adapters.vendors
from fhir_adapters.prefetch import Query

ENTRY_POINT_GROUP = "cuecard.vendors"
GENERIC = "generic_r4"


class VendorError(RuntimeError):
    """A vendor file can't be used; the text names the vendor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """What is known about one server family.

    Attributes:
        name: Also the name that settings may give.
        claims: True for the base URLs of this family.
        page_size: `_count` of a search that wants everything; fewer pages are fewer waits.
        adapt: The query as this family understands it; it must ask for the same data.
    """

    name: str
    claims: Callable[[str], bool]
    page_size: int
    adapt: Callable[[Query], Query]


_vendors: dict[str, Vendor] = {}


def fhir_vendor(
    name: str, *, claims: Callable[[str], bool], page_size: int
) -> Callable[[Callable[[Query], Query]], Callable[[Query], Query]]:
    """Registers the decorated function as the query adapter of a server family.

    Raises:
        VendorError: The name is taken.
    """

    def register(adapt: Callable[[Query], Query]) -> Callable[[Query], Query]:
        if name in _vendors:
            raise VendorError(f"vendor '{name}' is defined twice, again in {adapt.__module__}")
        _vendors[name] = Vendor(name=name, claims=claims, page_size=page_size, adapt=adapt)
        return adapt

    return register


@cache
def load_vendors() -> dict[str, Vendor]:
    """All vendors of this package and of installed packages, by name."""
    for module in pkgutil.iter_modules(fhir_adapters.vendors.__path__):
        importlib.import_module(f"{fhir_adapters.vendors.__name__}.{module.name}")
    for point in entry_points(group=ENTRY_POINT_GROUP):
        point.load()
    return _vendors


def vendor_of(server: str) -> Vendor:
    """The vendor that claims a base URL, else the generic one."""
    vendors = load_vendors()
    claiming = (vendor for vendor in vendors.values() if vendor.name != GENERIC and vendor.claims(server))
    return next(claiming, vendors[GENERIC])

"""What this process has learned of FHIR servers: version, vendor, what they lack or give only in one wording.

Nothing of a patient or a token is in it. It is forgotten after an hour, as servers are upgraded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fhir_adapters.capability import Capability
from fhir_adapters.versions.detect import FhirVersion
from fhir_adapters.wording import Posting

KEPT_S = 3600.0


@dataclass(slots=True)
class _Known:
    until: float
    capability: Capability | None = None
    posting: Posting | None = None
    unsorted: set[str] = field(default_factory=set)
    without: set[str] = field(default_factory=set)


class KnownServers:
    """Shared by all calls of a process; each step is one operation on a dictionary, so it needs no lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def version(self, base: str) -> FhirVersion:
        """The version of a server; R4 until it is known to be another."""
        stated = self.capability(base)
        return (stated.version if stated else None) or "R4"

    def capability(self, base: str) -> Capability | None:
        """What the server says of itself, an empty one where it says nothing; None when it was not asked."""
        found = self._get(base)
        return found.capability if found else None

    def sorts(self, base: str, resource: str) -> bool:
        """False when the server refused a sorted search of the resource type and answered one without."""
        found = self._get(base)
        return found is None or resource not in found.unsorted

    def posting(self, base: str) -> Posting | None:
        """When the server is searched by POST; None when nothing speaks for or against it."""
        found = self._get(base)
        return found.posting if found else None

    def learn_capability(self, base: str, capability: Capability) -> None:
        """Keeps what a server says of itself."""
        self._made(base).capability = capability

    def learn_unsorted(self, base: str, resource: str) -> None:
        """Keeps that a search of the resource type has to go without a sort."""
        self._made(base).unsorted.add(resource)

    def learn_posting(self, base: str, posting: Posting) -> None:
        """Keeps by which method the server answers a search that it refused by the other one."""
        self._made(base).posting = posting

    def holds(self, base: str, resource: str) -> bool:
        """False when the server refused every search of the resource type."""
        found = self._get(base)
        return found is None or resource not in found.without

    def learn_without(self, base: str, resource: str) -> None:
        """Keeps that the server does not know the resource type."""
        self._made(base).without.add(resource)

    def _get(self, base: str) -> _Known | None:
        found = self._known.get(base)
        return found if found is not None and found.until > self._clock() else None

    def _made(self, base: str) -> _Known:
        found = self._get(base)
        if found is None:
            found = self._known[base] = _Known(self._clock() + KEPT_S)
        return found

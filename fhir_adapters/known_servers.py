"""What this process has learned of FHIR servers: their version, and what they only answer unsorted.

Nothing of a patient or a token is in it. It is forgotten after an hour, as servers are upgraded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fhir_adapters.versions.detect import FhirVersion

KEPT_S = 3600.0


@dataclass(slots=True)
class _Known:
    until: float
    version: FhirVersion | None = None
    unsorted: set[str] = field(default_factory=set)


class KnownServers:
    """Shared by all calls of a process; each step is one operation on a dictionary, so it needs no lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def version(self, base: str) -> FhirVersion:
        """The version of a server; R4 until it is known to be another."""
        found = self._get(base)
        return (found.version if found else None) or "R4"

    def has_version(self, base: str) -> bool:
        """True when the server has been asked for its version."""
        found = self._get(base)
        return found is not None and found.version is not None

    def sorts(self, base: str, resource: str) -> bool:
        """False when the server refused a sorted search of the resource type and answered one without."""
        found = self._get(base)
        return found is None or resource not in found.unsorted

    def learn_version(self, base: str, version: FhirVersion) -> None:
        """Keeps the version of a server."""
        self._made(base).version = version

    def learn_unsorted(self, base: str, resource: str) -> None:
        """Keeps that a search of the resource type has to go without a sort."""
        self._made(base).unsorted.add(resource)

    def _get(self, base: str) -> _Known | None:
        found = self._known.get(base)
        return found if found is not None and found.until > self._clock() else None

    def _made(self, base: str) -> _Known:
        found = self._get(base)
        if found is None:
            found = self._known[base] = _Known(self._clock() + KEPT_S)
        return found

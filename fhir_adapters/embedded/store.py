"""The resources of the embedded server, in memory, found by id and by patient."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import orjson

from fhir_adapters.embedded.indexing import IndexValue, index_of, patient_of
from fhir_adapters.embedded.reply import Resource


class Stored:
    """One version of one resource; never changed after it is made."""

    __slots__ = ("_index", "body", "patient_id", "resource_id", "resource_type", "updated", "version")

    def __init__(self, resource: Resource, version: int, updated: datetime) -> None:
        self.resource_type: str = resource["resourceType"]
        self.resource_id: str = resource["id"]
        self.version = version
        self.updated = updated
        stamp = {"versionId": str(version), "lastUpdated": updated.isoformat(timespec="milliseconds")}
        meta = resource.get("meta")
        resource = {**resource, "meta": {**meta, **stamp} if isinstance(meta, dict) else stamp}
        self.body = orjson.dumps(resource)
        self.patient_id = self.resource_id if self.resource_type == "Patient" else patient_of(resource)
        self._index: dict[str, IndexValue] | None = None

    @property
    def resource(self) -> Resource:
        """A fresh copy of the content."""
        content: Resource = orjson.loads(self.body)
        return content

    @property
    def index(self) -> dict[str, IndexValue]:
        """The search values, worked out when first asked for: most resources are never searched."""
        if self._index is None:
            self._index = index_of(self.resource)
        return self._index

    @property
    def etag(self) -> str:
        """The version as a weak entity tag."""
        return f'W/"{self.version}"'


class Store:
    """Current versions by type and id, with the ids of each patient's resources beside them.

    One lock guards everything; whoever needs several steps to be one takes `exclusively`.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._by_type: dict[str, dict[str, Stored]] = {}
        self._of_patient: dict[tuple[str, str], dict[str, Stored]] = {}
        self._last_version: dict[tuple[str, str], int] = {}

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keeps other threads out of the store for the length of a block."""
        with self._lock:
            yield

    def get(self, resource_type: str, resource_id: str) -> Stored | None:
        """The current version, or None when there is none (never was, or deleted)."""
        with self._lock:
            return self._by_type.get(resource_type, {}).get(resource_id)

    def was_deleted(self, resource_type: str, resource_id: str) -> bool:
        """True when the resource existed once and does not now."""
        with self._lock:
            return (resource_type, resource_id) in self._last_version and not self.get(
                resource_type, resource_id
            )

    def put(self, resource: Resource, updated: datetime) -> Stored:
        """Stores the next version of a resource that has its type and id."""
        with self._lock:
            key = (resource["resourceType"], resource["id"])
            self._forget(*key)
            version = self._last_version.get(key, 0) + 1
            stored = Stored(resource, version, updated)
            self._last_version[key] = version
            self._by_type.setdefault(stored.resource_type, {})[stored.resource_id] = stored
            if stored.patient_id:
                owned = self._of_patient.setdefault((stored.resource_type, stored.patient_id), {})
                owned[stored.resource_id] = stored
            return stored

    def delete(self, resource_type: str, resource_id: str) -> bool:
        """Removes a resource; False when there was none."""
        with self._lock:
            return self._forget(resource_type, resource_id)

    def _forget(self, resource_type: str, resource_id: str) -> bool:
        stored = self._by_type.get(resource_type, {}).pop(resource_id, None)
        if stored is None:
            return False
        self._of_patient.get((resource_type, stored.patient_id), {}).pop(resource_id, None)
        return True

    def candidates(
        self, resource_type: str, ids: Iterable[str] | None, patients: Iterable[str] | None
    ) -> list[Stored]:
        """The resources that a search has to look at.

        Args:
            resource_type: FHIR resource type.
            ids: Only these ids, when given.
            patients: Only resources about these patients, when given.
        """
        with self._lock:
            if ids is not None:
                of_type = self._by_type.get(resource_type, {})
                return [of_type[resource_id] for resource_id in ids if resource_id in of_type]
            if patients is not None:
                groups = (self._of_patient.get((resource_type, patient), {}) for patient in patients)
                return [stored for group in groups for stored in group.values()]
            return list(self._by_type.get(resource_type, {}).values())

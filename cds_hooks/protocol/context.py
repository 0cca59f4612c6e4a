"""The context of a hook call, checked against the table of hooks and typed.

Source: CDS Hooks 2.0.1, "Calling a CDS Service", and the pages of the CDS Hooks library. Fields that the
table does not have are ignored, as later versions of a hook add some.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cds_hooks.errors import BadRequest
from cds_hooks.protocol.fields import (
    JsonObject,
    array_of,
    id_of,
    object_of,
    reference_of,
    text_of,
)
from cds_hooks.protocol.hooks import ContextField, Hook
from fhir_adapters.bundles import resources_of

MOST_ENTRIES = 500  # more orders, references or tasks than anybody signs at once
# The fields that hold orders which are being written, signed, refilled or verified.
_ORDERS = ("draftOrders", "medications", "medication")


@dataclass(frozen=True, kw_only=True, repr=False)
class HookContext:
    """What a call is about; every hook names the patient.

    Attributes:
        patient_id: Bare id of the patient.
        user_id: `Type/id` of the user; "" for a hook that has none.
        encounter_id: Bare id of the encounter; "" when there is none.
        references: By field, `Type/id` of what it names ("selections", "dispatchedOrders", "performer").
        resources: By field, the FHIR resources that it holds; references within a Bundle are `Type/id`.
    """

    patient_id: str
    user_id: str = ""
    encounter_id: str = ""
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resources: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict)

    @cached_property
    def orders(self) -> tuple[JsonObject, ...]:
        """The orders of the call with what travels beside them; they need not exist on the FHIR server."""
        return tuple(resource for name in _ORDERS for resource in self.resources.get(name, ()))

    @property
    def selections(self) -> tuple[str, ...]:
        """`Type/id` of the orders that the user selected; empty when the hook knows no selection."""
        return self.references.get("selections", ())

    def __repr__(self) -> str:
        return "HookContext()"


def parse_context(hook: Hook, context: JsonObject) -> HookContext:
    """Reads the context of a call.

    Raises:
        BadRequest: A field is missing or malformed; the error names it and never repeats its value.
    """
    texts: dict[str, str] = {}
    references: dict[str, tuple[str, ...]] = {}
    resources: dict[str, tuple[JsonObject, ...]] = {}
    for row in hook.fields:
        name, value = _value(row, context)
        if value is None:
            if row.required:
                raise BadRequest(f"context.{row.name}", "is required", issue="required")
            continue
        path = f"context.{name}"
        if row.kind == "id":
            texts[row.name] = id_of(text_of(value, path), path)
        elif row.kind in ("reference", "references"):
            references[row.name] = tuple(_references(row, value, path))
        else:
            resources[row.name] = tuple(_resources(row, value, path))
    user = references.pop("userId", ("",))[0]
    return HookContext(
        patient_id=texts["patientId"],
        user_id=user,
        encounter_id=texts.get("encounterId", ""),
        references=references,
        resources=resources,
    )


def _value(row: ContextField, context: JsonObject) -> tuple[str, Any]:
    """The name under which a field was sent, and its value; None when it was not."""
    for name in (row.name, *row.also):
        if context.get(name) is not None:
            return name, context[name]
    return row.name, None


def _references(row: ContextField, value: Any, path: str) -> Iterator[str]:
    if row.kind == "reference" or isinstance(value, str):
        yield reference_of(text_of(value, path), path, row.types)
        return
    listed = array_of(value, path, longest=MOST_ENTRIES)
    if not listed:
        raise BadRequest(path, "must have at least one entry", issue="required")
    for index, item in enumerate(listed):
        place = f"{path}[{index}]"
        yield reference_of(text_of(item, place), place, row.types)


def _resources(row: ContextField, value: Any, path: str) -> Iterator[JsonObject]:
    """The resources of a field, each of an allowed type; a Bundle has nothing but entries with resources."""
    if row.kind == "array":
        # Clients of the first version of order-dispatch send a single Task.
        listed = [value] if isinstance(value, dict) else array_of(value, path, longest=MOST_ENTRIES)
        for index, item in enumerate(listed):
            yield _typed(row, object_of(item, f"{path}[{index}]"), f"{path}[{index}]")
        return
    held = object_of(value, path)
    if "resourceType" not in held and "resource" in held:
        path = f"{path}.resource"
        held = object_of(held["resource"], path)
    if held.get("resourceType") != "Bundle":
        yield _typed(row, held, path)
        return
    _check_entries(row, held, path)
    yield from resources_of(held)


def _check_entries(row: ContextField, bundle: JsonObject, path: str) -> None:
    # An entry that can't be read may be the one order that matters: it is refused, not passed over.
    entries = bundle.get("entry")
    listed = array_of([] if entries is None else entries, f"{path}.entry", longest=MOST_ENTRIES)
    for index, item in enumerate(listed):
        place = f"{path}.entry[{index}]"
        resource = object_of(item, place).get("resource")
        if resource is None:
            raise BadRequest(f"{place}.resource", "is required", issue="required")
        _typed(row, object_of(resource, f"{place}.resource"), f"{place}.resource")


def _typed(row: ContextField, resource: JsonObject, path: str) -> JsonObject:
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not kind:
        raise BadRequest(f"{path}.resourceType", "is required", issue="required")
    if row.types and kind not in row.types:
        raise BadRequest(path, f"must be a {' or a '.join(row.types)}", issue="value")
    return resource

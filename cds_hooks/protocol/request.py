"""The hook call: what the EHR sends, checked field by field and typed.

Source: CDS Hooks 2.0.1, "Calling a CDS Service". Unknown fields are ignored, as later versions of a
hook add some; nothing that is missing is ever made up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cds_hooks.errors import BadRequest
from cds_hooks.protocol.context import HookContext, parse_context
from cds_hooks.protocol.fields import (
    JsonObject,
    object_of,
    required_object,
    required_text,
    required_uuid,
    text_of,
)
from cds_hooks.protocol.hooks import HOOKS
from fhir_adapters.authorization import FhirAuthorization
from fhir_adapters.errors import UntrustedServer
from fhir_adapters.trust import parse_address


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HookCall:
    """One invocation of a service.

    Attributes:
        hook: Name of the hook, e.g. "patient-view".
        hook_instance: UUID of this invocation, in lower case.
        context: The hook's own context; always names the patient.
        fhir_server: Base URL of the EHR's FHIR server; None when none was given.
        authorization: How to read from that server; None when it needs no token.
        prefetch: Advertised keys only. None as a value is the client's word that there are no data; an
            absent key is one that the client did not fetch.
    """

    hook: str
    hook_instance: str
    context: HookContext
    fhir_server: str | None = None
    authorization: FhirAuthorization | None = None
    prefetch: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"HookCall({self.hook}, {self.hook_instance})"


def hook_of(body: JsonObject) -> str:
    """The name of the hook that a call says it is. Raises BadRequest when it has none."""
    return required_text(body, "hook", "hook")


def parse_call(body: JsonObject, *, prefetch_keys: Collection[str], allow_loopback: bool) -> HookCall:
    """Checks the body of a call and types it.

    Args:
        body: The JSON object that was posted.
        prefetch_keys: The keys that the service advertised; others are dropped unread.
        allow_loopback: Whether a FHIR server on this machine may be named, over http too.

    Raises:
        BadRequest: A field is missing or malformed; the error names it and never repeats its value.
        BadAuthorization: The same, within fhirAuthorization.
    """
    hook = HOOKS.get(hook_of(body))
    if hook is None:
        raise BadRequest("hook", "is not a hook that this service answers", issue="value")
    fhir_server = _fhir_server(body, allow_loopback)
    return HookCall(
        hook=hook.name,
        hook_instance=required_uuid(body, "hookInstance", "hookInstance"),
        context=parse_context(hook, required_object(body, "context", "context")),
        fhir_server=fhir_server,
        authorization=_authorization(body, fhir_server),
        prefetch=_prefetch(body, prefetch_keys),
    )


def _fhir_server(body: JsonObject, allow_loopback: bool) -> str | None:
    value = body.get("fhirServer")
    if value is None:
        return None
    try:
        address = parse_address(text_of(value, "fhirServer"))
    except UntrustedServer:
        raise BadRequest("fhirServer", "must be a plain absolute https URL", issue="value") from None
    if address.scheme != "https" and not (allow_loopback and address.is_loopback):
        raise BadRequest("fhirServer", "must use https", issue="value")
    if "?" in value:
        raise BadRequest("fhirServer", "must have no query", issue="value")
    return address.base


def _authorization(body: JsonObject, fhir_server: str | None) -> FhirAuthorization | None:
    value = body.get("fhirAuthorization")
    if value is None:
        return None
    if fhir_server is None:
        raise BadRequest("fhirServer", "is required with fhirAuthorization", issue="required")
    return FhirAuthorization.parse(object_of(value, "fhirAuthorization"))


def _prefetch(body: JsonObject, keys: Collection[str]) -> Mapping[str, Any]:
    value = body.get("prefetch")
    if value is None:
        return {}
    given = object_of(value, "prefetch")
    return {key: given[key] for key in keys if key in given}

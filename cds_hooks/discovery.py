"""Discovery: what this service offers, derived from what its models need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cds_hooks.services.registry import BoundService
from fhir_adapters.prefetch import templates

# The version of the specification, not of the service; recommended since CDS Hooks 3.0.
SPECIFICATION_VERSION = "2.0.1"
ON_REQUEST = "org.cuecard.on-request"


def discovery_json(services: Iterable[BoundService]) -> dict[str, Any]:
    """The body of `GET /cds-services`; without services it is `{"services": []}`."""
    return {"services": [_service_json(service) for service in services]}


def _service_json(service: BoundService) -> dict[str, Any]:
    declared = service.declared
    members = {
        "hook": declared.hook,
        "id": declared.id,
        "title": declared.title,
        "description": declared.description,
        "prefetch": templates(service.queries),
        "usageRequirements": declared.usage_requirements,
        "version": SPECIFICATION_VERSION,
        # The specification has no hook for "when asked"; a client that knows this word asks on a click.
        "extension": {ON_REQUEST: True} if declared.form == "summary" else None,
    }
    return {name: value for name, value in members.items() if value}

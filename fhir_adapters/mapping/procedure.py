"""Procedure -> Procedure."""

from __future__ import annotations

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import unreadable
from fhir_adapters.mapping.values import Json, concept, period
from fhir_adapters.record import Procedure


def map_procedure(resource: Json, source: str, chart: ChartContext) -> Procedure | None:
    """Reads a procedure that was completed; None for any other.

    Raises:
        SetAsideError: It has no status or no code, or is dated after now.
    """
    status = resource.get("status")
    if not isinstance(status, str):
        raise unreadable("has no status")
    if status != "completed":
        return None
    what = concept(resource.get("code"))
    if not what.label:
        raise unreadable("has neither code nor text")
    performed = resource.get("performedDateTime") or period(resource.get("performedPeriod"))[0]
    return Procedure(source=source, concept=what, at=chart.past(performed))

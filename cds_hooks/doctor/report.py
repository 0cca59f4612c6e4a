"""What an examination found; counts and reasons only, nothing of what a chart says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cds_hooks.data_quality import QualityEntry
from fhir_adapters.capability import Capability

Support = Literal["yes", "no", "not stated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReport:
    """One query that the models need.

    Attributes:
        resource: FHIR resource type.
        supported: Whether the server says that it can be searched by patient (Observations also by code).
        found: Resources that came; None when nothing was asked because no patient was named.
        coverage: How much of it came: "complete", "partial", "unavailable"; "" as `found`.
        milliseconds: Until the last page was there; None as `found`, or when nothing was sent.
        reason: Why it is not complete; "" when it is.
    """

    resource: str
    supported: Support
    found: int | None = None
    coverage: str = ""
    milliseconds: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReport:
    """What the chart is enough for.

    Attributes:
        outcome: "finding", "nothing to say", or "no answer" with its reason.
        cause: Of no answer; see `models.finding.AbstentionCause`.
        missing: Inputs that would have been needed, in clinical words.
    """

    name: str
    outcome: Literal["finding", "nothing to say", "no answer"]
    cause: str = ""
    reason: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole examination.

    Attributes:
        server: Base URL.
        vendor: Server family whose quirks are known here, "generic_r4" for none.
        is_vendor_hidden: True when only the CapabilityStatement tells the vendor. Settings should name it,
            since a call asks for that statement only when a query is refused.
        milliseconds: Until the CapabilityStatement was there; None when it never was.
        capability: None when it could not be had; `trouble` then says why.
        trouble: What keeps this server from being used; "" when nothing does.
        remark: What else should be known; "" when nothing.
        searches, quality, models: Empty of the parts that need a patient when none was named.
    """

    server: str
    vendor: str
    is_vendor_hidden: bool = False
    milliseconds: float | None = None
    capability: Capability | None = None
    trouble: str = ""
    remark: str = ""
    searches: tuple[SearchReport, ...] = ()
    quality: tuple[QualityEntry, ...] = ()
    models: tuple[ModelReport, ...] = field(default=())

    @property
    def is_healthy(self) -> bool:
        """True when nothing stands in the way and every query was answered in full."""
        return not self.trouble and not any(search.reason for search in self.searches)

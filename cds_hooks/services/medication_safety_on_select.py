"""medication-safety while orders are chosen: the same checks, of the orders that are selected."""

from __future__ import annotations

from dataclasses import replace

from cds_hooks.services.medication_safety import SERVICE as ON_SIGNING

SERVICE = replace(ON_SIGNING, hook="order-select")

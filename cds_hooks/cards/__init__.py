"""Cards: what a clinician sees of the findings."""

from cds_hooks.cards.alert_policy import AlertPolicy, Decline
from cds_hooks.cards.builder import BuiltCard, build_cards
from cds_hooks.cards.orders import warm
from cds_hooks.cards.override_reasons import OVERRIDE_REASONS

__all__ = ["OVERRIDE_REASONS", "AlertPolicy", "BuiltCard", "Decline", "build_cards", "warm"]

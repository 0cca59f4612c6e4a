"""What became of the cards: shown, accepted, overridden and why, from the ledger."""

from cds_hooks.usage.counts import Tally, Usage, UsageRow, usage_of

__all__ = ["Tally", "Usage", "UsageRow", "usage_of"]

"""Assertion: whether a mention is so, when, and whose it is."""

from models.notes.assertion.assertor import assert_spans
from models.notes.assertion.lifelong import holds_now, lasting

__all__ = ["assert_spans", "holds_now", "lasting"]

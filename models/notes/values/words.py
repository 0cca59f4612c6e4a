"""Sets of words, written as plain text."""

from __future__ import annotations


def words(*texts: str) -> frozenset[str]:
    """The words of texts, separated by blanks or line ends."""
    return frozenset(word for text in texts for word in text.split())

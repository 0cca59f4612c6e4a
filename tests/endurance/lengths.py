"""How long the tests marked `long` run: in full with CUECARD_TEST_LONG=1, else for a moment each."""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")
IN_FULL = os.environ.get("CUECARD_TEST_LONG") == "1"


def length(*, full: T, short: T) -> T:
    """The length of one test."""
    return full if IN_FULL else short

"""Checks in which a deadline has to pass while something else is done before it, on machines of any speed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

# Seconds for what nothing keeps waiting: only a test that fails needs them.
AMPLE_S: Final = 30.0


def with_more_time(check: Callable[[float], object], *seconds: float) -> None:
    """Makes a check with a short deadline, and when it fails again with each longer one.

    A fault makes it fail with every deadline; a machine that was too slow for the first does not.

    Args:
        check: Is given the deadline in seconds, and raises when something is wrong.
        seconds: The deadlines, the shortest first; what the last one gives is the result.
    """
    for each in seconds[:-1]:
        with suppress(Exception):
            check(each)
            return
    check(seconds[-1])

"""Whether a process takes on one more call: what can wait, and in an overload what can be answered at once.

As long as nobody has to be refused, calls wait for their turn. When some must be, waiting serves nobody: as
many are refused anyway, and those that are accepted only get slower. So the more calls were refused of late,
the fewer may be in work at a time; at several times what a process can do it is one, which then takes about
as long as on an idle process. In a loss system with one place the refused are to the admitted as the offered
load is to the capacity (Erlang 1917), so the count tells the load without measuring it, and the limit rises
again by itself.
"""

from __future__ import annotations

import math

# How long what happened counts, in seconds, and how strongly refusals narrow the way in.
_MEMORY_S = 1.0
_NARROWING = 4.0
# What is left of a single refusal after three seconds.
_FEW = 0.05


class Admission:
    """Decides for one process; its main loop is the only caller.

    Args:
        most: Calls in hand at a time, in work, waiting for a thread, or waiting for others.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._at = 0.0
        self._admitted = self._refused = 0.0

    def admits(self, now: float, in_hand: int, elsewhere: int) -> bool:
        """Counts one more call and says whether it is taken on.

        Args:
            now: Seconds, monotonic.
            in_hand: Calls in hand already.
            elsewhere: How many of these wait for a FHIR server or for their client, and take no processor.
        """
        self._fade(now)
        admitted = in_hand < self._most and in_hand - elsewhere < self.limit
        if admitted:
            self._admitted += 1
        else:
            self._refused += 1
        return admitted

    def is_refusing(self, now: float) -> bool:
        """True when calls had to be refused of late."""
        self._fade(now)
        return self._refused > _FEW

    def _fade(self, now: float) -> None:
        fading = math.exp(-max(0.0, now - self._at) / _MEMORY_S)
        self._at = now
        self._admitted *= fading
        self._refused *= fading

    @property
    def limit(self) -> int:
        """Calls that may take the processor at a time, of those that are to be taken on now."""
        # One call more than were admitted: after a silence a single refusal must not weigh like a flood.
        overload = self._refused / (self._admitted + 1)
        return max(1, round(self._most / (1 + _NARROWING * overload)))

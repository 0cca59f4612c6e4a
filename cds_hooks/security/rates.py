"""How often one client may call: a token bucket for each."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

# Clients that are remembered; of more than these, the one that was silent for longest starts anew.
_MOST_CLIENTS = 10_000


class RateLimiter(Protocol):
    """Counts the requests of clients; an implementation may share its counts between processes."""

    def wait_s(self, client: str) -> float:
        """Counts a request of a client; 0 when it may go on, else after how many seconds one may."""


class TokenBuckets:
    """Counts in this process only: with several workers, each grants the rate.

    A bucket holds at most `burst` tokens and gains `per_s` a second; a request takes one.

    Args:
        per_s: Requests a second that a client may keep up.
        burst: Requests that it may send at once after a pause.
        clock: Seconds, monotonic.
    """

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when they were

    def wait_s(self, client: str) -> float:
        """Takes a token of the client's bucket; 0 when there was one, else the seconds until there is."""
        with self._lock:
            now = self._clock()
            tokens, since = self._buckets.pop(client, (float(self._burst), now))
            tokens = min(self._burst, tokens + (now - since) * self._per_s)
            granted = tokens >= 1
            self._buckets[client] = (tokens - 1 if granted else tokens, now)
            if len(self._buckets) > _MOST_CLIENTS:
                self._buckets.popitem(last=False)
        return 0.0 if granted else (1 - tokens) / self._per_s

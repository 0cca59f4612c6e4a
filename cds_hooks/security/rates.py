"""How often one client may call: a token bucket for each, shared by all processes on one ledger.

A process takes a few tokens of the ledger's bucket at a time, as a lease, and grants requests from it, so
most requests of a busy client write nothing. A lease grows while its tokens are used up in a short time, and
what is left of it after that time goes back: a client that calls seldom never holds tokens in many processes.
"""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from cds_hooks.ledger import Ledger
from cds_hooks.ledger.rates import Bucket, LeaseRequest

# Clients whose leases a process remembers; of more than these, the one that was silent for longest loses its.
_MOST_CLIENTS = 10_000
# A lease is at most this share of the burst, and not more: beyond it, writing less often saves nothing.
_LEASE_SHARE, _LARGEST_LEASE = 1 / 20, 64
# Time in which a lease is to be used.
_LEASE_NS = 5_000_000_000
# After a refusal a process asks the ledger again when this time has brought tokens, or one has come.
_PAUSE_S = 0.1
# One customer or host is given at least a /64 (RFC 6177) and takes any address of it (RFC 8981).
_IPV6_PREFIX = 64
# As some proxies forward an address: with the port of the connection.
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](:\d+)?|(?P<v4>[^:]+):\d+")


def counted_address(address: str | None) -> str:
    """What stands for an address where requests are counted: for IPv6 its /64, so that no host has many.

    An IPv4-mapped address is the IPv4 address; a port is left off.

    Args:
        address: As the connection or a proxy gives it; one that can't be read is counted as it is.
    """
    text = (address or "").strip()
    parts = _WITH_PORT.fullmatch(text)
    try:
        read = ipaddress.ip_address((parts["v6"] or parts["v4"]) if parts else text)
    except ValueError:
        return text
    if isinstance(read, ipaddress.IPv4Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(read), _IPV6_PREFIX), strict=False))


@dataclass(slots=True)
class _Held:
    """What this process holds for a client; `lock` is held while it asks the ledger."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    want: int = 0  # tokens that the last lease was to have
    left: int = 0
    until: int = 0
    refused_until: int = 0


class RateLimiter:
    """Counts the requests of clients under one limit, together with all processes on the same ledger.

    A bucket holds at most `burst` tokens and gains `per_s` a second; a request takes one. In any span of
    t seconds of the store's clock, all processes together grant a client at most

        burst + per_s * t + the tokens that they held in leases when the span began

    requests, and a process holds at most `largest_lease - 1` tokens of a client between two requests. A
    restart changes nothing in the store; it loses the leases. When the clock steps ahead, a bucket is full
    at most; when it steps back, it is empty at most, and fills from there. Of more than 10,000 clients
    whose buckets are not full, those that are nearest to it may find theirs full.

    Args:
        ledger: Whose database keeps the buckets.
        limit: Its name; limits of different names do not share buckets.
        per_s: Requests a second that a client may keep up.
        burst: Requests that it may send at once after a pause.
        clock_ns: Nanoseconds, monotonic, for the age of leases.
        store_clock_ns: Nanoseconds since 1970 for the store; None for the store's own clock.

    Attributes:
        largest_lease: Tokens that a process takes at most at a time.
    """

    def __init__(
        self,
        ledger: Ledger,
        limit: str,
        *,
        per_s: float,
        burst: int,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        store_clock_ns: Callable[[], int] | None = None,
    ) -> None:
        self.largest_lease = max(1, min(_LARGEST_LEASE, int(burst * _LEASE_SHARE)))
        self._ledger = ledger
        self._limit = limit
        self._per_s = per_s
        self._burst = burst
        self._clock_ns = clock_ns
        self._store_clock_ns = store_clock_ns
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, _Held] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """Counts a request of a client; 0 when it may go on, else after how many seconds one may.

        Raises:
            LedgerUnavailable: This process holds no token and the ledger can't be asked for one.
        """
        held = self._held(client)
        with held.lock:
            now = self._clock_ns()
            if held.left and now < held.until:
                held.left -= 1
                return 0.0
            if now < held.refused_until or not self._renew(held, client, now):
                return (held.refused_until - now) / 1e9
            return 0.0

    def _held(self, client: str) -> _Held:
        with self._lock:
            held = self._clients.pop(client, None) or _Held()
            self._clients[client] = held
            if len(self._clients) > _MOST_CLIENTS:
                self._clients.popitem(last=False)
        return held

    def _renew(self, held: _Held, client: str, now: int) -> bool:
        """Takes a lease and one token of it; False when there is none."""
        bucket = Bucket.of(self._limit, client, per_s=self._per_s, burst=self._burst)
        unused, used = held.left, held.want - held.left
        held.want = min(self.largest_lease, max(1, used if now >= held.until else 2 * used))
        # Forgotten before the ledger is asked: if that fails, they are not given back twice.
        held.left = 0
        lease = self._ledger.lease(
            LeaseRequest(
                bucket=bucket,
                want=held.want,
                back=unused,
                now_ns=self._store_clock_ns() if self._store_clock_ns else None,
            )
        )
        if lease.granted:
            held.left, held.until = lease.granted - 1, now + _LEASE_NS
        if lease.granted < held.want:  # the bucket is empty: when these are used up, none is there
            held.refused_until = now + bucket.wait_ns(lease, self._after_refusal)
        return lease.granted > 0

    @property
    def _after_refusal(self) -> int:
        return max(1, min(self.largest_lease, int(self._per_s * _PAUSE_S)))

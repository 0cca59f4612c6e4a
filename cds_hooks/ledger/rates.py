"""Token buckets that all processes on one database share; a process takes several tokens at a time.

A bucket is kept as one number: when it will be full again. It holds `burst` tokens less those that the time
until then brings (the generic cell rate algorithm, ITU-T I.371, counted in tokens).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Executable,
    bindparam,
    cast,
    delete,
    extract,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from cds_hooks.ledger.schema import rate_buckets

# Leases taken by one process between two looks at which buckets are full again.
_PURGE_EVERY = 1000
# Buckets that such a look leaves; of more than these, those that are nearest to full start anew. Between two
# looks each process adds at most as many as it takes leases.
_MOST_BUCKETS = 10_000
_NS = 1_000_000_000
# 73 years: no bucket takes longer to fill, so that the time until then fits 64 bits.
_LONGEST_NS = 2**61
# The same moment wherever one statement says it.
_SERVER_NOW = cast(extract("epoch", func.statement_timestamp()) * _NS, BigInteger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One bucket; neither the limit's name nor the client's is kept.

    Attributes:
        key: SHA-256 of both, in hexadecimal.
        cost_ns: Nanoseconds in which one token comes.
        burst: Tokens that it holds at most.
    """

    key: str
    cost_ns: int
    burst: int

    @classmethod
    def of(cls, limit: str, client: str, *, per_s: float, burst: int) -> Bucket:
        """The bucket of a client under a limit; its rate is rounded down to whole nanoseconds a token."""
        digest = hashlib.sha256(f"{limit}\n{client}".encode()).hexdigest()
        return cls(key=digest, cost_ns=ceil(min(_NS / per_s, _LONGEST_NS / burst)), burst=burst)

    def wait_ns(self, lease: Lease, tokens: int) -> int:
        """Nanoseconds until the bucket holds some tokens, when nobody takes any after a lease."""
        return max(0, lease.full_in_ns - (self.burst - tokens) * self.cost_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequest:
    """A process asks for tokens.

    Attributes:
        want: How many, from 1 to the bucket's burst.
        back: Tokens of its last lease that it did not use and gives back.
        now_ns: Nanoseconds since 1970; None for the database's own clock.
    """

    bucket: Bucket
    want: int
    back: int = 0
    now_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What a process got.

    Attributes:
        granted: Tokens, at most as many as were wanted, as far as the bucket held them.
        full_in_ns: Nanoseconds until the bucket is full, these tokens taken.
    """

    granted: int
    full_in_ns: int


class RateBuckets:
    """The buckets of a deployment.

    Time is that of PostgreSQL's own clock, one for processes on all machines; SQLite serves one machine,
    whose clock is read here.

    Args:
        dialect: Of the database, "sqlite" or "postgresql".
    """

    def __init__(self, dialect: str) -> None:
        self._is_sqlite = dialect == "sqlite"
        self._take = _take(is_sqlite=self._is_sqlite)
        self._until_purge = _PURGE_EVERY

    def put(self, connection: Connection, requests: Sequence[LeaseRequest]) -> list[Lease]:
        """Takes leases within an open transaction, one statement for each."""
        leases: dict[int, Lease] = {}
        # Every process locks rows in the order of their keys, so no two wait for each other.
        for place in sorted(range(len(requests)), key=lambda place: requests[place].bucket.key):
            leases[place] = self._put(connection, requests[place])
        self._until_purge -= len(requests)
        if self._until_purge <= 0:
            forget_full(connection, self._now(requests[-1]))
            self._until_purge = _PURGE_EVERY
        return [leases[place] for place in range(len(requests))]

    def _put(self, connection: Connection, request: LeaseRequest) -> Lease:
        bucket = request.bucket
        asked = {
            "bucket": bucket.key,
            "cost": bucket.cost_ns,
            "burst": bucket.burst,
            "want": request.want,
            "back": request.back,
            "now": self._now(request),
        }
        row = connection.execute(self._take, asked).one()
        return Lease(granted=row.granted, full_in_ns=row.full_in)

    def _now(self, request: LeaseRequest) -> int | None:
        if request.now_ns is None and self._is_sqlite:
            return time.time_ns()
        return request.now_ns


def forget_full(connection: Connection, now_ns: int | None) -> int:
    """Removes the buckets that are full, and of too many the fullest; gives how many they were.

    Args:
        now_ns: Nanoseconds since 1970; None for the clock of PostgreSQL.
    """
    now = _SERVER_NOW if now_ns is None else literal(now_ns, BigInteger)
    removed = _forget(connection, rate_buckets.c.full_at <= now)
    emptiest_first = select(rate_buckets.c.full_at).order_by(rate_buckets.c.full_at.desc())
    border = connection.execute(emptiest_first.offset(_MOST_BUCKETS).limit(1)).scalar()
    if border is not None:
        removed += _forget(connection, rate_buckets.c.full_at <= border)
    return removed


def _forget(connection: Connection, condition: ColumnElement[bool]) -> int:
    # A bucket that is being taken from stays: waiting for it could be waiting for each other.
    gone = select(rate_buckets.c.key).where(condition).with_for_update(skip_locked=True)
    return connection.execute(delete(rate_buckets).where(rate_buckets.c.key.in_(gone))).rowcount


def _take(*, is_sqlite: bool) -> Executable:
    """The one statement of a lease: what is unused comes back, then what is wanted and there is taken."""
    insert = (sqlite if is_sqlite else postgresql).insert
    least, greatest = (func.min, func.max) if is_sqlite else (func.least, func.greatest)
    given = bindparam("now", type_=BigInteger)
    now = given if is_sqlite else func.coalesce(given, _SERVER_NOW)
    cost, burst, want, back = (
        bindparam(name, type_=BigInteger) for name in ("cost", "burst", "want", "back")
    )
    # What is missing from the bucket, as time. A clock that stepped back must not make it miss more than all.
    missing = least(greatest(rate_buckets.c.full_at - now, 0), burst * cost, type_=BigInteger)
    missing = greatest(missing - back * cost, 0, type_=BigInteger)
    granted = least(want, (burst * cost - missing) // cost, type_=BigInteger)
    new = insert(rate_buckets).values(key=bindparam("bucket"), full_at=now + want * cost, granted=want)
    upsert = new.on_conflict_do_update(
        index_elements=[rate_buckets.c.key],
        set_={"full_at": now + missing + granted * cost, "granted": granted},
    )
    full_in = (rate_buckets.c.full_at - now).label("full_in")
    statement: Executable = upsert.returning(rate_buckets.c.granted, full_in)
    return statement

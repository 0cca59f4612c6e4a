"""One rate for a client, however many processes and threads grant it, on both databases."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cds_hooks.errors import LedgerUnavailable
from cds_hooks.ledger import Database, Ledger, rates
from cds_hooks.ledger.purging import Periods, purge
from cds_hooks.ledger.rates import Bucket, LeaseRequest
from cds_hooks.ledger.schema import rate_buckets
from cds_hooks.security.rates import RateLimiter
from tests.cds_hooks.ledger.processes import together
from tests.cds_hooks.ledger.read_only import read_only
from tests.cds_hooks.ledger.test_ledger import NOW
from tests.cds_hooks.platforms import browser, call_body, limiter, platform

S = 1_000_000_000
START = 1_800_000_000 * S
YEARS = Periods(audit=3650, calls=3650, feedback=3650, comments=3650)


class Clock:
    """Time that goes by when a test says so; the store's is of the same length and can be set."""

    def __init__(self) -> None:
        self.here = 0
        self.store = START

    def go(self, seconds: float) -> None:
        self.here += round(seconds * S)
        self.store += round(seconds * S)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


def limited(ledger: Ledger, clock: Clock, per_s: float, burst: int, name: str = "requests") -> RateLimiter:
    return RateLimiter(
        ledger,
        name,
        per_s=per_s,
        burst=burst,
        clock_ns=lambda: clock.here,
        store_clock_ns=lambda: clock.store,
    )


def granted(limit: RateLimiter, calls: int, client: str = "a") -> int:
    return sum(limit.wait_s(client) == 0 for _ in range(calls))


def keys(database: Database) -> list[str]:
    with database.transaction() as connection:
        return list(connection.execute(select(rate_buckets.c.key)).scalars())


def test_a_bucket_refills_with_time_and_never_beyond_its_burst(ledger: Ledger, clock: Clock) -> None:
    buckets = limited(ledger, clock, 2, 3)
    assert [buckets.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.go(0.25)
    assert buckets.wait_s("a") == 0.25
    clock.go(0.25)
    assert [buckets.wait_s("a") for _ in range(2)] == [0, 0.5]
    clock.go(1000)
    assert [buckets.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_clients_and_limits_do_not_share_buckets(ledger: Ledger, clock: Clock) -> None:
    first, other = limited(ledger, clock, 1, 2), limited(ledger, clock, 1, 2, "refusals")
    assert [granted(first, 5), granted(first, 5, "b"), granted(other, 5)] == [2, 2, 2]


def test_two_processes_grant_together_what_one_would(ledger: Ledger, clock: Clock) -> None:
    here, there = limited(ledger, clock, 1, 4), limited(ledger, clock, 1, 4)
    answers = [limit.wait_s("a") for _ in range(3) for limit in (here, there)]
    assert answers == [0, 0, 0, 0, 1, 1]
    clock.go(1)
    assert [here.wait_s("a"), there.wait_s("a")] == [0, 1]


CLIENTS = "abcdef"


def _call(url: str, ready: Any) -> Counter[str]:
    """Four threads call for each client fifteen times, in different orders."""
    ledger = Ledger(Database(url, connections=4))
    limit = limited(ledger, Clock(), 1, 60)  # of the same time in each process, which stands still
    answers: Counter[str] = Counter()
    lock = threading.Lock()

    def work(seed: int) -> None:
        calls = list(CLIENTS * 15)
        random.Random(seed).shuffle(calls)  # noqa: S311 - an order, no secret
        allowed = [client for client in calls if limit.wait_s(client) == 0]
        with lock:
            answers.update(allowed)

    ready.wait()
    in_threads(work, 4)
    ledger.close()
    return answers


def in_threads(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_processes_that_call_at_once_share_the_burst_of_each_client(url: str, database: Database) -> None:
    database.check()
    counts = together(_call, url)
    assert sum(counts, Counter()) == dict.fromkeys(CLIENTS, 60)


def test_a_restart_forgets_nothing_but_the_leases(url: str, clock: Clock) -> None:
    first = Ledger(Database(url, connections=1))
    before = limited(first, clock, 10, 100)
    assert granted(before, 99) == 99
    first.close()
    again = Ledger(Database(url, connections=1))
    after = limited(again, clock, 10, 100)
    assert granted(after, 10) <= 1
    clock.go(0.5)
    assert granted(after, 10) in (5, 6)
    again.close()


def test_threads_of_one_process_get_no_more_than_the_burst(ledger: Ledger, clock: Clock) -> None:
    limit, counts = limited(ledger, clock, 1, 200), []
    in_threads(lambda _number: counts.append(granted(limit, 100)), 8)
    assert sum(counts) == 200


def test_a_busy_client_asks_the_store_seldom_and_a_refused_one_hardly(
    database: Database, clock: Clock
) -> None:
    class Counting(Ledger):
        asked = 0

        def lease(self, request: LeaseRequest) -> rates.Lease:
            Counting.asked += 1
            return super().lease(request)

    store = Counting(database)
    busy = limited(store, clock, 100, 200)
    for _ in range(1000):
        assert busy.wait_s("a") == 0
        clock.go(0.01)
    assert Counting.asked < 1000 / 8
    Counting.asked = 0
    for _ in range(10_000):  # ten times the rate, for ten seconds
        busy.wait_s("a")
        clock.go(0.001)
    assert Counting.asked < 10_000 / 40
    store.close()


def test_a_client_that_calls_seldom_holds_nothing_in_many_processes(ledger: Ledger, clock: Clock) -> None:
    workers = [limited(ledger, clock, 100, 200) for _ in range(150)]
    assert [worker.wait_s("a") for worker in workers] == [0] * 150
    assert granted(workers[0], 60) == 50


def test_what_is_left_of_an_old_lease_goes_back(ledger: Ledger, clock: Clock) -> None:
    first, second = limited(ledger, clock, 0.001, 200), limited(ledger, clock, 0.001, 200)
    assert granted(first, 16) == 16  # leases of 1, 2, 4, 8 and 10, of which 9 are left
    clock.go(5)
    assert first.wait_s("a") == 0
    assert granted(second, 300) == 200 - 17


@pytest.mark.parametrize("seed", range(6))
def test_no_span_of_time_sees_more_than_rate_and_burst_and_the_leases_at_its_begin(
    tmp_path: Path, clock: Clock, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - moments, no secret
    per_s, burst = chance.choice([(100, 200), (40, 100), (7, 60), (3, 5)])
    ledger = Ledger(Database(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", connections=1))
    workers = [limited(ledger, clock, per_s, burst) for _ in range(3)]
    largest = workers[0].largest_lease
    total, lowest = 0, 0  # a span may begin before the first call
    for _ in range(1500):
        held = [worker._held("a").left for worker in workers]
        assert max(held) < largest
        # What was granted beyond the rate, by each moment. From no earlier moment has it grown by more than
        # the burst and what was held then.
        beyond = total * S - per_s * (clock.store - START)
        lowest = min(lowest, beyond + sum(held) * S)
        assert beyond <= lowest + burst * S
        total += chance.choice(workers).wait_s("a") == 0
        if chance.random() < 0.4:
            clock.go(chance.choice([0.001, 0.01, 0.1, 0.1, 1 if chance.random() < 0.2 else 0, 6]))
    assert total > burst
    ledger.close()


def test_a_client_that_keeps_to_its_rate_is_never_refused(ledger: Ledger, clock: Clock) -> None:
    workers = [limited(ledger, clock, 20, 40) for _ in range(3)]
    chance = random.Random(1)  # noqa: S311 - workers, no secret
    for _ in range(300):
        assert chance.choice(workers).wait_s("a") == 0
        clock.go(0.05)


def test_a_clock_that_steps_back_locks_nobody_out_and_gives_nothing_away(
    ledger: Ledger, clock: Clock
) -> None:
    buckets = limited(ledger, clock, 2, 3)
    assert granted(buckets, 2) == 2
    clock.store -= 3600 * S
    assert granted(buckets, 3) == 0
    clock.go(0.5)
    assert granted(buckets, 3) == 1
    clock.go(1.5)
    assert granted(buckets, 9) == 3


def test_a_clock_that_steps_ahead_fills_a_bucket_and_no_more(ledger: Ledger, clock: Clock) -> None:
    buckets = limited(ledger, clock, 2, 3)
    assert granted(buckets, 3) == 3
    clock.store += 3600 * S
    assert granted(buckets, 9) == 3


def test_without_a_clock_of_ours_the_stores_own_is_taken(ledger: Ledger) -> None:
    bucket = Bucket.of("requests", "a", per_s=1e-6, burst=5)
    lease = ledger.lease(LeaseRequest(bucket=bucket, want=2))
    assert (lease.granted, lease.full_in_ns) == (2, 2 * bucket.cost_ns)
    lease = ledger.lease(LeaseRequest(bucket=bucket, want=5))
    assert lease.granted == 3
    assert 4 * bucket.cost_ns < lease.full_in_ns <= 5 * bucket.cost_ns  # some time went by, in one unit


@pytest.mark.parametrize(("per_s", "burst"), [(1e-300, 100_000), (1e-12, 1), (100_000, 100_000)])
def test_the_extremes_of_the_settings_fit_the_store(
    ledger: Ledger, clock: Clock, per_s: float, burst: int
) -> None:
    buckets = limited(ledger, clock, per_s, burst)
    assert granted(buckets, 300) == min(300, burst)


def test_neither_client_nor_limit_can_be_read_in_the_store(
    ledger: Ledger, database: Database, clock: Clock
) -> None:
    limited(ledger, clock, 1, 2).wait_s("address 192.0.2.7")
    with database.transaction() as connection:
        (row,) = connection.execute(select(rate_buckets)).all()
    assert row.key == Bucket.of("requests", "address 192.0.2.7", per_s=1, burst=2).key
    assert "192.0" not in str(row)
    assert row.full_at == START + S


def test_full_buckets_are_forgotten_as_leases_are_taken(
    ledger: Ledger, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "_PURGE_EVERY", 4)
    watched = limited(Ledger(database), clock, 1, 3)
    for client in "abc":
        watched.wait_s(client)
    clock.go(1)
    watched.wait_s("d")
    assert keys(database) == [Bucket.of("requests", "d", per_s=1, burst=3).key]


def test_of_too_many_buckets_the_fullest_start_anew(
    ledger: Ledger, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "_PURGE_EVERY", 6)
    monkeypatch.setattr(rates, "_MOST_BUCKETS", 2)
    watched = limited(Ledger(database), clock, 1, 3)
    for client, calls in (("a", 1), ("b", 2), ("c", 3)):
        assert granted(watched, calls, client) == calls
    assert sorted(keys(database)) == sorted(
        Bucket.of("requests", client, per_s=1, burst=3).key for client in "bc"
    )
    assert granted(watched, 1, "c") == 0


def test_the_purge_removes_full_buckets_and_leaves_the_others(
    ledger: Ledger, database: Database, clock: Clock
) -> None:
    clock.store = round(NOW.timestamp()) * S
    watched = limited(ledger, clock, 0.001, 3)
    watched.wait_s("a")
    clock.store -= 2000 * S
    watched.wait_s("b")
    assert purge(database, YEARS, NOW).rates == 1
    assert keys(database) == [Bucket.of("requests", "a", per_s=0.001, burst=3).key]


def test_a_store_that_fails_grants_nothing_and_what_was_leased_stays_good(
    ledger: Ledger, database: Database, clock: Clock
) -> None:
    buckets = limited(ledger, clock, 1, 100)
    assert granted(buckets, 2) == 2  # leases of 1 and 2: one token is left
    with read_only(database):
        assert buckets.wait_s("a") == 0
        for _ in range(2):
            with pytest.raises(LedgerUnavailable, match="read-only"):
                buckets.wait_s("a")
        with pytest.raises(LedgerUnavailable, match="read-only"):
            ledger.require_writable()
    assert granted(buckets, 200) == 97


def test_a_call_that_can_not_be_counted_is_answered_503(tmp_path: Path) -> None:
    built = platform(tmp_path)
    client = browser(replace(built, rates=limiter(built, 1, 3)))
    assert client.post("/cds-services/chart-review", json=call_body()).status_code == 200
    with read_only(built.ledger._database):
        for answer in (
            client.post("/cds-services/chart-review", json=call_body()),
            client.get("/cds-services"),
        ):
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "1"
            assert answer.get_json()["issue"][0]["code"] == "transient"
        assert client.get("/health/live").status_code == 200
    statuses = [client.post("/cds-services/chart-review", json=call_body()).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    built.ledger.close()
    built.client.close()

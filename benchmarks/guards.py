"""What signed calls, audit and limits cost: Cuecard with and without them, in turn.

    python benchmarks/guards.py [--postgresql] [--rounds 5] [--count 300] [--request FILE]

First what a lease of the shared rate costs by itself: a ledger is asked for one token at a time, and for ten
as by default. Guarded: every call carries a token (ES384) that is checked and used once, its client is
counted, and the account of it is on the disk before the answer goes out. Unguarded: none of this, all else
equal. Each server runs alone, one worker process, on loopback, eight calls at a time. With --postgresql the
ledger is a PostgreSQL server of its own on this machine, by Debian's programs, that waits for its disk. Read
the ratios of the medians; CPU time is of the worker alone, and is what other work on the machine changes
least.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import load, reference_request
from benchmarks.throughput import PORT, Signer, cpu_s, cuecard, server
from cds_hooks.ledger import Database, Ledger
from cds_hooks.security.rates import RateLimiter
from tests.fakes import postgres

# A burst of which a process takes one token at a time, and the default's, of which it takes ten.
_BURSTS = (19, 200)
_LEASES = 2000


def main() -> None:
    """Runs both, with models off and on, in turn, and prints every round and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postgresql", action="store_true", help="a ledger on PostgreSQL, not SQLite")
    parser.add_argument("--request", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    call = json.loads(args.request.read_text()) if args.request else reference_request.build()
    body = json.dumps(call, separators=(",", ":")).encode()
    with tempfile.TemporaryDirectory() as folder, ledger_url(Path(folder), args.postgresql) as url:
        for burst in _BURSTS:
            for threads in (1, 8):
                print(lease_line(url, burst, threads), flush=True)
        print(f"request {len(body) / 1024:.0f} KiB, one worker, 8 in flight, {args.count} calls a round")
        signer = Signer(Path(folder))
        for models in (False, True):
            guarded = cuecard(Path(folder), models, signer, rate_per_s=10_000, ledger=url)
            settings = cuecard(Path(folder), models, ledger=url)[-1]
            unguarded = [sys.executable, "-m", "benchmarks.peers.unguarded", settings]
            rounds = []
            for _ in range(args.rounds):
                bare = measured(unguarded, body, args.count, None)
                full = measured(guarded, body, args.count, signer)
                rounds.append((*bare, *full))
                print(
                    f"models {'on ' if models else 'off'}  unguarded {bare[0]:6.1f}/s {bare[1]:6.2f} ms CPU"
                    f"   guarded {full[0]:6.1f}/s {full[1]:6.2f} ms CPU",
                    flush=True,
                )
            rate, cpu, guarded_rate, guarded_cpu = (median(column) for column in zip(*rounds, strict=True))
            print(
                f"models {'on ' if models else 'off'}  medians: throughput {guarded_rate / rate - 1:+.1%}, "
                f"CPU per call {guarded_cpu / cpu - 1:+.1%} ({guarded_cpu - cpu:+.2f} ms)"
            )


@contextmanager
def ledger_url(folder: Path, on_postgresql: bool) -> Iterator[str]:
    """The URL of an empty ledger.

    Raises:
        SystemExit: PostgreSQL is wanted and not installed.
    """
    if not on_postgresql:
        yield f"sqlite:///{folder / 'ledger.sqlite3'}"
        return
    programs = postgres.programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed, or can't be run by this account")
    with postgres.running(programs, durable=True) as running:
        yield running.database()


def lease_line(url: str, burst: int, threads: int) -> str:
    """What one request of a client costs under the shared rate, asked for by so many threads at a time."""
    ledger = Ledger(Database(url, connections=threads))
    # So many tokens a second that none is refused.
    limiter = RateLimiter(ledger, f"benchmark {burst} {threads}", per_s=100_000, burst=burst)

    def asked(client: str) -> float:
        began = time.perf_counter()
        if limiter.wait_s(client):
            raise SystemExit("a request was refused")
        return (time.perf_counter() - began) * 1000

    with ThreadPoolExecutor(threads) as pool:
        clients = [f"client {number % threads}" for number in range(_LEASES)]
        list(pool.map(asked, clients[:200]))
        began = time.process_time()
        waited = list(pool.map(asked, clients))
        cpu_ms = (time.process_time() - began) / _LEASES * 1000
    ledger.close()
    p50, p95 = (quantiles(waited, n=100)[at - 1] for at in (50, 95))
    return (
        f"{url.partition(':')[0].partition('+')[0]}, leases of {limiter.largest_lease}, {threads} at a time: "
        f"a request waits {p50:.2f} ms (p50), {p95:.2f} ms (p95), {sum(waited) / len(waited):.2f} ms (mean) "
        f"and takes {cpu_ms:.2f} ms CPU"
    )


def measured(command: list[str], body: bytes, count: int, signer: Signer | None) -> tuple[float, float]:
    """Calls a second, and CPU milliseconds of the worker per call.

    Raises:
        SystemExit: Not every call was answered with 200.
    """
    base = f"http://127.0.0.1:{PORT}/cds-services"
    sign = signer.token if signer else None
    with server(command, base) as (_, pid):
        load.run(f"{base}/chart-review", body, count=40, concurrency=8, sign=sign)
        before = cpu_s(pid)
        result = load.run(f"{base}/chart-review", body, count=count, concurrency=8, sign=sign, warmup=0)
        cpu_ms = (cpu_s(pid) - before) / count * 1000
    if result.errors:
        raise SystemExit(f"{result.errors} calls failed")
    return result.rps, cpu_ms


if __name__ == "__main__":
    main()

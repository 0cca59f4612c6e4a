"""What signed calls, audit and limits cost: Cuecard with and without them, in turn.

    python benchmarks/guards.py [--rounds 5] [--count 300] [--request FILE]

Guarded: every call carries a token (ES384) that is checked and used once, its client is counted, and the
account of it is on the disk before the answer goes out. Unguarded: none of this, all else equal. Each server
runs alone, one worker process, on loopback, eight calls at a time. Read the ratios of the medians; CPU time
is of the worker, and is what other work on the machine changes least.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import load, reference_request
from benchmarks.throughput import PORT, Signer, cpu_s, cuecard, server


def main() -> None:
    """Runs both, with models off and on, in turn, and prints every round and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--request", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    call = json.loads(args.request.read_text()) if args.request else reference_request.build()
    body = json.dumps(call, separators=(",", ":")).encode()
    print(f"request {len(body) / 1024:.0f} KiB, one worker, 8 in flight, {args.count} calls a round")
    with tempfile.TemporaryDirectory() as folder:
        signer = Signer(Path(folder))
        for models in (False, True):
            guarded = cuecard(Path(folder), models, signer, rate_per_s=10_000)
            settings = cuecard(Path(folder), models)[-1]
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

"""Ten times as many calls as one worker can answer: what becomes of them, and of those that it accepts.

    python benchmarks/overload.py [--seconds 20] [--factor 10] [--threads 2] [--waiting 0] [--request FILE]

First calls come one after another, then as many at a time as there are threads (that is the capacity), then
one after another while calls at `factor` times that rate are sent to a process that refuses them all (what
the traffic alone does to the machine), then the same to the worker, whether answers come or not. Loopback
only, bounded in time; the figures belong to the machine and to the hour.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import reference_request
from benchmarks.serving import Outcomes, Server, serving, timed

PATH = "/cds-services/chart-review"
MARKER = b'"hookInstance":"'


def fresh(body: bytes) -> bytes:
    """The call with a hookInstance of its own."""
    start = body.index(MARKER) + len(MARKER)
    return body[:start] + str(uuid.uuid4()).encode() + body[start + 36 :]


async def closed(server: Server, body: bytes, count: int, at_a_time: int) -> tuple[Outcomes, float]:
    """So many at a time, each after the answer to the one before; returns the calls a second too."""
    outcomes, left = Outcomes(), count

    async def client() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await timed(server.port, PATH, fresh(body), outcomes)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(at_a_time)))
    return outcomes, count / (time.perf_counter() - began)


async def opened(port: int, body: bytes, rate: float, seconds: float) -> Outcomes:
    """At a rate, whether answers come or not."""
    outcomes, tasks = Outcomes(), []
    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(timed(port, PATH, fresh(body), outcomes)))
    await asyncio.gather(*tasks)
    return outcomes


async def beside(server: Server, sink: int, body: bytes, rate: float, seconds: float) -> Outcomes:
    """One call after another, while the sink gets calls at a rate."""
    outcomes = Outcomes()
    flood = asyncio.create_task(opened(sink, body, rate, seconds))
    while not flood.done():
        await timed(server.port, PATH, fresh(body), outcomes)
    return outcomes


@contextmanager
def sinking() -> Iterator[int]:
    """Runs a process that refuses every request as the worker does, and yields its port."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_sink, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _sink(ready: Any) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        writer.write_eof()
        with suppress(OSError):
            while await reader.read(256 * 1024):
                pass
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(refuse, "127.0.0.1", 0, limit=2**18)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def main() -> None:
    """Runs the four loads and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--factor", type=float, default=10)
    parser.add_argument("--count", type=int, default=200, help="calls of the first two loads")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--waiting", type=int, default=8)
    parser.add_argument("--request", type=Path)
    args = parser.parse_args()
    call = json.loads(args.request.read_text()) if args.request else reference_request.build()
    body = json.dumps(call, separators=(",", ":")).encode()
    limits = f"[limits]\nmax_waiting = {args.waiting}\nrate_per_s = 0\n"
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), limits, threads=args.threads) as server,
    ):
        os.nice(10)  # what makes the load gives way to what is measured
        asyncio.run(closed(server, body, 40, args.threads))  # notes are read once, connections opened
        before = server.usage()[0]
        print(f"request {len(body) / 1024:.0f} KiB; {args.threads} threads, {args.waiting} may wait")
        print(
            f"{'load':34}{'sent':>7}{'200':>7}{'503':>7}{'lost':>6}{'p50 ms':>9}{'p95 ms':>9}{'503 p95':>9}"
        )
        alone, _ = asyncio.run(closed(server, body, args.count, 1))
        row("one after another", alone)
        full, capacity = asyncio.run(closed(server, body, args.count, args.threads))
        row(f"at capacity ({capacity:.0f}/s)", full)
        rate = args.factor * capacity
        with sinking() as sink:
            crowded = asyncio.run(beside(server, sink, body, rate, min(20.0, args.seconds)))
        row("alone, the rest refused elsewhere", crowded)
        flood = asyncio.run(opened(server.port, body, rate, args.seconds))
        row(f"{args.factor:g} times that ({rate:.0f}/s)", flood)
        after = server.usage()[0]
    print(f"accepted p95: {flood.quantile(0.95) / full.quantile(0.95):.2f} of that at capacity, ", end="")
    print(f"{flood.quantile(0.95) / alone.quantile(0.95):.2f} of that alone, ", end="")
    print(f"{flood.quantile(0.95) / crowded.quantile(0.95):.2f} of that alone on the busy machine")
    print(f"memory of the worker: {before} MiB before, {after} MiB after")


def row(name: str, outcomes: Outcomes) -> None:
    """One line of the table; what ended neither with 200 nor with 503 is lost."""
    statuses = outcomes.statuses
    lost = statuses.total() - statuses[200] - statuses[503]
    refused = sorted(outcomes.refused_ms)
    late = f"{refused[int(0.95 * len(refused))]:.1f}" if refused else "-"
    print(
        f"{name:34}{statuses.total():7}{statuses[200]:7}{statuses[503]:7}{lost:6}"
        f"{outcomes.quantile(0.5):9}{outcomes.quantile(0.95):9}{late:>9}"
    )


if __name__ == "__main__":
    main()

"""Reads charts at size: what mapping costs, what a large chart needs, and what queries side by side take.

    python benchmarks/reading.py [--observations 10000] [--notes 500] [--rounds 40] [--latency-ms 300]

Three figures, each of a process of its own. Mapping: CPU milliseconds for 1,000 Observations. A large chart:
seconds from the first query to the record, and resident memory beyond that of the idle client, from a FHIR
server in another process that gives pages as they are asked for. Side by side: the time of all queries over
what the server takes for one; the least of several rounds, which other programs disturb least.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import reference_request
from cds_hooks.platform import service_registry
from cds_hooks.server import GC_THRESHOLDS
from cds_hooks.settings import Settings
from fhir_adapters.client import FhirClient
from fhir_adapters.gather import ChartRequest, GatheredChart, gather
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import Need
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import TransportSettings

MAPPED = 1000
ROUNDS = 8
AMPLE_S = 120.0
Resource = dict[str, Any]


def chart(observations: int, notes: int) -> list[Resource]:
    """The reference patient with so many Observations and notes, newest first."""
    prefetch = reference_request.build(observations=observations, notes=notes)["prefetch"]
    bundles = [value for value in prefetch.values() if value and value["resourceType"] == "Bundle"]
    found = [entry["resource"] for bundle in bundles for entry in bundle["entry"]]
    return [*(value for value in prefetch.values() if value and value not in bundles), *found]


def needs() -> tuple[Need, ...]:
    """What the chart review reads, and of the notes all."""
    service = service_registry(Settings()).hooks_of("chart-review")["patient-view"]
    kept = [need for need in service.needs if need.resource != "DocumentReference"]
    return (*kept, Need(resource="DocumentReference"))


class Store:
    """Pages of a chart as a FHIR server sends them, made once."""

    def __init__(self, resources: list[Resource], latency_s: float) -> None:
        self.latency_s = latency_s
        self._by_type: dict[str, list[Resource]] = {}
        for each in resources:
            self._by_type.setdefault(each["resourceType"], []).append(each)
        self._pages: dict[tuple[str, int, int], bytes] = {}

    def answer(self, path: str, query: dict[str, list[str]]) -> bytes:
        """A resource, or a page of a search."""
        kind, _, identity = path.partition("/")
        found = self._by_type.get(kind, [])
        if identity:
            return json.dumps(found[0]).encode()
        start, size = int(query.get("start", ["0"])[0]), int(query.get("_count", ["200"])[0])
        key = (kind, start, size)
        if key not in self._pages:
            self._pages[key] = self._page(*key, found)
        return self._pages[key]

    def _page(self, kind: str, start: int, size: int, found: list[Resource]) -> bytes:
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        bundle["entry"] = [{"resource": each} for each in found[start : start + size]]
        if start + size < len(found):
            more = urlencode({"start": start + size, "_count": size})
            bundle["link"] = [{"relation": "next", "url": f"{kind}?{more}"}]
        return json.dumps(bundle).encode()


def serve(ready: Connection, observations: int, notes: int, latency_s: float) -> None:
    """Serves the chart until it is ended; tells its port."""
    store = Store(chart(observations, notes), latency_s)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = store.answer(parts.path.removeprefix("/fhir/"), parse_qs(parts.query))
            time.sleep(store.latency_s)
            self.send_response(200)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ready.send(server.server_port)
    server.serve_forever()


@contextmanager
def served(observations: int, notes: int, latency_s: float) -> Iterator[str]:
    """The base URL of a server in another process."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(there, observations, notes, latency_s), daemon=True
    )
    server.start()
    yield f"http://127.0.0.1:{here.recv()}/fhir"
    server.terminate()
    server.join()


def mapping(rounds: int) -> dict[str, float]:
    """CPU milliseconds of mapping a chart of Observations."""
    resources = [each for each in chart(MAPPED, 1) if each["resourceType"] in ("Patient", "Observation")]
    spent = []
    for _ in range(rounds):
        began = time.thread_time()
        map_chart(reference_request.PATIENT_ID, resources, now=datetime.now(UTC))
        spent.append((time.thread_time() - began) * 1000)
    return {"least": min(spent), "median": statistics.median(spent)}


def _read(base: str) -> tuple[GatheredChart, float, float]:
    """The chart, the seconds that it took, and the megabytes before it began."""
    wanted = needs()
    request = ChartRequest(patient_id=reference_request.PATIENT_ID, fhir_server=base)
    with closing(FhirClient(TransportSettings(allow_loopback=True))) as client:
        client.warm_up()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)  # as in a worker
        idle = _megabytes()
        began = time.perf_counter()
        read = gather(request, wanted, client, Deadline.after(AMPLE_S), now=datetime.now(UTC))
        return read, time.perf_counter() - began, idle


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def large(observations: int, notes: int) -> dict[str, float]:
    """Seconds, memory and what came of a large chart."""
    with served(observations, notes, 0.0) as base:
        began = time.process_time()
        read, seconds, idle = _read(base)
        spent = time.process_time() - began
        peak = _megabytes()
    record = read.record
    return {
        "seconds": seconds,
        "CPU seconds": spent,
        "extra MB": peak - idle,
        "measurements": sum(len(series) for series in record.measurements.values()),
        "notes": len(record.notes),
        "gaps": len(record.gaps),
        **{f"{stage} s": read.timings_ms[stage] / 1000 for stage in ("fetch", "linked", "map")},
    }


def side_by_side(latency_s: float) -> dict[str, float]:
    """The time of the fetch over what the server takes for each query."""
    with served(300, 5, latency_s) as base:
        reads = [_read(base)[0].timings_ms for _ in range(ROUNDS)]
    fetch = min(timings["fetch"] for timings in reads)
    queries = sum(name.startswith("fetch.") for name in reads[0])
    return {"queries": queries, "fetch ms": fetch, "ratio": fetch / (latency_s * 1000)}


def _apart(work: Callable[..., dict[str, float]], *arguments: Any) -> dict[str, float]:
    """Runs a measurement in a fresh process, so that none has the memory of another."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--observations", type=int, default=10_000)
    parser.add_argument("--notes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--latency-ms", type=float, default=300)
    args = parser.parse_args()
    for title, found in (
        (f"mapping {MAPPED} Observations, CPU ms", _apart(mapping, args.rounds)),
        (
            f"a chart of {args.observations} Observations and {args.notes} notes",
            _apart(large, args.observations, args.notes),
        ),
        (f"queries of {args.latency_ms:.0f} ms each", _apart(side_by_side, args.latency_ms / 1000)),
    ):
        print(title)
        for name, figure in found.items():
            print(f"  {name:16}{figure:10.2f}")


if __name__ == "__main__":
    main()

"""What it costs to ask a FHIR server for one chart: GETs side by side, POST `_search`, or one batch.

    python benchmarks/round_trips.py [--latency MS...] [--work MS] [--at-once N] [--rounds N]

A server on loopback holds one chart and answers the queries of the chart review. It waits `--latency` for
each round trip, three times as long when a connection is new (TCP and TLS 1.3), and `--work` for each search,
at most `--at-once` of them at a time. A batch is one request whose searches it carries out one after the
other, or, where it says "side by side", as a server does that shares them out among threads.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import orjson

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import reference_request
from cds_hooks.platform import service_registry
from cds_hooks.settings import Settings
from fhir_adapters.bundles import resources_of
from fhir_adapters.client import FhirClient
from fhir_adapters.embedded import EmbeddedServer
from fhir_adapters.exchange import Access
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.server_account import FhirServer
from fhir_adapters.transport import TransportSettings

DEADLINE_S = 60.0
ROUND_TRIPS_OF_A_CONNECTION = 2


class SlowServer:
    """The chart, behind a network and a database that take their time; seconds."""

    def __init__(self, resources: list[dict[str, Any]], work_s: float, at_once: int) -> None:
        self.latency_s = 0.0
        self.is_parallel = False
        self._work_s = work_s
        self._slots = threading.Semaphore(at_once)
        self._pool = ThreadPoolExecutor(at_once)
        self._fhir = EmbeddedServer("http://127.0.0.1/fhir")
        self._fhir.load_bundle({"resourceType": "Bundle", "type": "collection", "entry": [
            {"resource": resource} for resource in resources
        ]})  # fmt: skip

    def answer(self, method: str, target: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        """One request, with its wait."""
        time.sleep(self.latency_s)
        path, _, query = target.removeprefix("/fhir").partition("?")
        if method == "POST" and not path.strip("/"):
            return 200, self._batch(json.loads(body))
        return self._one(method, path, query, body, content_type)

    def _one(self, method: str, path: str, query: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        with self._slots:
            time.sleep(self._work_s)
            reply = self._fhir.handle(method, path, query, body, {"Content-Type": content_type})
        return reply.status, reply.body

    def _batch(self, bundle: dict[str, Any]) -> bytes:
        def carried_out(entry: dict[str, Any]) -> bytes:
            path, _, query = entry["request"]["url"].partition("?")
            status, body = self._one("GET", path, query, b"", "")
            return b'{"response":{"status":"%d"},"resource":%s}' % (status, body)

        do = self._pool.map if self.is_parallel else map
        entries = b",".join(do(carried_out, bundle["entry"]))
        return b'{"resourceType":"Bundle","type":"batch-response","entry":[%s]}' % entries


class _Server(ThreadingHTTPServer):
    request_queue_size = (
        128  # with the library's 5, connections made side by side wait a second for their SYN
    )


@contextmanager
def serving(slow: SlowServer) -> Iterator[str]:
    """Serves on loopback; yields the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            time.sleep(ROUND_TRIPS_OF_A_CONNECTION * slow.latency_s)

        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.headers.get("Content-Type", "")
            status, content = slow.answer(self.command, self.path, body, kind)
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _respond  # noqa: N815 - the names that the library looks for

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/fhir"
    server.shutdown()
    server.server_close()


class ByClient:
    """Fetches the chart as the service does."""

    def __init__(self, base: str, patient: str, queries: tuple[Query, ...], search: Any) -> None:
        servers = (FhirServer(server=base, search=search),)
        self._settings = TransportSettings(allow_loopback=True, servers=servers)
        self._access = Access(server=base, patient_id=patient)
        self._queries = queries

    def open(self) -> None:
        """Makes a client without connections."""
        self._client = FhirClient(self._settings)
        self._client.warm_up()

    def fetch(self) -> None:
        """One chart."""
        results = self._client.fetch_all(self._queries, self._access, Deadline.after(DEADLINE_S))
        if not all(result.complete for result in results.values()):
            raise RuntimeError("the server did not answer in full")

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


class ByBatch:
    """The same in one batch Bundle; its searches have one page each here."""

    def __init__(self, base: str, patient: str, queries: tuple[Query, ...]) -> None:
        entries = [{"request": {"method": "GET", "url": query.url(patient)}} for query in queries]
        self._base = base
        self._body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})
        self._answers = len(entries)

    def open(self) -> None:
        """Makes a client without connections."""
        self._client = httpx.Client(trust_env=False, timeout=DEADLINE_S)

    def fetch(self) -> None:
        """One chart."""
        headers = {"Content-Type": "application/fhir+json"}
        reply = self._client.post(self._base, content=self._body, headers=headers)
        if len(orjson.loads(reply.content)["entry"]) != self._answers:
            raise RuntimeError("the server did not answer in full")

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def measured(way: ByClient | ByBatch, rounds: int) -> tuple[float, float]:
    """Median milliseconds with new connections, and with kept ones."""
    fresh, kept = [], []
    for _ in range(rounds):
        way.open()
        for times in (fresh, kept):
            began = time.perf_counter()
            way.fetch()
            times.append((time.perf_counter() - began) * 1000)
        way.close()
    return statistics.median(fresh), statistics.median(kept)


def main() -> None:
    """Prints a line for each latency and way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 20, 50, 100], help="milliseconds")
    parser.add_argument("--work", type=float, default=20, help="milliseconds of each search")
    parser.add_argument("--at-once", type=int, default=8, help="searches that the server works on at a time")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    request = reference_request.build()
    resources = [r for value in request["prefetch"].values() for r in resources_of(value)]
    patient = request["context"]["patientId"]
    slow = SlowServer(resources, options.work / 1000, options.at_once)
    queries = next(iter(service_registry(Settings()))).queries
    print(f"{len(queries)} queries, {len(resources)} resources, {options.work:g} ms of work each, ", end="")
    print(f"{options.at_once} at a time; median ms of {options.rounds}, new connections / kept ones")
    with serving(slow) as base:
        ways: list[tuple[str, bool, ByClient | ByBatch]] = [
            ("GETs side by side", False, ByClient(base, patient, queries, "auto")),
            ("POST _search side by side", False, ByClient(base, patient, queries, "post")),
            ("one batch", False, ByBatch(base, patient, queries)),
            ("one batch, side by side", True, ByBatch(base, patient, queries)),
        ]
        for latency in options.latency:
            slow.latency_s = latency / 1000
            for name, is_parallel, way in ways:
                slow.is_parallel = is_parallel
                fresh, kept = measured(way, options.rounds)
                print(f"  latency {latency:4g} ms  {name:28} {fresh:8.0f} / {kept:.0f}")


if __name__ == "__main__":
    main()

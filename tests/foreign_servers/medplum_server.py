"""Medplum's router as a FHIR server of somebody else's making, for tests; needs node and npm."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import httpx

from fhir_adapters.record.needs import ResourceType
from tests.foreign_servers.packages import MissingServerError, install

FOLDER = Path(__file__).resolve().parent / "medplum"
TYPES = (*get_args(ResourceType), "Medication")
_BATCH = 500


@contextmanager
def medplum_server() -> Iterator[str]:
    """The address of a running, empty server, below which `/<tenant>` is a FHIR base of its own.

    Raises:
        MissingServerError: It can't be had here.
    """
    install(FOLDER)
    with subprocess.Popen(
        ["node", "server.mjs", *TYPES], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise MissingServerError("Medplum's router did not start")
        yield f"http://127.0.0.1:{port}/fhir"
        process.stdin.close()


def put_all(base: str, resources: Iterable[dict[str, Any]]) -> None:
    """Stores resources under their own ids, by batches of PUT, as any FHIR client can."""
    served = [r for r in resources if r["resourceType"] in TYPES]
    for start in range(0, len(served), _BATCH):
        entries = [
            {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}}
            for r in served[start : start + _BATCH]
        ]
        batch = {"resourceType": "Bundle", "type": "batch", "entry": entries}
        reply = httpx.post(base, content=json.dumps(batch), timeout=60)
        statuses = {entry["response"]["status"][:3] for entry in reply.json()["entry"]}
        assert statuses <= {"200", "201"}, statuses

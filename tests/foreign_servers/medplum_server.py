"""Medplum's router as a FHIR server of somebody else's making, for tests; needs node and npm."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import httpx

from fhir_adapters.record.needs import ResourceType

FOLDER = Path(__file__).resolve().parent / "medplum"
TYPES = (*get_args(ResourceType), "Medication")
_OLDEST_NODE = (20, 19)
_INSTALL_S = 90
_BATCH = 500


class MissingServerError(RuntimeError):
    """The server can't be had here; the text says why."""


def install() -> None:
    """Installs what the lock file names, once for each lock file.

    Raises:
        MissingServerError: There is no node of the right age, no npm, or no registry.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise MissingServerError("node and npm are not installed")
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in found.strip().removeprefix("v").split(".")[:2])
    if version < _OLDEST_NODE:
        raise MissingServerError(f"node {found.strip()} is too old")
    stamp = FOLDER / "node_modules" / ".installed-lock"
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == lock:
        return
    try:
        subprocess.run(
            [npm, "ci", "--prefer-offline"], cwd=FOLDER, capture_output=True, check=True, timeout=_INSTALL_S
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise MissingServerError("npm could not install Medplum's router") from None
    stamp.write_text(lock)


@contextmanager
def medplum_server() -> Iterator[str]:
    """The address of a running, empty server, below which `/<tenant>` is a FHIR base of its own.

    Raises:
        MissingServerError: It can't be had here.
    """
    install()
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

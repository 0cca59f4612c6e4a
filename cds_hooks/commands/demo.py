"""`cuecard demo`: a FHIR server with sample patients, the service and a mock EHR on one loopback port."""

from __future__ import annotations

import logging
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from cds_hooks import logs, server
from cds_hooks.app import app_of
from cds_hooks.commands.output import say
from cds_hooks.ledger import Database
from cds_hooks.platform import build_platform
from cds_hooks.reading import NoteService
from cds_hooks.reading.as_json import reading_json
from cds_hooks.sandbox import ReadNote, SandboxConfig, Signer, create_blueprint
from cds_hooks.settings import Settings, settings_of
from cds_hooks.usage.demo_page import ADDRESS as USAGE
from cds_hooks.usage.demo_page import add_usage_page
from fhir_adapters.embedded import EmbeddedServer, sample_bundles
from fhir_adapters.notes import sections_of
from fhir_adapters.record import Note
from fhir_adapters.resilience import Deadline

_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
# Each call of the service waits for its own queries, which the same process answers: there must be
# threads left for them.
_THREADS = 48
_NOTE_SECONDS = 5
_FOREIGN_DEADLINE_S = 10  # public sandboxes are slow, and nobody waits for a treatment


def demo_settings(port: int, fhir: str, folder: Path, *, signed: bool = False) -> Settings:
    """The settings of the demo: pages and FHIR servers of this machine are trusted, and `fhir` besides.

    Args:
        port: Loopback port.
        fhir: Base URL of another FHIR server; "" for the embedded one.
        folder: Where the ledger is kept.
        signed: Whether only the mock EHR's signed calls are answered.

    Raises:
        SettingsError: `fhir` is no https URL, nor one of this machine.
    """
    document: dict[str, Any] = {
        "service": {"bind": f"127.0.0.1:{port}", "workers": 1, "threads": _THREADS},
        "fhir": {"allow_loopback": True},
        "cors": {"allow_loopback": True},
        "clinical": {"demonstrations": True},
        "sandbox": {"data_quality": True},
        # One page opens a chart with many queries at once, and the same process answers them all.
        "limits": {"max_waiting": 1000, "rate_per_s": 0, "drain_s": 0},
        "operations": {"bind": ""},
        "ledger": {"url": f"sqlite:///{folder / 'ledger.sqlite3'}"},
    }
    if fhir:
        document["fhir"]["trusted_servers"] = [fhir]
        document["service"]["deadline_s"] = _FOREIGN_DEADLINE_S
        # The charts of public sandboxes end years ago: as of today they would all be out of date.
        document["sandbox"]["as_of"] = "last-entry"
    if signed:
        document |= _signing(port, fhir)
    return settings_of(document)


def _signing(port: int, fhir: str) -> dict[str, Any]:
    """The settings by which the mock EHR is the one known client; its key is fetched as any EHR's."""
    base_url = f"http://127.0.0.1:{port}"
    # The page names its FHIR server by the name that it was opened by.
    servers = [fhir] if fhir else [f"{base_url}/fhir", f"http://localhost:{port}/fhir"]
    client = {"issuer": base_url, "jwks_url": f"{base_url}/ehr/jwks.json", "fhir_servers": servers}
    return {"callers": {"public_url": base_url}, "clients": [client]}


def demo_app(
    app: Flask, base_url: str, fhir: str, notes: NoteService | None = None, *, signed: bool = False
) -> Flask:
    """Adds the mock EHR, and the embedded FHIR server unless `fhir` names another one."""
    if not fhir:
        embedded = EmbeddedServer(f"{base_url}/fhir")
        for bundle in sample_bundles(datetime.now(UTC)):
            embedded.load_bundle(bundle)
        mount_fhir(app, embedded)
    config = SandboxConfig(fhir_base=fhir or "/fhir", demo=True, usage_url=USAGE)
    signer = Signer(base_url, base_url) if signed else None
    app.register_blueprint(create_blueprint(config, read_note=_note_reading(notes), signer=signer))
    return app


def _note_reading(notes: NoteService | None) -> ReadNote | None:
    """What the mock EHR marks a note by; None when notes are not read."""
    if notes is None:
        return None

    def read(text: str) -> Mapping[str, Any]:
        note = Note(source="", text=text, at=None, sections=sections_of(text))
        deadline = Deadline.after(_NOTE_SECONDS)
        return reading_json(notes.reader.read(note, lambda: deadline.expired))

    return read


def mount_fhir(app: Flask, embedded: EmbeddedServer) -> None:
    """Serves an embedded FHIR server below /fhir."""

    @app.route("/fhir", methods=_METHODS, defaults={"path": ""})
    @app.route("/fhir/<path:path>", methods=_METHODS)
    def fhir(path: str) -> Response:
        reply = embedded.handle(
            request.method, path, request.query_string.decode(), request.get_data(), dict(request.headers)
        )
        return Response(reply.body, reply.status, list(reply.headers))


def run(options: Namespace) -> None:
    """Runs the demo until it is interrupted; its ledger goes with it.

    Raises:
        SettingsError: The address of the other FHIR server can't be used.
    """
    server.forbid_core_dumps()
    logs.configure(level=logging.WARNING)
    port, fhir = options.port, options.fhir.rstrip("/")
    base_url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="cuecard-demo-") as folder:
        settings = demo_settings(port, fhir, Path(folder), signed=options.signed)
        platform = build_platform(settings)
        app = demo_app(app_of(platform), base_url, fhir, platform.notes, signed=options.signed)
        add_usage_page(app, Database(settings.ledger.url, connections=1))
        server.run(
            app,
            platform,
            bind=f"127.0.0.1:{port}",
            workers=1,
            threads=_THREADS,
            on_ready=lambda: say(_welcome(base_url, fhir, options.signed)),
        )


def _welcome(base_url: str, fhir: str, signed: bool) -> str:
    callers = "only the mock EHR's signed calls are answered" if signed else "anyone on this machine may call"
    return (
        f"Cuecard demo: open {base_url}/ in a browser. Ctrl+C ends it.\n"
        f"  CDS Hooks  {base_url}/cds-services\n"
        f"  FHIR R4    {fhir or base_url + '/fhir (invented patients)'}\n"
        "This is a demo: pages and FHIR servers of this machine are trusted, and nothing is kept;\n"
        f"{callers}.\n"
    )

"""`cuecard serve`: the service for production, behind a proxy that ends TLS."""

from __future__ import annotations

import os
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from cds_hooks import logs, server
from cds_hooks.app import app_of
from cds_hooks.platform import build_platform
from cds_hooks.settings import load_settings


def run(options: Namespace) -> None:
    """Serves until it is told to stop.

    Raises:
        SettingsError, RegistryError, ServiceError: Something that it needs can't be used.
        LedgerUnavailable, LedgerVersionError: The ledger can't be written.
    """
    server.forbid_core_dumps()
    settings = load_settings(options.config)
    logs.configure()
    with _shared_metrics():
        platform = build_platform(settings)
        platform.ledger.check()
        platform.ledger.close()  # a connection must not cross a fork
        service = settings.service
        app = app_of(platform)
        server.run(app, platform, bind=service.bind, workers=service.workers, threads=service.threads)


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """Names the folder in which the processes share their metrics, and removes it at the end."""
    with tempfile.TemporaryDirectory(prefix="cuecard-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]

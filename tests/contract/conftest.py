"""The protocol through the whole app, on a temporary ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_hooks.platform import Platform
from tests.cds_hooks.platforms import browser, platform


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Platform]:
    built = platform(tmp_path)
    yield built
    built.ledger.close()
    built.client.close()


@pytest.fixture
def client(edge: Platform) -> FlaskClient:
    return browser(edge)

"""The developer tab of the mock EHR says what of the chart was not taken as it came, and why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from cds_hooks.app import app_of
from cds_hooks.commands.demo import demo_settings, mount_fhir
from cds_hooks.platform import build_platform
from cds_hooks.sandbox import SandboxConfig, create_blueprint
from fhir_adapters.embedded import EmbeddedServer
from tests.e2e.webdriver import Browser
from tests.fhir_adapters.mapping.resources import condition, observation, patient

pytestmark = pytest.mark.browser


def _chart() -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    lately, tomorrow = ((now + timedelta(days=days)).isoformat() for days in (-5, 1))
    hemolyzed = [{"text": "Specimen hemolyzed"}]
    return [
        patient(),
        observation("4548-4", 48, "mmol/mol", identity="converted", effectiveDateTime=lately),
        observation("2160-0", 1.0, "furlong", identity="unit", effectiveDateTime=lately),
        observation("2160-0", 900.0, "mg/dL", identity="range", effectiveDateTime=lately),
        observation("2160-0", 1.1, "mg/dL", identity="ahead", effectiveDateTime=tomorrow),
        observation("2823-3", 7.1, "mmol/L", identity="hemolyzed", effectiveDateTime=lately, note=hemolyzed),
        condition(identity="refuted", verificationStatus={"coding": [{"code": "refuted"}]}),
    ]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The demo with this chart, in this process."""
    # Made first: the embedded server has to know the address that it is reached by.
    server = make_server("127.0.0.1", 0, lambda environ, start: [], threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    built = build_platform(demo_settings(server.server_port, "", tmp_path))
    app = app_of(built)
    embedded = EmbeddedServer(f"{url}/fhir")
    embedded.load_bundle(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in _chart()]}
    )
    mount_fhir(app, embedded)
    app.register_blueprint(create_blueprint(SandboxConfig(fhir_base="/fhir")))
    server.app = app
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        built.ledger.close()
        built.client.close()


def test_the_developer_tab_tells_counts_and_entries(browser: Browser, site: str) -> None:
    browser.open(f"{site}/chart/p1#developer")
    table = browser.one("#panel-developer .data-quality table", containing="Observation")
    rows = table.text.split("\n")
    for treatment, reason in (
        ("Not used", "is dated after now"),
        ("Not used", "outside the plausible range"),
        ("Not used", "was refuted"),
        ("Used with doubt", "hemolyzed"),
        ("Corrected", "converted to %"),
    ):
        assert any(treatment in row and reason in row for row in rows), (treatment, reason)
    browser.one("#panel-developer .data-quality summary").click()
    entries = browser.one("#panel-developer .data-quality details table", containing="Observation/unit").text
    for source in ("Observation/range", "Observation/ahead", "Observation/hemolyzed", "Condition/refuted"):
        assert source in entries
    assert "7.1" not in entries
    assert browser.console() == []

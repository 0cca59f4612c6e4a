"""A chart of somebody else makes no card, whichever way it comes, and the audit says that it came."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.app import app_of
from cds_hooks.ledger.verification import verify
from cds_hooks.platform import Platform, build_platform
from cds_hooks.settings import settings_of
from fhir_adapters.errors import WrongPatientError
from tests.cds_hooks.ledger.test_audit import events
from tests.cds_hooks.platforms import call_body
from tests.fakes.faulty_server import FaultyServer, answer, bundle
from tests.patience import AMPLE_S

URL = "/cds-services/chart-review"
STRANGER = {"resourceType": "Patient", "id": "p2", "gender": "female", "name": [{"family": "Canary"}]}


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[Platform]:
    document = {
        "notes": {"enabled": False},
        "service": {"deadline_s": AMPLE_S},
        "fhir": {"allow_loopback": True, "connect_timeout_s": AMPLE_S},
        "ledger": {"url": f"sqlite:///{tmp_path / 'ledger.sqlite3'}"},
    }
    built = build_platform(settings_of(document))
    yield built
    built.ledger.close()
    built.client.close()


@pytest.mark.parametrize("road", ["prefetch", "server"])
def test_the_patient_of_somebody_else_is_refused_and_in_the_audit(shipped: Platform, road: str) -> None:
    with FaultyServer({"Patient/p1": answer(STRANGER)}, otherwise=answer(bundle())) as server:
        changes: dict[str, Any] = {
            "prefetch": {"patient": STRANGER, "conditions": None, "observations": None}
        }
        if road == "server":
            changes = {"prefetch": None, "fhirServer": server.base}
        refused = app_of(shipped).test_client().post(URL, json=call_body(**changes))
    assert refused.status_code == 412
    assert "cards" not in refused.json
    assert "Canary" not in refused.text
    database = shipped.ledger._database
    (event,) = events(database)
    assert (event["kind"], event["patient"], event["outcome"]) == ("call", "p1", WrongPatientError.code)
    assert "cards" not in event
    assert "p2" not in str(event)
    assert verify(database).intact

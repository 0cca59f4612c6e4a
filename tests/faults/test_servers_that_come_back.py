"""A service that starts while a FHIR server is down answers as soon as that is there, without a restart."""

from __future__ import annotations

from pathlib import Path

from cds_hooks.app import app_of
from cds_hooks.platform import build_platform
from cds_hooks.settings import settings_of
from tests.cds_hooks.platforms import call_body
from tests.fakes.faulty_server import FaultyServer
from tests.fakes.fhir_server import honest

URL = "/cds-services/chart-review"
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1966-04-02"}


def test_a_fhir_server_that_was_down_at_the_start_is_used_when_it_is_there(tmp_path: Path) -> None:
    with FaultyServer(otherwise=honest([PATIENT])) as server:
        honestly, server.otherwise = server.otherwise, lambda connection, _request: connection.reset()
        document = {
            "service": {"deadline_s": 30},
            "notes": {"enabled": False},
            "fhir": {"allow_loopback": True, "connect_timeout_s": 20},
            "ledger": {"url": f"sqlite:///{tmp_path / 'ledger.sqlite3'}"},
        }
        built = build_platform(settings_of(document))
        client = app_of(built).test_client()
        body = call_body(fhirServer=server.base, prefetch=None)
        try:
            assert client.get("/health/ready").status_code == 200
            assert [client.post(URL, json=body).status_code for _ in range(3)] == [412] * 3
            server.otherwise = honestly
            assert client.post(URL, json=body).status_code == 200
        finally:
            built.ledger.close()
            built.client.close()

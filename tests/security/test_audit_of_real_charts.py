"""A signed call about a real-sized chart, over HTTP: the audit names what was read, no word."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_hooks.ledger.verification import verify
from cds_hooks.platform import service_registry
from cds_hooks.settings import Settings
from tests.cds_hooks.ledger.test_audit import events
from tests.cds_hooks.platforms import browser, call_body, platform
from tests.fakes.fhir_server import fhir_server
from tests.patience import AMPLE_S
from tests.security import ehr
from tests.security.ehr import ISSUER, PUBLIC, Key, bearer

pytestmark = pytest.mark.data

CHARTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "fhir_synthea_google"
TOKEN = {
    "access_token": "canary-access-token",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.rs",
    "subject": "cuecard",
}


def _resources(path: Path) -> list[dict[str, Any]]:
    """The chart as the server holds it that has taken this transaction in."""
    text = gzip.decompress(path.read_bytes())
    entries = orjson.loads(text)["entry"]
    patient = next(each for each in entries if each["resource"]["resourceType"] == "Patient")
    stored = text.replace(patient["fullUrl"].encode(), f"Patient/{patient['resource']['id']}".encode())
    return [entry["resource"] for entry in orjson.loads(stored)["entry"]]


def _person(resources: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return next(each for each in resources if each["resourceType"] == "Patient")


def _words(resources: Iterable[dict[str, Any]]) -> set[str]:
    """Names, dates of birth, numbers and streets of the patient."""
    patient = _person(resources)
    names = [text for name in patient["name"] for text in (name["family"], *name["given"])]
    # One of the numbers is the FHIR id too, which the audit must name.
    numbers = [each["value"] for each in patient["identifier"] if each["value"] != patient["id"]]
    return {patient["birthDate"], *names, *numbers, *patient["address"][0]["line"]}


def test_the_audit_names_what_was_read_and_holds_no_word_of_it(
    tmp_path: Path, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    paths = sorted(CHARTS.glob("*.json.gz"))
    if not paths:
        pytest.skip("the public charts are not beside the checkout")
    resources = _resources(max(paths, key=lambda path: path.stat().st_size))
    patient = _person(resources)["id"]
    (tmp_path / "keys.json").write_bytes(ehr.key_set(key))
    service = service_registry(Settings()).hooks_of("chart-review")["patient-view"]
    with fhir_server(resources) as server:
        client = {"issuer": ISSUER, "jwks_file": str(tmp_path / "keys.json"), "fhir_servers": [server.base]}
        built = platform(
            tmp_path,
            service,
            fhir={"allow_loopback": True, "connect_timeout_s": AMPLE_S},
            callers={"public_url": PUBLIC},
            clients=[client],
            service={"deadline_s": AMPLE_S},
        )
        call = call_body(
            context={"userId": "Practitioner/u1", "patientId": patient},
            fhirServer=server.base,
            fhirAuthorization=TOKEN,
            prefetch=None,
        )
        with caplog.at_level(logging.INFO):
            answer = browser(built).post(
                "/cds-services/chart-review", json=call, headers=bearer(ehr.token(key))
            )
        built.client.close()
    assert answer.status_code == 200
    (event,) = events(built.ledger._database)
    assert (event["outcome"], event["patient"], event["issuer"]) == ("answered", patient, ISSUER)
    assert event["resources"]["Patient"] == [patient]
    held = {(each["resourceType"], each.get("id")) for each in resources}
    named = {(kind, identity) for kind, ids in event["resources"].items() for identity in ids}
    assert len(named) > 20
    assert named <= held
    assert {stamp["name"] for stamp in event["models"]} == {model.name for model in service.models}
    assert all(stamp["version"] and stamp["digest"] for stamp in event["models"])
    assert verify(built.ledger._database).intact
    built.ledger.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("ledger*"))
    logged = " ".join(str(record.__dict__) for record in caplog.records)
    for word in _words(resources) | {TOKEN["access_token"]}:
        assert str(word).encode() not in kept
        assert str(word) not in logged

"""Every address that comes in with a call, in every spelling that leads elsewhere: nobody is called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_hooks.app import app_of
from cds_hooks.platform import build_platform
from cds_hooks.settings import settings_of
from fhir_adapters.client import Access, FhirClient
from fhir_adapters.errors import UntrustedServer
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import TransportSettings
from tests.cds_hooks.platforms import call_body
from tests.fakes.faulty_server import FaultyServer, answer, bundle
from tests.fakes.fhir_server import honest
from tests.patience import AMPLE_S

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1966-04-02"}
TOKEN = "canary-token-7f3a"
# {port} is a listening canary's, {home} that of the call's own FHIR server.
ELSEWHERE = [
    "http://127.0.0.1:{port}/fhir",
    "http://localhost:{port}/fhir",
    "http://127.1:{port}/fhir",
    "http://0x7f.1:{port}/fhir",
    "http://0177.0.0.1:{port}/fhir",
    "http://2130706433:{port}/fhir",
    "http://127.0.0.1.:{port}/fhir",
    "http://localhost.:{port}/fhir",
    "http://[::1]:{port}/fhir",
    "http://[::ffff:127.0.0.1]:{port}/fhir",
    "http://[::ffff:10.0.0.1]:{port}/fhir",
    "http://10.0.0.1:{port}/fhir",
    "http://100.64.0.1:{port}/fhir",
    "http://[fc00::1]:{port}/fhir",
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:{home}@127.0.0.1:{port}/fhir",
    "http://127.0.0.1:{port}#@127.0.0.1:{home}/fhir",
    "http://127.0.0.1:{port}\\@127.0.0.1:{home}/fhir",
    "https://127.0.0.1:{port}/fhir",
    "https://ehr.example.org.evil.test:{port}/fhir",
    "https://ehr.example.org@127.0.0.1:{port}/fhir",
    "https://127.0.0.1:{port}/?u=https://ehr.example.org/fhir",
    "https://ehr.example.org/fhir2",
    "https://ehr.example.org./fhir",
    "//127.0.0.1:{port}/fhir",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "data:text/plain,x",
]
elsewhere = pytest.mark.parametrize("spelling", ELSEWHERE)


@pytest.fixture
def canary() -> Iterator[FaultyServer]:
    with FaultyServer(otherwise=answer(bundle())) as server:
        yield server


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Trusts one server, and nothing on this machine."""
    yield from _edge(tmp_path_factory.mktemp("strict"), trusted_servers=["https://ehr.example.org/fhir"])


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Trusts any server of this machine, as the demo does."""
    yield from _edge(tmp_path_factory.mktemp("local"), allow_loopback=True)


def _edge(folder: Path, **fhir: Any) -> Iterator[FlaskClient]:
    document = {
        "service": {"deadline_s": AMPLE_S},
        "fhir": {"connect_timeout_s": AMPLE_S, **fhir},
        "ledger": {"url": f"sqlite:///{folder / 'ledger.sqlite3'}"},
    }
    built = build_platform(settings_of(document))
    yield app_of(built).test_client()
    built.ledger.close()
    built.client.close()


def _authorization() -> dict[str, Any]:
    return {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "cuecard",
    }


@elsewhere
def test_a_fhir_server_that_is_not_on_the_list_is_not_called(
    strict: FlaskClient, canary: FaultyServer, spelling: str
) -> None:
    address = spelling.format(port=canary.port, home=1)
    body = call_body(fhirServer=address, fhirAuthorization=_authorization(), prefetch=None)
    response = strict.post("/cds-services/chart-review", json=body)
    assert canary.connections == 0
    assert response.status_code in (400, 412)
    outcome = response.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    said = response.get_data(as_text=True)
    assert TOKEN not in said
    assert "127.0.0.1" not in said


def _chart(field: str, address: str) -> dict[str, Any]:
    """A resource that points somewhere."""
    own = {"subject": {"reference": "Patient/p1"}, "status": "current"}
    if field == "attachment":
        content = [{"attachment": {"contentType": "text/plain", "url": address}}]
        return {"resourceType": "DocumentReference", "id": "d1", **own, "content": content}
    order = {
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": f"{address}/Medication/m1"},
    }
    return {"resourceType": "MedicationRequest", "id": "m1", **own, **order}


@elsewhere
@pytest.mark.parametrize("field", ["attachment", "medication", "next link"])
def test_an_address_in_the_chart_is_followed_below_the_calls_own_server_only(
    local: FlaskClient, canary: FaultyServer, field: str, spelling: str
) -> None:
    with FaultyServer(otherwise=honest([PATIENT])) as server:
        address = spelling.format(port=canary.port, home=server.port)
        prefetch: dict[str, Any] = {"patient": PATIENT}
        if field == "next link":
            prefetch["conditions"] = bundle(link=address)
        else:
            resource = _chart(field, address)
            prefetch["notes" if field == "attachment" else "medications"] = bundle(resource)
        body = call_body(fhirServer=server.base, fhirAuthorization=_authorization(), prefetch=prefetch)
        response = local.post("/cds-services/chart-review", json=body)
        assert canary.connections == 0
        assert all(request.path.startswith("/fhir/") for request in server.requests)
    assert response.status_code == 200
    assert TOKEN not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "server",
    [
        "https://ehr.example.org.evil.test/fhir",
        "https://evil.test/?u=https://ehr.example.org/fhir",
        "https://ehr.example.org@evil.test/fhir",
        "https://ehr.example.org/fhir2",
        "https://ehr.example.org:8443/fhir",
        "http://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/../admin",
        "https://ehr.example.org/fhir?x=1",
        "https://ehr.example.org/",
        "https://10.0.0.1/fhir",
        "https://127.0.0.1/fhir",
        "ehr.example.org/fhir",
        "",
    ],
)
def test_a_look_alike_server_is_never_called(server: str) -> None:
    client = FhirClient(TransportSettings(trusted_servers=("https://ehr.example.org/fhir",)))
    access = Access(server=server, patient_id="p1", token=TOKEN)
    with pytest.raises(UntrustedServer):
        client.fetch_all([Query(key="conditions", resource="Condition")], access, Deadline.after(1))

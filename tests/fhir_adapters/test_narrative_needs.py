"""Compositions and impressions are asked for where notes are read and fetched, of servers that have them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.client import FhirClient
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.prefetch import queries, templates
from fhir_adapters.record import Need, PatientRecord
from fhir_adapters.record.needs import with_narratives
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import TransportSettings
from tests.fakes.faulty_server import Behaviour, Connection, FaultyServer, Request, answer, bundle, status
from tests.fhir_adapters.mapping.resources import PID, document, inline, patient
from tests.fhir_adapters.mapping.test_narratives import composition, impression
from tests.patience import AMPLE_S

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NEEDS = (Need(resource="Patient", required=True), Need(resource="DocumentReference", newest=20))
SECTION = {"title": "Plan", "text": {"div": "<p>rest</p>"}}
CHART = (patient(), document(inline("HPI: well")), composition(SECTION), impression())


@pytest.fixture
def client() -> Iterator[FhirClient]:
    made = FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S))
    yield made
    made.close()


def holding(*resources: dict[str, Any], otherwise: Behaviour) -> Behaviour:
    kinds = {resource["resourceType"] for resource in resources}

    def behave(connection: Connection, request: Request) -> None:
        kind = request.path.removeprefix("/fhir/").partition("/")[0]
        found = [r for r in resources if r["resourceType"] == kind]
        if kind not in kinds:
            otherwise(connection, request)
        else:
            answer(found[0] if kind == "Patient" else bundle(*found))(connection, request)

    return behave


def _asked(server: FaultyServer) -> list[str]:
    return sorted(request.path.removeprefix("/fhir/").partition("/")[0] for request in server.requests)


def _record(server: FaultyServer, client: FhirClient, needs: tuple[Need, ...], **more: Any) -> PatientRecord:
    request = ChartRequest(patient_id=PID, fhir_server=server.base, **more)
    return gather(request, needs, client, Deadline.after(AMPLE_S), now=NOW).record


def test_notes_that_are_resources_are_fetched_with_the_documents(client: FhirClient) -> None:
    with FaultyServer(otherwise=holding(*CHART, otherwise=status(404))) as server:
        record = _record(server, client, with_narratives(NEEDS))
    assert {note.source for note in record.notes} == {
        "DocumentReference/d1", "Composition/k1", "ClinicalImpression/i1",
    }  # fmt: skip
    assert not record.gaps


def test_without_a_reader_of_notes_they_are_not_asked_for(client: FhirClient) -> None:
    with FaultyServer(otherwise=holding(*CHART, otherwise=status(404))) as server:
        _record(server, client, NEEDS)
        assert _asked(server) == ["DocumentReference", "Patient"]


@pytest.mark.parametrize("code", [400, 404])
def test_a_server_that_does_not_know_them_is_complete_and_not_asked_again(
    client: FhirClient, code: int
) -> None:
    with FaultyServer(otherwise=holding(*CHART[:2], otherwise=status(code))) as server:
        for _ in range(2):
            record = _record(server, client, with_narratives(NEEDS))
            assert not record.gaps
            assert len(record.notes) == 1
        assert _asked(server).count("Composition") == 1
        assert _asked(server).count("ClinicalImpression") == 1
        assert "metadata" not in _asked(server)


def test_a_server_that_fails_on_them_is_incomplete_and_asked_again(client: FhirClient) -> None:
    with FaultyServer(otherwise=holding(*CHART[:2], otherwise=status(500))) as server:
        for _ in range(2):
            gaps = {gap.source for gap in _record(server, client, with_narratives(NEEDS)).gaps}
            assert gaps == {"compositions", "impressions"}
        assert _asked(server).count("Composition") == 2


def test_a_token_that_excludes_them_asks_for_nothing_and_lacks_nothing(client: FhirClient) -> None:
    scope = "patient/Patient.read patient/DocumentReference.read"
    with FaultyServer(otherwise=holding(*CHART, otherwise=status(404))) as server:
        record = _record(server, client, with_narratives(NEEDS), access_token="t", scope=scope)
        assert not record.gaps
        assert _asked(server) == ["DocumentReference", "Patient"]


def test_a_call_that_came_with_its_notes_is_answered_without_a_query(client: FhirClient) -> None:
    supplied = {"patient": patient(), "notes": bundle(document(inline("HPI: well")))}
    with FaultyServer(otherwise=holding(*CHART, otherwise=status(404))) as server:
        record = _record(server, client, with_narratives(NEEDS), prefetch=supplied)
        assert not server.requests
    assert len(record.notes) == 1
    assert not record.gaps


def test_what_was_supplied_unasked_is_read(client: FhirClient) -> None:
    supplied = {
        "patient": patient(),
        "notes": bundle(document(inline("HPI: well"))),
        "compositions": bundle(composition(SECTION)),
    }
    with FaultyServer(otherwise=holding(*CHART, otherwise=status(404))) as server:
        record = _record(server, client, with_narratives(NEEDS), prefetch=supplied)
    assert {note.source for note in record.notes} == {"DocumentReference/d1", "Composition/k1"}


def test_the_templates_of_discovery_do_not_name_them() -> None:
    assert "compositions" not in templates(queries(NEEDS))
    assert with_narratives((NEEDS[0],)) == (NEEDS[0],)
    assert [need.newest for need in with_narratives(NEEDS)[2:]] == [20, 20]

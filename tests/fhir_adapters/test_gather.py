"""Prefetch first, then the server, then one record: the same by every road."""

from __future__ import annotations

import base64
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.client import FhirClient
from fhir_adapters.errors import (
    BadPrefetch,
    RequiredDataUnavailable,
    UnreadablePatientError,
    WrongPatientError,
)
from fhir_adapters.gather import ChartRequest, GatheredChart, gather
from fhir_adapters.record.needs import Need
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import Transport, TransportSettings
from tests.fakes.faulty_server import (
    Connection,
    FaultyServer,
    Request,
    answer,
    bundle,
    raw,
    stall,
    status,
)
from tests.fakes.fhir_server import fhir_server, honest
from tests.patience import AMPLE_S, with_more_time

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOKEN = "canary-token-7f3a"
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1960-02-03"}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
NEEDS = (
    Need(resource="Condition"),
    Need(resource="Observation", analytes=("hba1c", "creatinine")),
    Need(resource="MedicationRequest"),
    Need(resource="MedicationStatement"),
    Need(resource="DocumentReference", newest=3),
)


def about(kind: str, identity: str, patient: str = "p1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": kind,
        "id": identity,
        "subject": {"reference": f"Patient/{patient}"},
        **more,
    }


def condition(identity: str, **more: Any) -> dict[str, Any]:
    return about("Condition", identity, code={"text": "a diagnosis"}, **more)


def hba1c(identity: str, day: str, **more: Any) -> dict[str, Any]:
    return about(
        "Observation",
        identity,
        status="final",
        code={"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
        effectiveDateTime=day,
        valueQuantity={"value": 7.1, "system": "http://unitsofmeasure.org", "code": "%"},
        **more,
    )


def order(identity: str, **more: Any) -> dict[str, Any]:
    return about("MedicationRequest", identity, status="active", intent="order", **more)


def note(identity: str, day: str, **attachment: Any) -> dict[str, Any]:
    content = [{"attachment": {"contentType": "text/plain", **attachment}}]
    return about("DocumentReference", identity, status="current", date=day, content=content)


def inline(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CHART = [
    PATIENT,
    condition("c1"),
    condition("c2"),
    hba1c("o1", "2026-01-01"),
    hba1c("o2", "2026-03-01"),
    order("m1", medicationCodeableConcept={"text": "metformin"}),
    order("m2", medicationReference={"reference": "Medication/d1"}),
    {"resourceType": "Medication", "id": "d1", "code": {"text": "lisinopril"}},
    *(note(f"n{i}", f"2026-0{i}-01", data=inline(f"note {i}")) for i in range(1, 6)),
]
KEYS = {
    "patient": "Patient",
    "conditions": "Condition",
    "observations": "Observation",
    "medications": "MedicationRequest",
    "medicationStatements": "MedicationStatement",
    "notes": "DocumentReference",
}


def prefetch_of(chart: list[dict[str, Any]], keys: Any = KEYS) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in keys:
        matches = [r for r in chart if r["resourceType"] == KEYS[key]]
        found[key] = matches[0] if key == "patient" else bundle(*matches)
    if "medications" in found:
        drugs = [r for r in chart if r["resourceType"] == "Medication"]
        found["medications"]["entry"] += [{"resource": r, "search": {"mode": "include"}} for r in drugs]
    return found


@pytest.fixture
def client() -> Iterator[FhirClient]:
    made = FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S))
    made.warm_up()
    yield made
    made.close()


def read(
    client: FhirClient | None = None,
    server: FaultyServer | None = None,
    prefetch: dict[str, Any] | None = None,
    *,
    seconds: float = AMPLE_S,
    needs: tuple[Need, ...] = NEEDS,
    scope: str = "",
    patient_id: str = "p1",
) -> GatheredChart:
    request = ChartRequest(
        patient_id=patient_id,
        fhir_server=server.base if server else None,
        access_token=TOKEN if server else None,
        prefetch=prefetch or {},
        scope=scope,
    )
    return gather(request, needs, client, Deadline.after(seconds), now=NOW)


def gap_of(chart: GatheredChart, source: str) -> tuple[str, str]:
    (found,) = [gap for gap in chart.record.gaps if gap.source == source]
    return found.problem, found.reason


# The two roads


def test_prefetch_alone_gives_the_record_that_the_server_alone_gives(client: FhirClient) -> None:
    with fhir_server(CHART) as server:
        assert read(client, server).record == read(prefetch=prefetch_of(CHART)).record


@pytest.mark.parametrize("page_size", [1, 2, 7])
def test_pages_give_the_same_record_as_one_answer(client: FhirClient, page_size: int) -> None:
    with fhir_server(CHART, page_size=page_size) as server:
        assert read(client, server).record == read(prefetch=prefetch_of(CHART)).record


@pytest.mark.parametrize("key", list(KEYS))
def test_only_what_is_missing_is_asked_for(client: FhirClient, key: str) -> None:
    with fhir_server(CHART) as server:
        chart = read(client, server, prefetch_of(CHART, KEYS.keys() - {key}))
        kinds = {request.path.split("/")[2] for request in server.requests}
    assert kinds - {"Medication"} == {KEYS[key]}
    assert chart.record == read(prefetch=prefetch_of(CHART)).record


def test_nothing_is_started_when_all_was_supplied() -> None:
    settings = TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S)
    transport = Transport(settings)
    with FaultyServer() as server:
        read(FhirClient(settings, transport), server, prefetch_of(CHART))
        assert server.requests == []
    assert not transport.is_running


def test_importing_this_does_not_import_the_http_stack() -> None:
    code = "import sys, fhir_adapters.gather; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_queries_are_under_way_side_by_side(client: FhirClient) -> None:
    all_arrived = threading.Barrier(3)  # none is answered before the others are there

    def behave(connection: Connection, request: Request) -> None:
        all_arrived.wait(timeout=20)
        honest(CHART)(connection, request)

    with FaultyServer(otherwise=behave) as server:
        read(client, server, needs=NEEDS[:2])
    assert len(server.requests) == 3


def test_what_was_read_is_named_once(client: FhirClient) -> None:
    chart = read(prefetch=prefetch_of([*CHART, condition("c1")]))
    assert {"Patient/p1", "Condition/c1", "Medication/d1", "DocumentReference/n5"} <= set(chart.references)
    assert len(chart.references) == len(set(chart.references))


def test_the_time_of_each_stage_and_query_is_told(client: FhirClient) -> None:
    with fhir_server(CHART) as server:
        chart = read(client, server, prefetch_of(CHART, KEYS.keys() - {"conditions"}))
    assert set(chart.timings_ms) == {"prefetch", "fetch", "linked", "map", "fetch.conditions"}


# States of a prefetch key


@pytest.mark.parametrize("value", [None, {"resourceType": "Bundle"}])
def test_what_is_known_to_be_empty_is_not_asked_for(client: FhirClient, value: object) -> None:
    with fhir_server(CHART) as server:
        chart = read(client, server, {**prefetch_of(CHART), "conditions": value})
        assert server.requests == []
    assert chart.record.conditions == ()
    assert chart.record.coverage["Condition"] == "complete"


def test_what_the_client_failed_to_read_is_not_asked_for_again(client: FhirClient) -> None:
    with fhir_server(CHART) as server:
        chart = read(client, server, {**prefetch_of(CHART), "conditions": OUTCOME})
        assert server.requests == []
    assert chart.record.coverage["Condition"] == "unavailable"
    assert gap_of(chart, "conditions")[0] == "unavailable"


def test_the_rest_of_a_paged_bundle_is_fetched(client: FhirClient) -> None:
    with fhir_server(CHART, page_size=1) as server:
        first = bundle(condition("c1"), link=f"{server.base}/Condition?patient=p1&_offset=1")
        chart = read(client, server, {**prefetch_of(CHART), "conditions": first})
    assert [cond.source for cond in chart.record.conditions] == ["Condition/c1", "Condition/c2"]
    assert chart.record.coverage["Condition"] == "complete"


def test_a_paged_bundle_without_a_server_is_partial() -> None:
    first = bundle(condition("c1"), link="https://ehr.example.org/fhir?page=2")
    chart = read(prefetch={**prefetch_of(CHART), "conditions": first})
    assert chart.record.coverage["Condition"] == "partial"
    assert gap_of(chart, "conditions")[0] == "incomplete"


def test_a_page_of_another_server_is_not_followed(client: FhirClient) -> None:
    with FaultyServer() as canary, fhir_server(CHART) as server:
        first = bundle(condition("c1"), link=f"{canary.base}/Condition?page=2")
        chart = read(client, server, {**prefetch_of(CHART), "conditions": first})
        assert canary.requests == server.requests == []
    assert chart.record.coverage["Condition"] == "partial"


def test_a_limit_that_was_reached_needs_no_further_page(client: FhirClient) -> None:
    notes = [r for r in CHART if r["resourceType"] == "DocumentReference"]
    with fhir_server(CHART) as server:
        first = bundle(*notes[::-1][:3], link=f"{server.base}/DocumentReference?patient=p1&_offset=3")
        chart = read(client, server, {**prefetch_of(CHART), "notes": first})
        assert server.requests == []
    assert chart.record.coverage["DocumentReference"] == "complete"


def test_only_the_newest_that_are_wanted_are_kept() -> None:
    chart = read(prefetch=prefetch_of(CHART))
    assert {n.source for n in chart.record.notes} == {f"DocumentReference/n{i}" for i in (3, 4, 5)}


def test_another_patients_newer_notes_do_not_push_out_this_patients(client: FhirClient) -> None:
    theirs = [note(f"x{i}", "2026-05-30", data=inline("x")) for i in range(5)]
    for other in theirs:
        other["subject"] = {"reference": "Patient/p2"}
    chart = read(prefetch=prefetch_of([*theirs, *CHART]))
    assert {n.source for n in chart.record.notes} == {f"DocumentReference/n{i}" for i in (3, 4, 5)}


def test_a_wrong_type_names_its_key() -> None:
    with pytest.raises(BadPrefetch, match=r"prefetch\.observations"):
        read(prefetch={**prefetch_of(CHART), "observations": [1]})


def test_what_no_model_needs_is_neither_asked_for_nor_looked_at(client: FhirClient) -> None:
    with fhir_server(CHART) as server:
        chart = read(client, server, {"allergies": "not even JSON", "patient": PATIENT}, needs=NEEDS[:1])
        assert {request.path for request in server.requests} == {"/fhir/Condition"}
    assert chart.record.coverage["AllergyIntolerance"] == "not-asked"


# What can't be had


def test_without_a_patient_there_is_no_record() -> None:
    with pytest.raises(RequiredDataUnavailable) as caught:
        read(prefetch=prefetch_of(CHART, ["conditions"]))
    assert set(caught.value.missing) == {"patient"}
    assert caught.value.resources == ("Patient",)


@pytest.mark.parametrize("value", [None, OUTCOME, {"resourceType": "Bundle", "entry": []}])
def test_a_patient_that_the_client_could_not_supply_is_not_invented(
    client: FhirClient, value: object
) -> None:
    with fhir_server(CHART) as server:
        with pytest.raises(RequiredDataUnavailable):
            read(client, server, {**prefetch_of(CHART), "patient": value})
        assert server.requests == []


def test_required_data_that_is_late_is_named() -> None:
    needs = (Need(resource="Condition", required=True), Need(resource="Procedure"))
    client = FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S))
    try:
        with (
            FaultyServer(otherwise=stall()) as server,
            pytest.raises(RequiredDataUnavailable, match=r"conditions: .*in time"),
        ):
            read(client, server, {"patient": PATIENT}, needs=needs, seconds=0.4)
    finally:
        client.close()


def test_required_data_known_to_be_empty_is_an_answer() -> None:
    needs = (Need(resource="Condition", required=True),)
    assert read(prefetch={"patient": PATIENT, "conditions": None}, needs=needs).record.conditions == ()


def test_optional_data_that_is_late_becomes_a_gap(client: FhirClient) -> None:
    with fhir_server(CHART) as server:
        server.behaviours["Observation"] = stall()

        def check(seconds: float) -> None:
            chart = read(client, server, seconds=seconds)
            assert len(chart.record.conditions) == 2
            assert chart.record.coverage["Observation"] == "unavailable"
            assert "in time" in gap_of(chart, "observations")[1]

        with_more_time(check, 0.6, 6, AMPLE_S)


@pytest.mark.parametrize(
    "behaviour", [status(401), status(500), raw(b"<html>", media_type="text/html"), answer(OUTCOME)]
)
def test_a_failing_query_costs_that_query(client: FhirClient, behaviour: Any) -> None:
    with fhir_server(CHART) as server:
        server.behaviours["Condition"] = behaviour
        chart = read(client, server)
    assert chart.record.coverage["Condition"] == "unavailable"
    assert chart.record.coverage["Observation"] == "complete"
    assert TOKEN not in gap_of(chart, "conditions")[1]


def test_an_untrusted_server_is_not_asked() -> None:
    with fhir_server(CHART) as server:
        client = FhirClient(TransportSettings(trusted_servers=("https://ehr.example.org/fhir",)))
        chart = read(client, server, prefetch_of(CHART, ["patient"]))
        assert server.requests == []
    assert chart.record.coverage["Condition"] == "unavailable"


def test_a_query_that_the_scopes_exclude_is_not_sent(client: FhirClient) -> None:
    scope = "patient/Patient.read patient/Observation.read patient/Medication*.read"
    with fhir_server(CHART) as server:
        chart = read(client, server, scope=scope, needs=NEEDS[:2])
        assert {request.path for request in server.requests} == {"/fhir/Patient/p1", "/fhir/Observation"}
    assert gap_of(chart, "conditions") == ("unavailable", "not permitted by the token's scopes")


# Whose data


def test_another_patient_is_an_error() -> None:
    with pytest.raises(WrongPatientError):
        read(prefetch={**prefetch_of(CHART), "patient": {**PATIENT, "id": "p2"}})


@pytest.mark.parametrize("patient_id", ["", "..", "p1/../../admin", "p1?x=1", "Patient/p1"])
def test_an_id_that_could_change_the_url_is_refused(client: FhirClient, patient_id: str) -> None:
    with fhir_server(CHART) as server:
        with pytest.raises(UnreadablePatientError):
            read(client, server, patient_id=patient_id)
        assert server.requests == []


def test_a_server_that_ignores_the_patient_filter_does_not_mix_charts(client: FhirClient) -> None:
    theirs = condition("theirs")
    theirs["subject"] = {"reference": "Patient/p2"}
    with fhir_server(CHART) as server:
        server.behaviours["Condition"] = answer(bundle(condition("c1"), theirs))
        chart = read(client, server)
    assert [cond.source for cond in chart.record.conditions] == ["Condition/c1"]
    assert "Condition/theirs" not in chart.references
    assert gap_of(chart, "conditions")[0] == "wrong-patient"


# Links


def test_a_note_behind_a_binary_url_is_read(client: FhirClient) -> None:
    binary = {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": inline("from json")}
    notes = [note("n1", "2026-01-01", url="Binary/b1"), note("n2", "2026-02-01", url="Binary/b2")]
    with fhir_server([PATIENT, *notes, binary]) as server:
        server.behaviours["Binary/b2"] = raw(
            "from bytes é".encode("latin-1"), media_type="text/plain; charset=latin1"
        )
        chart = read(client, server)
    assert sorted(n.text for n in chart.record.notes) == ["from bytes é", "from json"]


@pytest.mark.parametrize("behaviour", [status(404), stall(), raw(b"x" * 3_000_000, media_type="text/plain")])
def test_a_note_text_that_can_not_be_had_is_a_gap(client: FhirClient, behaviour: Any) -> None:
    with fhir_server([PATIENT, note("n1", "2026-01-01", url="Binary/b1")]) as server:
        server.behaviours["Binary/b1"] = behaviour

        def check(seconds: float) -> None:
            chart = read(client, server, seconds=seconds)
            assert chart.record.notes == ()
            assert gap_of(chart, "notes")[0] == "incomplete"

        with_more_time(check, 1, 6, AMPLE_S)


def test_an_attachment_elsewhere_is_not_fetched(client: FhirClient) -> None:
    with FaultyServer() as canary:
        with fhir_server([PATIENT, note("n1", "2026-01-01", url=f"{canary.base}/Binary/b1")]) as server:
            chart = read(client, server)
        assert canary.requests == []
    assert "elsewhere" in gap_of(chart, "notes")[1]


def test_only_so_many_attachments_are_fetched_and_the_newest_first() -> None:
    notes = [note(f"n{i}", f"2026-01-{i:02}", url=f"Binary/b{i}") for i in range(1, 8)]
    client = FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S, max_attachments=2))
    try:
        with fhir_server([PATIENT, *notes]) as server:
            server.behaviours.update({f"Binary/b{i}": raw(b"x", media_type="text/plain") for i in range(8)})
            chart = read(client, server, needs=(Need(resource="DocumentReference"),))
            asked = {request.path for request in server.requests if "Binary" in request.path}
    finally:
        client.close()
    assert asked == {"/fhir/Binary/b7", "/fhir/Binary/b6"}
    assert "5 attachments" in gap_of(chart, "notes")[1]


def test_a_drug_named_by_reference_is_fetched(client: FhirClient) -> None:
    with fhir_server(CHART) as server:
        chart = read(client, server)
    assert {med.concept.label for med in chart.record.medications} == {"metformin", "lisinopril"}


def test_a_drug_that_came_along_is_not_fetched(client: FhirClient) -> None:
    with fhir_server(CHART) as server:
        read(client, server, prefetch_of(CHART))
        assert server.requests == []

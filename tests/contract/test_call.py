from __future__ import annotations

import copy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from cds_hooks.platform import Platform
from models.finding import Abstention, Assessment
from tests.cds_hooks.platforms import (
    ORIGIN,
    PATIENT,
    SmallModel,
    broken,
    browser,
    call_body,
    platform,
    silent,
    sure,
)

URL = "/cds-services/chart-review"
TOKEN = {
    "access_token": "s3cr3t-token",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/Observation.rs",
    "subject": "cuecard",
}
SERVER = "https://ehr.example.org/fhir"


def outcome(answer: TestResponse, status: int) -> dict[str, Any]:
    """The one issue of an OperationOutcome, after a look at everything that all errors share."""
    assert answer.status_code == status, answer.data
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json
    assert body["resourceType"] == "OperationOutcome"
    (issue,) = body["issue"]
    assert issue["severity"] == "error"
    correlation_id = answer.headers["X-Correlation-ID"]
    assert UUID(correlation_id)
    assert correlation_id in issue["diagnostics"]
    return dict(issue)


def test_a_call_is_answered_with_cards(client: FlaskClient) -> None:
    answer = client.post(URL, json=call_body())
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    (card,) = answer.json["cards"]
    assert len(card["summary"]) < 140
    assert {"uuid", "indicator", "source", "detail"} <= card.keys()


def test_nothing_to_say_is_an_empty_list(tmp_path: Path) -> None:
    client = browser(platform(tmp_path, models=(SmallModel("sure.v1", silent),)))
    assert client.post(URL, json=call_body()).json == {"cards": []}


def test_without_models_a_call_is_answered_and_accounted_for(tmp_path: Path) -> None:
    client = browser(platform(tmp_path, models=()))
    answer = client.post(URL, json=call_body(prefetch={"patient": 7, "x": []}))
    assert (answer.status_code, answer.json) == (200, {"cards": []})
    assert "ledger;dur=" in answer.headers["Server-Timing"]


def test_the_answer_says_how_long_each_stage_took(client: FlaskClient) -> None:
    header = client.post(URL, json=call_body()).headers["Server-Timing"]
    names = [stage.partition(";")[0] for stage in header.split(", ")]
    assert names == ["parse", "gather", "read", "assess", "declines", "cards", "ledger"]


def test_a_repeated_call_has_the_same_cards(client: FlaskClient) -> None:
    body = call_body()
    first, second = (client.post(URL, json=body).json["cards"] for _ in range(2))
    assert [card["uuid"] for card in first] == [card["uuid"] for card in second]


@pytest.mark.parametrize("path", ["hook", "hookInstance", "context", "context.userId", "context.patientId"])
@pytest.mark.parametrize("value", ["absent", None, "", 7, [], {}])
def test_each_required_field_is_named_when_it_is_missing_or_wrong(
    client: FlaskClient, path: str, value: Any
) -> None:
    body = copy.deepcopy(call_body())
    *parents, name = path.split(".")
    holder = body
    for parent in parents:
        holder = holder[parent]
    holder.pop(name) if value == "absent" else holder.update({name: value})
    issue = outcome(client.post(URL, json=body), 400)
    (named,) = issue["expression"]
    assert named.startswith(path)
    assert named in issue["details"]["text"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hook": "order-sign"}, "hook"),
        ({"hookInstance": "12345"}, "hookInstance"),
        ({"hookInstance": f"{{{uuid4()}}}"}, "hookInstance"),
        ({"context": {"userId": "u1", "patientId": "p1"}}, "context.userId"),
        ({"context": {"userId": "Device/u1", "patientId": "p1"}}, "context.userId"),
        ({"context": {"userId": "Practitioner/../x", "patientId": "p1"}}, "context.userId"),
        ({"context": {"userId": "Practitioner/u1", "patientId": "Patient/p1"}}, "context.patientId"),
        ({"context": {"userId": "Practitioner/u1", "patientId": "x" * 65}}, "context.patientId"),
        (
            {"context": {"userId": "Practitioner/u1", "patientId": "p1", "encounterId": 4}},
            "context.encounterId",
        ),
        ({"fhirServer": "http://ehr.example.org/fhir"}, "fhirServer"),
        ({"fhirServer": "http://127.0.0.1/fhir"}, "fhirServer"),
        ({"fhirServer": "httpsx://ehr.example.org/fhir"}, "fhirServer"),
        ({"fhirServer": "https://user:pw@ehr.example.org"}, "fhirServer"),
        ({"fhirServer": "https://ehr.example.org/fhir?x=1"}, "fhirServer"),
        ({"fhirServer": ["https://ehr.example.org"]}, "fhirServer"),
        ({"fhirAuthorization": TOKEN}, "fhirServer"),
        ({"fhirServer": SERVER, "fhirAuthorization": "Bearer x"}, "fhirAuthorization"),
        (
            {"fhirServer": SERVER, "fhirAuthorization": TOKEN | {"token_type": "Basic"}},
            "fhirAuthorization.token_type",
        ),
        (
            {"fhirServer": SERVER, "fhirAuthorization": TOKEN | {"expires_in": "300"}},
            "fhirAuthorization.expires_in",
        ),
        ({"fhirServer": SERVER, "fhirAuthorization": {}}, "fhirAuthorization.access_token"),
        ({"prefetch": []}, "prefetch"),
        ({"prefetch": {"patient": "Patient/p1"}}, "prefetch.patient"),
        ({"prefetch": {"patient": PATIENT, "conditions": [1]}}, "prefetch.conditions"),
        ({"prefetch": {"patient": PATIENT, "conditions": {"resourceType": "Slot"}}}, "prefetch.conditions"),
    ],
)
def test_a_malformed_field_is_named_and_its_value_is_not_repeated(
    client: FlaskClient, changes: dict[str, Any], field: str
) -> None:
    answer = client.post(URL, json=call_body(**changes))
    assert outcome(answer, 400)["expression"] == [field]
    assert "s3cr3t" not in answer.text


def test_unknown_fields_are_ignored(client: FlaskClient) -> None:
    body = call_body(extension={"com.example": {"x": None}}, tomorrow=[1])
    body["context"] |= {"encounterId": "e1", "later": {"deep": []}}
    body["prefetch"] |= {"unasked": "anything", "extension": 3}
    assert client.post(URL, json=body).status_code == 200


@pytest.mark.parametrize("kind", ["Practitioner", "PractitionerRole", "Patient", "RelatedPerson"])
def test_every_kind_of_user_may_call(client: FlaskClient, kind: str) -> None:
    body = call_body(context={"userId": f"{kind}/u-1.x", "patientId": "p1"})
    assert client.post(URL, json=body).status_code == 200


def test_an_unknown_service_is_404(client: FlaskClient) -> None:
    assert outcome(client.post("/cds-services/nothing", json=call_body()), 404)["code"] == "not-found"
    outcome(client.post("/cds-services/nothing/feedback", json={"feedback": []}), 404)


def test_an_unknown_address_is_404_without_a_page(client: FlaskClient) -> None:
    outcome(client.get("/elsewhere"), 404)
    outcome(client.get("//cds-services"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", URL, "POST"),
        ("DELETE", URL, "POST"),
        ("POST", "/cds-services", "GET"),
        ("PUT", f"{URL}/feedback", "POST"),
    ],
)
def test_another_method_is_405_and_says_which_would_do(
    client: FlaskClient, method: str, path: str, allowed: str
) -> None:
    answer = client.open(path, method=method)
    outcome(answer, 405)
    assert allowed in answer.headers["Allow"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/xml"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_another_media_type_is_415(client: FlaskClient, headers: dict[str, str]) -> None:
    outcome(client.post(URL, data=b"{}", headers=headers), 415)


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/json; charset=UTF-8", "application/fhir+json"]
)
def test_json_media_types_are_read(client: FlaskClient, media_type: str) -> None:
    issue = outcome(client.post(URL, data=b"{}", headers={"Content-Type": media_type}), 400)
    assert issue["expression"] == ["hook"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b'{"hook":"patient-view","hook":"x"}'])
def test_a_body_that_is_no_object_is_400(client: FlaskClient, body: bytes) -> None:
    outcome(client.post(URL, data=body, headers={"Content-Type": "application/json"}), 400)


def test_a_body_over_the_limit_is_413(tmp_path: Path) -> None:
    client = browser(platform(tmp_path, service={"max_body_bytes": 2048}))
    headers = {"Content-Type": "application/json"}
    outcome(client.post(URL, data=b" " * 2049, headers=headers), 413)
    outcome(client.post(URL, data=b" " * 2048, headers=headers), 400)


def test_required_data_that_can_not_be_had_is_412(client: FlaskClient) -> None:
    issue = outcome(client.post(URL, json=call_body(prefetch={})), 412)
    assert "patient" in issue["details"]["text"]


def test_an_untrusted_server_is_not_called_and_its_data_is_412(client: FlaskClient) -> None:
    body = call_body(prefetch={}, fhirServer="https://127.0.0.1:9/fhir", fhirAuthorization=TOKEN)
    answer = client.post(URL, json=body)
    issue = outcome(answer, 412)
    assert "trusted" in issue["details"]["text"]
    assert "s3cr3t" not in answer.text


def test_the_patient_of_somebody_else_gives_no_card(client: FlaskClient) -> None:
    body = call_body(prefetch={"patient": PATIENT | {"id": "p2"}, "conditions": None})
    outcome(client.post(URL, json=body), 412)


def test_when_every_model_fails_the_answer_is_500_and_says_nothing_of_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = browser(platform(tmp_path, models=(SmallModel("a.v1", broken), SmallModel("b.v1", broken))))
    answer = client.post(URL, json=call_body())
    outcome(answer, 500)
    assert "Roe" not in answer.text + caplog.text


def test_a_model_that_fails_beside_one_with_nothing_to_say_is_named(tmp_path: Path) -> None:
    client = browser(platform(tmp_path, models=(SmallModel("a.v1", broken), SmallModel("sure.v1", silent))))
    (card,) = client.post(URL, json=call_body()).json["cards"]
    assert card["summary"].startswith("Chart not fully assessed")
    assert "the model failed on this chart" in card["detail"]


def test_one_failing_model_does_not_silence_the_others(tmp_path: Path) -> None:
    client = browser(platform(tmp_path, models=(SmallModel("a.v1", broken), SmallModel("sure.v1", sure))))
    assert len(client.post(URL, json=call_body()).json["cards"]) == 1


def test_when_no_model_could_answer_in_time_the_answer_is_503(tmp_path: Path) -> None:
    def late(_record: object) -> Assessment:
        stamp = SmallModel("late.v1", silent).stamp
        return Assessment(abstentions=(Abstention(key="late", cause="out-of-time", reason="-", model=stamp),))

    client = browser(platform(tmp_path, models=(SmallModel("late.v1", late),)))
    answer = client.post(URL, json=call_body())
    assert outcome(answer, 503)["code"] == "timeout"
    assert answer.headers["Retry-After"]


def test_a_defect_is_500_and_the_log_says_where_without_its_text(
    edge: Platform, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise KeyError("Jane Roe")

    monkeypatch.setattr("cds_hooks.app.invoke", fail)
    answer = client.post(URL, json=call_body())
    outcome(answer, 500)
    assert "Roe" not in answer.text
    (entry,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert entry.__dict__["error"] == "KeyError"
    assert entry.__dict__["correlation_id"] == answer.headers["X-Correlation-ID"]
    assert "fail" in entry.__dict__["where"]
    assert "Roe" not in str(entry.__dict__)


def test_a_ledger_that_can_not_be_written_is_503_for_calls_and_readiness(tmp_path: Path) -> None:
    client = browser(platform(tmp_path, ledger={"url": f"sqlite:///{tmp_path / 'absent' / 'l.sqlite3'}"}))
    outcome(client.post(URL, json=call_body()), 503)
    outcome(client.get("/health/ready"), 503)
    assert client.get("/health/live").json == {"status": "live"}


def test_a_healthy_service_is_ready(client: FlaskClient) -> None:
    assert client.get("/health/ready").json == {
        "status": "ready",
        "notes": "not read",
        "callers": "anyone",
    }


@pytest.mark.parametrize("path", ["/cds-services", "/elsewhere", URL])
def test_a_listed_origin_may_read_every_answer(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/cds-services", URL, f"{URL}/feedback"])
def test_preflight_needs_no_authentication(client: FlaskClient, path: str) -> None:
    answer = client.options(path, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://ehr.example.org.evil.example",
        "https://ehr.example.org:444",
        "http://ehr.example.org",
        "https://ehr.example.orgx",
        "null",
        "*",
        "http://localhost:3000",
    ],
)
def test_another_origin_may_not(client: FlaskClient, origin: str) -> None:
    for answer in (
        client.get("/cds-services", headers={"Origin": origin}),
        client.options(URL, headers={"Origin": origin}),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:8000", True),
        ("https://[::1]:9", True),
        ("http://localhost.evil.example", False),
        ("http://user@localhost", False),
        ("http://localhost/x", False),
        ("http://127.0.0.1.evil.example", False),
        ("file://localhost", False),
        ("http://localhost:99999", False),
    ],
)
def test_a_demo_allows_pages_of_this_machine_only(tmp_path: Path, origin: str, allowed: bool) -> None:
    client = browser(platform(tmp_path, cors={"allow_loopback": True}))
    answer = client.get("/cds-services", headers={"Origin": origin})
    assert ("Access-Control-Allow-Origin" in answer.headers) is allowed


def test_the_access_log_has_the_route_and_no_address(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    client.post("/cds-services/secret-identifier?patient=secret", json=call_body())
    (entry,) = [record for record in caplog.records if record.message == "answered"]
    assert entry.__dict__["route"] == "/cds-services/<service_id>"
    assert "secret" not in str(entry.__dict__)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["Patient", "Bundle", "https://ehr.example.org", "p1", "Practitioner/u1", "entry", "OperationOutcome"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "entry",
                    "resource",
                    "id",
                    "code",
                    "subject",
                    "link",
                    "birthDate",
                    "access_token",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
FIELDS = """hook hookInstance context fhirServer fhirAuthorization prefetch extension context.userId
context.patientId context.encounterId prefetch.patient prefetch.conditions prefetch.patient.id
prefetch.patient.birthDate prefetch.patient.name prefetch.patient.deceasedDateTime prefetch.patient.gender"""


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(FIELDS.split()), value=JSON)
def test_any_json_in_any_field_is_answered_with_200_or_4xx(
    client: FlaskClient, path: str, value: Any
) -> None:
    body = copy.deepcopy(call_body())
    holder = body
    *parents, name = path.split(".")
    for parent in parents:
        holder = holder[parent]
    holder[name] = value
    answer = client.post(URL, json=body)
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, (path, value)
    assert answer.mimetype == "application/json"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason"]),
        JSON,
    )
)
def test_any_json_as_feedback_is_answered_with_200_or_4xx(client: FlaskClient, entry: dict[str, Any]) -> None:
    answer = client.post(f"{URL}/feedback", json={"feedback": [entry]})
    assert 400 <= answer.status_code < 500

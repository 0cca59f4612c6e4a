"""The doctor says what a server gives, what a chart is enough for, and nothing of what the chart says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from cds_hooks import cli
from cds_hooks.doctor import Report, print_report
from fhir_adapters.capability import Capability, read_capability
from tests.fakes.faulty_server import Behaviour, Connection, FaultyServer, Request, answer, raw, stall, status
from tests.fakes.fhir_server import honest
from tests.fhir_adapters.mapping.resources import observation, patient
from tests.patience import with_more_time

STATEMENT: dict[str, Any] = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "software": {"name": "Example server"},
    "rest": [
        {
            "mode": "server",
            "resource": [
                {"type": "Patient", "interaction": [{"code": "read"}]},
                {
                    "type": "Condition",
                    "interaction": [{"code": "search-type"}],
                    "searchParam": [{"name": "patient"}],
                },
                {
                    "type": "Observation",
                    "interaction": [{"code": "search-type"}],
                    "searchParam": [{"name": "subject"}],
                },
            ],
        }
    ],
}
CHART = [patient(), observation("4548-4", 7.9, "%"), observation("2160-0", 1.0, "furlong", identity="o2")]


def with_statement(behaviour: Behaviour, statement: dict[str, Any] = STATEMENT) -> Behaviour:
    def behave(connection: Connection, request: Request) -> None:
        (answer(statement) if request.path.endswith("/metadata") else behaviour)(connection, request)

    return behave


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    def call(server: FaultyServer, *arguments: str, text: bool = False) -> tuple[int, Any]:
        code = cli.main(["doctor", "--fhir", server.base, *arguments, *([] if text else ["--json"])])
        out = capsys.readouterr().out
        return code, out if text else json.loads(out)

    return call


@pytest.mark.parametrize(
    ("stated", "vendor"),
    [
        ({"software": {"name": "Epic"}}, "epic"),
        ({"publisher": "Cerner"}, "oracle_health"),
        ({"software": {"name": "HAPI FHIR Server"}}, "hapi"),
        ({"software": {"name": "Something else"}}, "generic_r4"),
    ],
)
def test_the_doctor_names_the_family_that_a_server_states(
    doctor: Callable[..., tuple[int, Any]], stated: dict[str, Any], vendor: str
) -> None:
    with FaultyServer(otherwise=with_statement(honest(CHART), {**STATEMENT, **stated})) as server:
        report = doctor(server)[1]
        assert (report["vendor"], report["vendor_hidden"]) == (vendor, vendor != "generic_r4")
        text = doctor(server, text=True)[1]
        assert f"read as: {vendor}" in text
        assert (f'set vendor = "{vendor}" in [[fhir.servers]]' in text) is report["vendor_hidden"]


def test_a_server_that_gives_all_is_healthy(doctor: Callable[..., tuple[int, Any]]) -> None:
    with FaultyServer(otherwise=with_statement(honest(CHART))) as server:
        code, report = doctor(server, "--patient", "p1", "--as-of", "last-entry")
    assert (code, report["healthy"], report["version"], report["software"]) == (
        0,
        True,
        "R4",
        "Example server",
    )
    searches = {search["resource"]: search for search in report["searches"]}
    assert (searches["Observation"]["found"], searches["Observation"]["coverage"]) == (2, "complete")
    assert searches["Observation"]["milliseconds"] > 0
    models = {model["name"]: model for model in report["models"]}
    assert models["diabetes.v1"]["outcome"] == "finding"
    assert models["fib4.v1"]["outcome"] == "no answer"
    assert "platelets" in " ".join(models["fib4.v1"]["missing"]).lower()
    assert [(note["problem"], note["source"]) for note in report["quality"]] == [
        ("unconvertible", "Observation/o2")
    ]


def test_what_a_server_states_of_its_searches_is_told(doctor: Callable[..., tuple[int, Any]]) -> None:
    with FaultyServer(otherwise=with_statement(honest(CHART))) as server:
        _, report = doctor(server)
    stated = {search["resource"]: search["supported"] for search in report["searches"]}
    assert stated["Patient"] == stated["Condition"] == "yes"
    assert stated["Observation"] == "no"  # by subject, but not by code
    assert stated["Procedure"] == "no"


def test_a_query_that_fails_is_a_gap_and_shows_in_the_exit_code(
    doctor: Callable[..., tuple[int, Any]],
) -> None:
    def behave(connection: Connection, request: Request) -> None:
        (status(500) if request.path.endswith("/AllergyIntolerance") else honest(CHART))(connection, request)

    with FaultyServer(otherwise=with_statement(behave)) as server:
        code, report = doctor(server, "--patient", "p1")
    assert (code, report["healthy"], report["trouble"]) == (1, False, None)
    (failed,) = [search for search in report["searches"] if search["reason"]]
    assert (failed["resource"], failed["coverage"]) == ("AllergyIntolerance", "unavailable")


@pytest.mark.parametrize(
    ("behaviour", "trouble"),
    [
        (status(401), "permit"),
        (raw(b"<html>Sign in</html>", media_type="text/html"), "JSON"),
        (answer({"resourceType": "Patient"}), "another kind"),
        (answer({**STATEMENT, "fhirVersion": "0.0.82"}), "version"),
    ],
)
def test_a_server_that_can_not_be_used_says_why(
    doctor: Callable[..., tuple[int, Any]], behaviour: Behaviour, trouble: str
) -> None:
    with FaultyServer(otherwise=behaviour) as server:
        code, report = doctor(server, "--patient", "p1")
    assert code == 1
    assert trouble in report["trouble"]
    assert report["models"] == []


def test_a_patient_that_is_not_there_is_trouble(doctor: Callable[..., tuple[int, Any]]) -> None:
    with FaultyServer(otherwise=with_statement(honest([]))) as server:
        code, report = doctor(server, "--patient", "nobody")
    assert code == 1
    assert "patient" in report["trouble"]


def test_a_chart_of_somebody_who_died_has_no_models_and_a_remark(
    doctor: Callable[..., tuple[int, Any]],
) -> None:
    dead = [patient(deceasedBoolean=True)]
    with FaultyServer(otherwise=with_statement(honest(dead))) as server:
        code, report = doctor(server, "--patient", "p1")
    assert (code, report["models"]) == (0, [])
    assert "died" in report["remark"]


def test_the_text_shows_counts_and_reasons_and_nothing_of_the_chart(
    doctor: Callable[..., tuple[int, Any]],
) -> None:
    with FaultyServer(otherwise=with_statement(honest(CHART))) as server:
        code, text = doctor(server, "--patient", "p1", "--as-of", "last-entry", text=True)
    assert code == 0
    for words in ("FHIR R4 (4.0.1)", "Example server", "diabetes.v1", "Healthy", "Observation/o2"):
        assert words in text
    for secret in ("Canary", "7.9", "1960", "furlong"):
        assert secret not in text


def test_what_a_server_calls_itself_can_not_color_the_terminal() -> None:
    capability = read_capability({**STATEMENT, "software": {"name": "[red]\x1b[31mEvil[/]"}})
    out = io.StringIO()
    print_report(
        Report(server="https://x", vendor="generic_r4", capability=capability, milliseconds=1), out, 80
    )
    assert "[red]" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_a_report_without_a_patient_says_what_to_do_next() -> None:
    out = io.StringIO()
    print_report(
        Report(server="https://x", vendor="generic_r4", capability=Capability(version="R4"), milliseconds=1),
        out,
        80,
    )
    assert "--patient" in out.getvalue()


def test_a_server_that_stalls_does_not_hold_the_doctor_for_ever(
    doctor: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(seconds: float) -> None:
        monkeypatch.setattr("cds_hooks.doctor.examination.DEADLINE_S", seconds)
        with FaultyServer(otherwise=stall()) as server:
            code, report = doctor(server)
        assert code == 1
        assert "in time" in report["trouble"]

    with_more_time(check, 0.3, 3, 20)


def test_an_address_that_can_not_be_one_is_a_wrong_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--fhir", "ftp://x"]) == 2
    assert "--fhir" in capsys.readouterr().err

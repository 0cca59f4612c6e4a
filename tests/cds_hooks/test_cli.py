from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.cli import main
from cds_hooks.logs import JsonLines, where
from fhir_adapters.embedded import sample_bundles, sample_expectations


@pytest.fixture(scope="module")
def talkative() -> dict[str, Any]:
    """The chart of a sample patient that must make a card."""
    wanted = next(each.patient_id for each in sample_expectations() if each.expect_groups)
    return next(
        bundle
        for bundle in sample_bundles(datetime.now(UTC))
        if any(entry["resource"]["id"] == wanted for entry in bundle["entry"])
    )


def saved(folder: Path, bundle: dict[str, Any]) -> str:
    path = folder / "bundle.json"
    path.write_text(json.dumps(bundle))
    return str(path)


def test_help_loads_no_models_and_no_web_framework() -> None:
    program = (
        "import sys\nfrom cds_hooks.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted(set(sys.modules) & {'flask', 'sqlalchemy', 'pydantic', 'torch', 'models', 'httpx'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_assess_prints_readable_cards(
    tmp_path: Path, talkative: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assess", saved(tmp_path, talkative)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("[INFO] ")
    assert max(len(line) for line in text.splitlines()[1:]) <= 100
    assert "**" not in text
    assert "|---" not in text


def test_assess_prints_the_answer_as_json(
    tmp_path: Path, talkative: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assess", saved(tmp_path, talkative), "--json", "--as-of", "now"]) == 0
    assert json.loads(capsys.readouterr().out)["cards"][0]["summary"]


def test_assess_prints_everything_that_was_assessed(
    tmp_path: Path, talkative: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assess", saved(tmp_path, talkative), "--summary"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("[INFO] Chart summary: ")
    assert "Scores" in text
    assert "Question does not arise" in text


def test_assess_writes_the_scores_as_fhir_beside_the_same_cards(
    tmp_path: Path, talkative: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    chart, target = saved(tmp_path, talkative), tmp_path / "risks.json"
    assert main(["assess", chart]) == 0
    cards = capsys.readouterr().out
    assert main(["assess", chart, "--fhir-out", str(target)]) == 0
    assert capsys.readouterr().out == cards
    resources = [entry["resource"] for entry in json.loads(target.read_bytes())["entry"]]
    assert {each["resourceType"] for each in resources} == {"RiskAssessment"}


def test_a_target_that_cannot_be_written_is_an_error_in_words(
    tmp_path: Path, talkative: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "absent" / "risks.json"
    assert main(["assess", saved(tmp_path, talkative), "--fhir-out", str(target)]) == 1
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not valid JSON"),
        (b'{"resourceType":"Bundle","type":"collection"}', "no Patient"),
        (
            b'[{"resourceType":"Patient","id":"a"},{"resourceType":"Patient","id":"b"}]',
            "several patients",
        ),
    ],
)
def test_assess_says_why_a_file_is_no_chart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, reason: str
) -> None:
    path = tmp_path / "bundle.json"
    path.write_bytes(content)
    assert main(["assess", str(path)]) == 1
    assert reason in capsys.readouterr().err


def test_assess_names_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", str(tmp_path / "absent.json")]) == 1
    assert "absent.json" in capsys.readouterr().err


def test_assess_says_why_a_server_gave_no_chart(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", "--fhir", "http://127.0.0.1:9/fhir", "--patient", "p1"]) == 1
    assert "could not be reached" in capsys.readouterr().err


def test_assess_refuses_an_address_that_is_neither_https_nor_of_this_machine(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["assess", "--fhir", "http://ehr.example.org/fhir", "--patient", "p1"]) == 1
    assert main(["assess", "--fhir", "ftp://ehr.example.org", "--patient", "p1"]) == 2
    assert "https" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["assess"], ["assess", "x.json", "--fhir", "https://x"], ["assess", "--fhir", "https://x"], []],
)
def test_wrong_arguments_are_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def _score(monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str) -> int:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    return main(["score", *arguments])


def test_score_answers_each_line(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    lines = '{"age": 61, "ast": 40, "alt": 30, "platelets": 200}\n\n{"age": 61}\nnonsense\n'
    assert _score(monkeypatch, lines, "fib4") == 0
    first, second, third = map(json.loads, capsysbinary.readouterr().out.splitlines())
    assert "abstained" not in first
    assert second["abstained"]["missing"]
    assert "error" in third


@pytest.mark.parametrize(
    "arguments", [["score", "fib4"], ["read-note"], ["differential"]], ids=lambda each: str(each[0])
)
def test_a_dash_is_standard_input_too(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = b'{"age": 61, "ast": 40, "alt": 30, "platelets": 200}\nHe has fever and cough.\n'
    printed = []
    for further in ([], ["-"]):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert main([*arguments, *further]) == 0
        printed.append(capsysbinary.readouterr().out)
    assert printed[0] == printed[1] != b""


def test_score_reads_charts(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], talkative: dict[str, Any]
) -> None:
    text = f"{json.dumps(talkative)}\n{{}}\n"
    assert _score(monkeypatch, text, "ckdepi", "--fhir") == 0
    first, second = map(json.loads, capsysbinary.readouterr().out.splitlines())
    assert "error" not in first
    assert second == {"error": {"reason": "there is no Patient in it"}}


def test_score_lists_what_there_is_for_an_unknown_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _score(monkeypatch, "", "nothing") == 2
    assert "kfre" in capsys.readouterr().err


def test_models_lists_every_model_and_prints_a_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert "prevent.v1" in capsys.readouterr().out
    assert main(["models", "prevent.v1"]) == 0
    assert "Intended use\n" in capsys.readouterr().out
    assert main(["models", "nothing.v1"]) == 2


def test_a_log_line_says_where_an_error_was_raised_and_not_its_text() -> None:
    import logging

    try:
        raise ValueError("Jane Roe")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", None, sys.exc_info())
    record.__dict__ |= {"status": 500, "patient": "Jane Roe"}
    line = JsonLines().format(record)
    assert json.loads(line) | {"at": ""} == {
        "at": "",
        "level": "ERROR",
        "logger": "x",
        "message": "failed",
        "status": 500,
        "error": "ValueError",
        "where": where(record.exc_info[1]),  # type: ignore[index, arg-type]
    }
    assert "Roe" not in line
    assert "test_a_log_line" in line

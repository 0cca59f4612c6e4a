"""`cuecard differential`: what a person sees of a sentence."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from cds_hooks.cli import main

SENTENCE = "The patient presented with fever, cough and shortness of breath."


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SENTENCE.encode())))


@pytest.mark.usefixtures("said")
def test_a_sentence_gives_conditions_reasons_and_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["differential"]) == 0
    text = capsys.readouterr().out
    assert "Present: fever; cough; shortness of breath" in text
    assert "Pneumonia" in text
    assert "for:     " in text
    assert "Ask or look for next" in text
    assert "simulated patients" in text


def test_marks_lead_and_denials_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "note.txt"
    note.write_text(
        "A 24-year-old man has sudden chest pain, worse on deep breathing, and dyspnea. No fever."
    )
    assert main(["differential", str(note)]) == 0
    text = capsys.readouterr().out
    assert "Patient: 24 years, male" in text
    assert "Denied:  fever" in text
    marks = ["must not miss" in line for line in text.splitlines() if "█" in line or "····" in line]
    assert marks == sorted(marks, reverse=True)
    assert any(marks)


@pytest.mark.usefixtures("said")
def test_json_has_every_weight_and_options_win_over_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["differential", "--age", "50", "--sex", "male", "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert (tree["age"], tree["sex"], tree["present"]) == (50, "male", ["cough", "dyspnea", "fever"])
    first = tree["differential"][0]
    assert {each["finding"] for each in first["weights"]} == {"fever", "cough", "dyspnea", "age", "sex"}
    assert sum(each["probability"] for each in tree["differential"]) <= 1.001


def test_too_little_is_no_differential_but_a_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("He has a headache.")
    assert main(["differential", str(note)]) == 0
    text = capsys.readouterr().out
    assert "No differential: 1 symptom recognized, at least 3 are needed" in text
    assert "█" not in text
    assert "Ask or look for next" in text


def test_control_characters_of_a_note_never_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("She has fever, cough, dyspnea and \x1b[31mgangrene\x1b[0m of the toe.")
    assert main(["differential", str(note)]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("given", [["--age", "200"], ["--age", "-1"], ["--sex", "x"]])
def test_wrong_arguments_are_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["differential", *given])
    assert exited.value.code == 2

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from cds_hooks import cli
from cds_hooks.commands import read_note
from cds_hooks.reading import service as service_module
from cds_hooks.reading.files import NoteFileError, note_of
from cds_hooks.reading.terminal import harmless, rendered
from fhir_adapters.notes import sections_of
from fhir_adapters.record import Note
from tests.models.notes.keyword_engine import reader

TEXT = (
    "HPI:\nDenies chest pain. Possible pneumonia. A1c of 8.2%.\n\n"
    "FAMILY HISTORY:\nMother had diabetes.\n\nSOCIAL HISTORY:\nFormer smoker.\n"
)
ESCAPE = "\x1b"


@pytest.fixture(autouse=True)
def small_reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(read_note, "load_reader", lambda _folder, _engine: reader())
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "manifest.json").write_text("{}")
    monkeypatch.setattr(service_module, "SHIPPED", tmp_path / "weights")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "note.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["read-note", *arguments]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.main(["read-note", *arguments])
    return code, capsys.readouterr().err


def colored(text: str) -> str:
    note = Note(source="note.txt", text=text, at=None, sections=sections_of(text))
    return rendered(note, reader().read(note), color=True)


def test_a_note_is_printed_as_a_table(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(capsys, str(file)).splitlines()
    assert lines[0].startswith("note.txt: read, ")
    assert lines[2].split() == ["type", "words", "says", "value", "code", "score", "section", "line"]
    cells = [line.split() for line in lines[3:]]
    assert ["symptom", "chest", "pain", "absent", "ICD-10", "R07.9"] in [row[:6] for row in cells]
    assert ["problem", "pneumonia", "possible"] in [row[:3] for row in cells]
    assert any(row[:3] == ["problem", "diabetes", "present,"] and "family" in row for row in cells)
    assert any("hba1c 8.2 %" in line and line.endswith("hpi             2") for line in lines)
    assert any(row[0] == "habit" and "former-smoker" in row and row[-1] == "8" for row in cells)


def test_the_sentence_of_the_introduction_is_printed_rightly(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = b"The patient presented with fever, cough and shortness of breath."
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sentence)))
    lines = out(capsys).splitlines()
    assert lines[0].startswith("standard input: read, 3 mentions")
    assert [line.split("  ")[1] for line in lines[3:]] == ["fever", "cough", "shortness of breath"]
    assert all(" present " in line for line in lines[3:])


def test_json_has_everything_with_offsets(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = json.loads(out(capsys, str(file), "--json"))
    assert (tree["source"], tree["outcome"], tree["coverage"]) == ("note.txt", "read", 1.0)
    assert [section["kind"] for section in tree["sections"]] == ["hpi", "family_history", "social_history"]
    for mention in tree["mentions"]:
        assert TEXT[mention["start"] : mention["end"]] == mention["words"]
    pain = next(mention for mention in tree["mentions"] if mention["words"] == "chest pain")
    assert pain["assertion"]["presence"] == "absent"
    assert [TEXT[cue["start"] : cue["end"]] for cue in pain["assertion"]["cues"]] == ["Denies"]
    assert TEXT[pain["sentence"]["start"] : pain["sentence"]["end"]] == "Denies chest pain."
    value = next(mention["value"] for mention in tree["mentions"] if mention["value"])
    assert (value["analyte"], value["value"], value["unit"]) == ("hba1c", "8.2", "%")


def test_what_is_no_terminal_gets_no_color(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ESCAPE not in out(capsys, str(file))


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_a_terminal_gets_color_unless_it_is_not_wanted(
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    wanted: bool,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert (ESCAPE in out(capsys, str(file))) is wanted


def test_color_says_type_and_assertion() -> None:
    text = colored(TEXT)
    assert "Denies \x1b[33;9mchest pain\x1b[0m." in text
    assert "Possible \x1b[31;4mpneumonia\x1b[0m." in text
    assert "Mother had \x1b[31;2mdiabetes\x1b[0m." in text
    assert "\x1b[1mFAMILY HISTORY\x1b[0m:" in text


def test_the_whole_note_is_shown() -> None:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", colored(TEXT))
    assert TEXT.strip() in plain


@pytest.mark.parametrize("color", [True, False])
def test_no_control_character_of_a_note_reaches_the_terminal(color: bool) -> None:
    evil = "Fever \x1b]0;owned\x07 and \x1b[2Jcough\x9b31m\u202e\u2028\r\x00 chest\x1b[8m pain."
    note = Note(source="a\x1b[31mb", text=evil, at=None)
    plain = rendered(note, reader().read(note), color=False)
    assert ESCAPE not in plain
    text = rendered(note, reader().read(note), color=color)
    for mark in ("\x1b]", "\x1b[2J", "\x1b[8m", "\x07", "\x9b", "\u202e", "\u2028", "\r", "\x00"):
        assert mark not in text
    if color:
        assert "\\x1b]0;owned\\x07" in text


def test_ordinary_characters_are_left_alone() -> None:
    assert harmless("µg/dL — naïve\n\tβ-blocker 🙂") == "µg/dL — naïve\n\tβ-blocker 🙂"
    assert harmless("5\u00a0mg\x85") == "5 mg\\x85"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"\x7fELF\0\0", "is binary"),
        (b"%PDF-1.7", "is a PDF"),
        (b"PK\x03\x04", "office document"),
        (b"{\\rtf1", "is RTF"),
        (b"\x1f\x8bxx", "is compressed"),
        (b"a" * (4 * 1024 * 1024 + 1), "is larger than 4 MB"),
    ],
)
def test_a_file_that_is_no_note_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, reason: str
) -> None:
    path = tmp_path / "note.bin"
    path.write_bytes(content)
    code, error = refused(capsys, str(path))
    assert code == 1
    assert error.startswith("cuecard: note.bin: ")
    assert reason in error


def test_an_absent_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, error = refused(capsys, str(tmp_path / "absent.txt"))
    assert code == 1
    assert "absent.txt: No such file" in error


def test_a_folder_is_no_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, str(tmp_path))[0] == 1


def test_text_that_is_not_utf_8_and_other_line_ends_are_read() -> None:
    note = note_of(io.BytesIO("Ménière\r\nvertigo".encode("latin-1")), "x")
    assert note.text == "Ménière\nvertigo"


def test_the_error_of_a_note_holds_none_of_it() -> None:
    with pytest.raises(NoteFileError) as caught:
        note_of(io.BytesIO(b"Jane Roe\0"), "x")
    assert "Jane" not in str(caught.value)


def test_without_weights_it_says_so(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "SHIPPED", tmp_path / "absent")
    code, error = refused(capsys, str(file))
    assert code == 2
    assert "no weights" in error
    assert "--weights" in error


def test_weights_that_can_not_be_used_are_an_error_of_their_argument(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    code, error = refused(capsys, str(file), "--weights", str(tmp_path))
    assert code == 2
    assert error.startswith("cuecard: --weights: ")


def test_a_note_in_another_language_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nota.txt"
    path.write_text("La paciente niega fiebre y dolor, pero tiene tos desde hace tres días con la gripe.")
    text = out(capsys, str(path))
    assert "not read, 0 mentions; 0% of the text: it is not in English and was not read" in text
    assert "Nothing was found." in text

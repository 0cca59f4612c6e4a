"""Documents and reports become notes with sections."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.notes import MAX_CHARACTERS, Attachment
from tests.fhir_adapters.mapping.resources import chart, document, inline, problems, report

TEXT = "CHIEF COMPLAINT: chest pain\nPLAN: rest"


def test_a_document_becomes_a_note() -> None:
    context = {"encounter": [{"reference": "Encounter/e1"}]}
    (note,) = chart(document(inline(TEXT), context=context)).notes
    assert (note.source, note.text, note.author) == ("DocumentReference/d1", TEXT, "Dr. Example")
    assert (note.type.label, note.encounter) == ("Progress note", "Encounter/e1")
    assert [section.kind for section in note.sections] == ["chief_complaint", "assessment_plan"]


@pytest.mark.parametrize(
    "more", [{"status": "superseded"}, {"status": "entered-in-error"}, {"docStatus": "entered-in-error"}]
)
def test_a_document_that_was_replaced_or_withdrawn_is_left_out(more: dict[str, Any]) -> None:
    record = chart(document(inline(TEXT), **more))
    assert not record.notes
    assert [gap.problem for gap in record.gaps] == ["not-used"]


@pytest.mark.parametrize("status", ["registered", "partial", "preliminary", "cancelled", "entered-in-error"])
def test_a_report_that_is_not_final_is_left_out(status: str) -> None:
    assert not chart(report(inline(TEXT), status=status)).notes


def test_a_text_that_two_entries_hold_is_kept_once_and_said() -> None:
    record = chart(document(inline(TEXT)), report(inline(TEXT)))
    assert [note.source for note in record.notes] == ["DocumentReference/d1"]
    assert [(gap.problem, gap.source) for gap in record.gaps] == [("duplicate", "DiagnosticReport/r1")]


def test_a_document_without_words_is_said_to_be_empty() -> None:
    record = chart(document(inline("  \n ")))
    assert not record.notes
    assert [(gap.problem, gap.reason) for gap in record.gaps] == [("not-used", "its text is empty")]


def test_a_report_becomes_a_note_with_its_conclusion() -> None:
    (note,) = chart(report(inline("FINDINGS: clear lungs"), conclusion="No pneumonia.")).notes
    assert note.title == "CT chest"
    assert note.text.endswith("CONCLUSION:\nNo pneumonia.")
    assert note.sections[-1].kind == "assessment_plan"


def test_a_conclusion_that_is_in_the_text_is_not_repeated() -> None:
    (note,) = chart(report(inline("Impression: no pneumonia"), conclusion="no pneumonia")).notes
    assert note.text == "Impression: no pneumonia"


def test_a_laboratory_report_without_text_is_no_note() -> None:
    record = chart(report())
    assert not record.notes
    assert not record.gaps


def test_one_text_as_document_and_as_report_counts_once() -> None:
    (note,) = chart(report(inline(TEXT)), document(inline(TEXT + "\n"))).notes
    assert note.source == "DocumentReference/d1"


def test_of_a_text_copied_forward_the_newest_note_stays() -> None:
    old = document(inline(TEXT), identity="d0", date="2020-01-01")
    (note,) = chart(document(inline(TEXT)), old).notes
    assert note.source == "DocumentReference/d1"


def test_notes_are_in_order_of_time() -> None:
    late = document(inline("late"), identity="d2", date="2026-05-01")
    assert [note.text for note in chart(late, document(inline("early"))).notes] == ["early", "late"]


def test_an_unread_format_is_named() -> None:
    record = chart(document(inline(b"PK", "application/msword")))
    assert [(n.problem, n.source, n.reason) for n in record.gaps] == [
        ("unreadable", "DocumentReference/d1", "note format application/msword is not read")
    ]


def test_a_format_that_is_no_format_does_not_get_into_the_message() -> None:
    record = chart(document(inline("x", "Ada Canary, born 1960")))
    assert record.gaps[0].reason == "note format (unnamed) is not read"


def test_the_readable_one_of_several_formats_is_read() -> None:
    record = chart(document(inline(b"%PDF", "application/pdf"), inline(TEXT)))
    assert record.notes[0].text == TEXT
    assert not record.gaps


def test_a_fetched_attachment_is_read() -> None:
    fetched = {"Binary/b1": Attachment("text/html", b"<p>one</p><p>two</p>")}
    record = chart(document({"contentType": "text/plain", "url": "Binary/b1"}), attachments=fetched)
    assert record.notes[0].text == "one\n\ntwo"


def test_an_attachment_that_was_not_fetched_is_unavailable() -> None:
    assert problems(chart(document({"contentType": "text/plain", "url": "Binary/b1"}))) == ["unavailable"]


@pytest.mark.parametrize("data", ["not base64!", "YWJ", 5, {"a": 1}])
def test_an_attachment_that_is_not_base64_is_unreadable(data: Any) -> None:
    assert problems(chart(document({"contentType": "text/plain", "data": data}))) == ["unreadable"]


def test_white_space_in_base64_is_allowed() -> None:
    broken = inline(TEXT)
    broken["data"] = "\r\n".join(broken["data"][i : i + 16] for i in range(0, len(broken["data"]), 16))
    assert chart(document(broken)).notes[0].text == TEXT


def test_a_note_of_more_than_a_million_characters_is_cut_and_said_so() -> None:
    record = chart(document(inline("word " * 300_000)))
    assert len(record.notes[0].text) == MAX_CHARACTERS
    assert problems(record) == ["incomplete"]


def test_a_note_of_the_future_is_not_used() -> None:
    assert problems(chart(document(inline(TEXT), date="2026-07-01"))) == ["future"]


def test_the_text_of_a_note_is_not_in_its_repr() -> None:
    assert "chest pain" not in repr(chart(document(inline(TEXT))).notes)

from __future__ import annotations

import logging
from dataclasses import replace
from types import SimpleNamespace

import pytest

from cds_hooks.cards.completeness import completeness
from cds_hooks.reading import ChartRead, KeptReadings, ReadingLimits, read_notes
from fhir_adapters.record import DataQualityNote, Note, PatientRecord
from fhir_adapters.resilience import Deadline
from models.finding import Assessment
from models.side_by_side import ALONE, SideBySide
from tests.cds_hooks.reading.readings import SmallReader, mention, note, reading
from tests.records import person, record

AMPLE = 60.0


def chart(*notes: Note) -> PatientRecord:
    return record(notes=notes)


def read(
    of: PatientRecord,
    reader: SmallReader | None = None,
    kept: KeptReadings | None = None,
    *,
    seconds: float = AMPLE,
    threads: SideBySide = ALONE,
    **limits: int,
) -> ChartRead:
    deadline = Deadline.after(seconds)
    return read_notes(
        of,
        reader or SmallReader(),
        kept or KeptReadings(None),
        deadline,
        limits=ReadingLimits(**limits),
        threads=threads,
    )


def sources(result: ChartRead) -> list[str]:
    return [reading.source.removeprefix("DocumentReference/") for reading in result.record.readings]


def unread(result: ChartRead) -> dict[str, str]:
    gaps = [gap for gap in result.record.gaps if gap.problem == "incomplete"]
    return {gap.source.removeprefix("DocumentReference/"): gap.reason for gap in gaps}


def lines(result: ChartRead) -> list[str]:
    return [str(line) for line in completeness(Assessment(), result.record).lines()]


def test_the_newest_notes_come_first_and_those_without_a_date_last() -> None:
    of = chart(note("old", 90), note("undated", None), note("new", 1), note("middle", 30))
    assert sources(read(of)) == ["new", "middle", "old", "undated"]


def test_remarks_on_observations_take_no_turn_from_documents() -> None:
    of = chart(replace(note("new", 1), source="Observation/o1"), note("old", 90))
    assert sources(read(of, max_notes=1)) == ["old"]
    assert list(unread(read(of, max_notes=1))) == ["Observation/o1"]


def test_the_record_keeps_everything_else() -> None:
    of = replace(chart(note("a")), gaps=(DataQualityNote("future", "Observation/1", "is dated after now"),))
    result = read(of).record
    assert replace(result, readings=()) == of
    assert [mention.type for reading in result.readings for mention in reading.mentions] == ["symptom"]


def test_a_note_that_was_read_is_not_read_again() -> None:
    kept, reader = KeptReadings(None), SmallReader()
    of = chart(note("a"), note("b", 2))
    first = read(of, reader, kept)
    second = read(of, reader, kept)
    assert reader.read_notes == ["DocumentReference/a", "DocumentReference/b"]
    assert second.record.readings == first.record.readings
    assert len(first.made) == 2
    assert second.made == ()


def test_the_same_text_in_another_chart_is_known_under_its_own_reference() -> None:
    kept, reader = KeptReadings(None), SmallReader()
    read(chart(note("a", text="The same cough.")), reader, kept)
    result = read(chart(note("b", text="The same cough.")), reader, kept)
    assert sources(result) == ["b"]
    assert len(reader.read_notes) == 1


def test_notes_of_one_text_are_read_once_and_count_once() -> None:
    of = chart(*(note(name, days, text="The same cough.") for name, days in (("a", 1), ("b", 2), ("c", 3))))
    reader = SmallReader()
    result = read(chart(*of.notes, note("d", 4)), reader, max_notes=2)
    assert sources(result) == ["a", "b", "c", "d"]
    assert reader.read_notes == ["DocumentReference/a", "DocumentReference/d"]
    assert len(result.made) == 2


def test_side_by_side_the_readings_are_those_of_one_after_another() -> None:
    def fail(source: str) -> None:
        if source.endswith("3"):
            raise ValueError

    of = chart(*(note(f"n{days}", days) for days in range(1, 10)))
    alone = read(of, SmallReader(before=fail), max_notes=7)
    assert read(of, SmallReader(before=fail), threads=SideBySide(4), max_notes=7) == alone
    assert sources(alone) == ["n1", "n2", "n4", "n5", "n6", "n7"]


def test_a_reader_of_another_model_reads_again() -> None:
    kept = KeptReadings(None)
    read(chart(note("a")), SmallReader(), kept)
    other = SmallReader(model="test 2 abc")
    assert read(chart(note("a")), other, kept).record.readings[0].model == "test 2 abc"
    assert len(other.read_notes) == 1


def test_only_so_many_new_notes_are_read_and_the_others_are_told() -> None:
    of = chart(*(note(f"n{days}", days) for days in range(1, 6)))
    result = read(of, max_notes=2)
    assert sources(result) == ["n1", "n2"]
    assert unread(result) == dict.fromkeys(("n3", "n4", "n5"), "was not read: newer notes came first")


def test_known_notes_are_used_beyond_the_number_of_new_ones() -> None:
    kept = KeptReadings(None)
    of = chart(*(note(f"n{days}", days) for days in range(1, 6)))
    for _ in range(2):
        result = read(of, kept=kept, max_notes=2)
    assert sources(result) == ["n1", "n2", "n3", "n4"]


def test_a_note_before_the_look_back_is_no_gap() -> None:
    result = read(chart(note("new", 1), note("old", 800)), lookback_days=730)
    assert sources(result) == ["new"]
    assert not result.record.gaps


def test_without_time_only_known_notes_are_used() -> None:
    kept = KeptReadings(None)
    read(chart(note("b", 2)), kept=kept)
    reader = SmallReader()
    result = read(chart(note("a"), note("b", 2), note("c", 3)), reader, kept, seconds=0)
    assert reader.read_notes == []
    assert sources(result) == ["b"]
    assert unread(result) == dict.fromkeys("ac", "was not read: the time for this call was used up")


def test_what_was_cut_off_by_time_is_used_and_told_but_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("fhir_adapters.resilience.time", SimpleNamespace(monotonic=lambda: now[0]))

    def hours_pass(source: str) -> None:
        now[0] += 7200 if source.endswith("b") else 0

    kept, reader = KeptReadings(None), SmallReader(before=hours_pass)
    result = read(chart(note("a"), note("b", 2), note("c", 3)), reader, kept)
    assert sources(result) == ["a", "b"]
    assert [reading.source for reading in result.made] == ["DocumentReference/a"]
    assert unread(result) == {"c": "was not read: the time for this call was used up"}
    assert [gap.source for gap in result.record.gaps if gap.problem == "approximate"] == [
        "DocumentReference/b"
    ]
    assert sources(read(chart(note("b", 2)), kept=kept, seconds=0)) == []


def test_a_note_on_which_the_reader_fails_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    def fail(source: str) -> None:
        if source.endswith("a"):
            raise ValueError("Jane Roe of Elm Street")

    with caplog.at_level(logging.ERROR):
        result = read(chart(note("a"), note("b", 2)), SmallReader(before=fail))
    assert sources(result) == ["b"]
    assert unread(result) == {"a": "was not read: the reader failed on it"}
    (entry,) = caplog.records
    assert entry.__dict__["error"] == "ValueError"
    assert "Roe" not in str(entry.__dict__)


def test_a_note_in_another_language_is_told_also_when_that_is_known() -> None:
    kept = KeptReadings(None)
    of = chart(note("a", text="Hola"))
    foreign = reading(
        "Hola", outcome="not-read", coverage=0.0, reason="it is not in English and was not read"
    )
    kept.remember([foreign])
    for _ in range(2):
        gaps = read(of, kept=kept).record.gaps
        assert gaps == (
            DataQualityNote("unreadable", "DocumentReference/a", "it is not in English and was not read"),
        )


def test_of_a_patient_who_has_died_nothing_is_read() -> None:
    reader = SmallReader()
    of = record(patient=person(deceased=True), notes=(note("a"),))
    assert read(of, reader).record.readings == ()
    assert reader.read_notes == []


def test_a_chart_without_notes_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptReadings(None)
    monkeypatch.setattr(kept, "find", lambda *_: pytest.fail("asked"))
    assert read(chart(), kept=kept).record == chart()


def test_the_card_says_how_many_notes_were_not_read_and_of_when() -> None:
    of = chart(*(note(f"n{days}", days) for days in range(1, 6)))
    assert lines(read(of, max_notes=2)) == ["**Not read:** 3 notes (2026-05-27 to 2026-05-29)."]
    assert lines(read(of, max_notes=4)) == ["**Not read:** 1 note (2026-05-27)."]
    assert lines(read(of)) == []


def test_the_card_says_how_many_notes_were_read_in_part() -> None:
    kept = KeptReadings(None)
    kept.remember([reading("x y", (mention(),), outcome="partly-read", coverage=0.5, reason="a part of it")])
    assert lines(read(chart(note("a", text="x y")), kept=kept)) == ["**Read in part:** 1 note."]


def test_notes_without_a_date_are_counted_without_one() -> None:
    assert lines(read(chart(note("a", None)), seconds=0)) == ["**Not read:** 1 note."]


def test_of_very_many_notes_all_are_accounted_for() -> None:
    result = read(chart(*(note(f"n{n}", n / 10) for n in range(1, 701))), max_notes=200)
    assert len(result.record.readings) == 200
    assert len(unread(result)) == 500

"""Compositions and clinical impressions become notes; of versions of a document the one in use is read."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.notes import MAX_CHARACTERS
from tests.fhir_adapters.mapping.resources import (
    SUBJECT,
    chart,
    concept,
    condition,
    document,
    inline,
    observation,
    problems,
)

_REPLACES_OLD = [{"code": "replaces", "target": {"reference": "DocumentReference/old"}}]


def _div(words: str) -> dict[str, str]:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{words}</div>'}


def _section(title: str, words: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "text": _div(words), **more}


def composition(*sections: dict[str, Any], identity: str = "k1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Composition",
        "id": identity,
        "status": "final",
        "type": concept("18842-5", text="Discharge summary"),
        "subject": SUBJECT,
        "encounter": {"reference": "Encounter/e1"},
        "date": "2026-04-01T10:00:00Z",
        "author": [{"display": "Dr. Example"}],
        "title": "Summary of the stay",
        "section": list(sections),
        **more,
    }


def impression(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ClinicalImpression",
        "id": "i1",
        "status": "completed",
        "subject": SUBJECT,
        "date": "2026-04-02",
        "assessor": {"display": "Dr. Judge"},
        "summary": "Probably viral.",
        **more,
    }


def test_a_composition_becomes_a_note_with_its_sections() -> None:
    inner = _section("Allergies", "<p>None known</p>")
    (note,) = chart(
        composition(
            _section("Assessment and plan", "<p>Heart failure.</p><ul><li>Furosemide</li></ul>"),
            {"title": "History", "section": [inner]},
        )
    ).notes
    assert note.text == "ASSESSMENT AND PLAN:\nHeart failure.\n\nFurosemide\n\nALLERGIES:\nNone known"
    assert [section.kind for section in note.sections] == ["assessment_plan", "allergies"]
    assert (note.source, note.title, note.author) == ("Composition/k1", "Summary of the stay", "Dr. Example")
    assert (note.type.codings[0].code, note.encounter) == ("18842-5", "Encounter/e1")
    assert note.at is not None
    assert note.at.isoformat() == "2026-04-01T10:00:00+00:00"


@pytest.mark.parametrize("status", ["preliminary", "entered-in-error"])
def test_a_composition_that_is_not_final_is_left_out(status: str) -> None:
    record = chart(composition(_section("Plan", "rest"), status=status))
    assert not record.notes
    assert [(gap.problem, gap.source) for gap in record.gaps] == [("not-used", "Composition/k1")]


def test_markup_of_a_narrative_leaves_only_what_is_seen() -> None:
    hostile = "<script>alert(1)</script><p onclick='x()'>Rest</p><style>p{}</style><span hidden>secret</span>"
    (note,) = chart(composition(_section("Plan", hostile))).notes
    assert note.text == "PLAN:\nRest"


def test_a_narrative_cut_off_in_a_tag_or_with_a_document_type_is_read_without_harm() -> None:
    entity = '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/hostname">]><p>A &e; B</p><p>open'
    (note,) = chart(composition(_section("Plan", entity))).notes
    assert note.text.endswith("A &e; B\n\nopen")  # the entity is not resolved


def test_sections_nested_without_end_are_refused() -> None:
    section: dict[str, Any] = _section("Plan", "rest")
    for _ in range(60):
        section = {"title": "Outer", "section": [section]}
    record = chart(composition(section))
    assert not record.notes
    assert problems(record) == ["unreadable"]


def test_a_composition_longer_than_is_read_says_so() -> None:
    sections = [_section("Plan", "word " * 150_000) for _ in range(2)]
    record = chart(composition(*sections))
    assert len(record.notes[0].text) <= MAX_CHARACTERS
    assert problems(record) == ["incomplete"]


@pytest.mark.parametrize(
    "broken", [{"section": [{"text": {"div": 7}}]}, {"status": None}, {"date": "2027-01-01"}]
)
def test_a_broken_composition_is_noted(broken: dict[str, Any]) -> None:
    record = chart(composition() | broken)
    assert not record.notes
    assert len(record.gaps) == 1


def test_an_impression_becomes_a_note() -> None:
    (note,) = chart(impression(description="Seen for cough.", note=[{"text": "Call back."}])).notes
    assert (
        note.text == "DESCRIPTION:\nSeen for cough.\n\nIMPRESSION:\nProbably viral.\n\nCOMMENT:\nCall back."
    )
    assert (note.author, note.source) == ("Dr. Judge", "ClinicalImpression/i1")
    assert "assessment_plan" in [section.kind for section in note.sections]


@pytest.mark.parametrize("more", [{"status": "in-progress"}, {"status": "entered-in-error"}, {"summary": ""}])
def test_an_impression_in_progress_or_without_words_is_no_note(more: dict[str, Any]) -> None:
    assert not chart(impression(**more)).notes


@pytest.mark.parametrize("code", ["replaces", "transforms"])
def test_a_document_that_another_replaces_is_left_out(code: str) -> None:
    old = document(inline("Old text"), identity="old")
    link = [
        {"code": code, "target": {"reference": "https://ehr.example/fhir/DocumentReference/old/_history/1"}}
    ]
    new = document(inline("New text"), identity="new", relatesTo=link)
    assert [note.source for note in chart(new, old).notes] == ["DocumentReference/new"]


@pytest.mark.parametrize(
    "more",
    [
        {"relatesTo": [{"code": "appends", "target": {"reference": "DocumentReference/old"}}]},
        {"relatesTo": _REPLACES_OLD, "status": "entered-in-error"},
        {"relatesTo": _REPLACES_OLD, "subject": {"reference": "Patient/p2"}},
        {"relatesTo": _REPLACES_OLD, "date": "2030-01-01"},
        {"relatesTo": "DocumentReference/old"},
    ],
)
def test_an_appendix_a_withdrawn_and_a_strangers_document_replace_nothing(more: dict[str, Any]) -> None:
    old = document(inline("Old text"), identity="old")
    record = chart(old, document(inline("New text"), identity="new") | more)
    assert "DocumentReference/old" in [note.source for note in record.notes]


def test_of_two_documents_that_replace_each_other_neither_is_lost() -> None:
    one, two = (
        document(
            inline(f"Text {here}"),
            identity=here,
            relatesTo=[{"code": "replaces", "target": {"reference": f"DocumentReference/{there}"}}],
        )
        for here, there in (("a", "b"), ("b", "a"))
    )
    assert len(chart(one, two).notes) == 2


def test_of_versions_with_one_identifier_the_newest_is_read() -> None:
    shared = {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"}
    dates = {"k1": "2026-04-01T10:00:00Z", "k2": "2026-04-03T10:00:00Z", "k3": "2026-04-02T10:00:00Z"}
    versions = [
        composition(_section("Plan", f"Version {identity}"), identity=identity, date=date, identifier=shared)
        for identity, date in dates.items()
    ]
    assert [note.source for note in chart(*versions).notes] == ["Composition/k2"]


def test_remarks_on_results_and_problems_are_no_notes() -> None:
    boilerplate = [{"text": "eGFR below 60 for three months suggests chronic kidney disease."}]
    assert not chart(observation(note=boilerplate), condition(note=boilerplate)).notes


def remarked(*texts: str, category: str = "exam", author: str = "", **more: Any) -> dict[str, Any]:
    signed = {"authorString": author} if author else {}
    return observation(
        category=[{"coding": [{"code": category}]}], note=[{"text": text, **signed} for text in texts], **more
    )


def test_what_was_written_beside_an_observation_is_a_note() -> None:
    record = chart(remarked("Murmur at the apex.", "Louder than before.", author="Dr. Example"))
    (note,) = record.notes
    assert note.text == "Murmur at the apex.\nLouder than before."
    assert (note.source, note.author) == ("Observation/o1", "Dr. Example")
    assert note.at is not None
    assert note.at.date().isoformat() == "2026-05-01"
    assert len(record.series("creatinine")) == 1


def test_a_laboratory_s_remark_is_a_note_only_where_somebody_signed_it() -> None:
    boilerplate = remarked("Values above 6.5 % speak for diabetes.", category="laboratory")
    assert not chart(boilerplate).notes
    assert not chart(boilerplate | {"category": []}).notes
    (note,) = chart(
        remarked("Blasts seen. Called to the ward.", category="laboratory", author="Dr. Lab")
    ).notes
    assert note.author == "Dr. Lab"


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "entered-in-error"},
        {"status": "preliminary"},
        {"subject": {"reference": "Patient/other"}},
        {"effectiveDateTime": "2031-01-01"},
        {"note": [{"text": " "}]},
        {"note": "Murmur."},
    ],
)
def test_a_remark_that_is_no_part_of_this_chart_is_no_note(changes: dict[str, Any]) -> None:
    record = chart(remarked("Murmur at the apex.") | changes)
    assert not record.notes
    assert len({gap.source for gap in record.gaps}) == len(record.gaps)

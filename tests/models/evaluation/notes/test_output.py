"""What is shown: a table, JSON without words, and a page that needs nothing else and runs nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest

from fhir_adapters.record import Assertion
from models.evaluation.notes import (
    AssertedCase,
    EntityCase,
    PredictedSpan,
    calibration_of,
    evaluate_assertions,
    evaluate_entities,
)
from models.evaluation.notes.as_json import as_json
from models.evaluation.notes.drawings import Bars, bar_chart, calibration_plot
from models.evaluation.notes.report import html_report
from models.evaluation.notes.subject import Subject, digest_of_documents
from models.evaluation.notes.text_table import assertions_text, entities_text
from models.training.notes.corpora.document import Document, Entity, GoldAssertion

SUBJECT = Subject(
    model="notes.v1",
    version="1.2",
    digest="ab" * 32,
    head="toy",
    data="corpus/test",
    format="iob",
    data_digest="cd" * 32,
    documents=1,
    characters=30,
    left_out=2,
    measured=date(2026, 6, 1),
    facts=(("Known risks", "Misses <rare> drugs."),),
)
HOSTILE = "<script>alert(1)</script> took zinc"
ENTITIES = evaluate_entities(
    [
        EntityCase(
            key="d&1",
            text=HOSTILE,
            gold=(Entity(31, 35, "drug"), Entity(0, 8, "<i>tag</i>")),
            predicted=(PredictedSpan(31, 35, "drug", 0.9), PredictedSpan(8, 13, "drug", 0.8)),
        )
    ],
    ["drug", "<i>tag</i>"],
)
ASSERTIONS = evaluate_assertions(
    [
        AssertedCase(
            key="s-1",
            text="no rash",
            gold=(Entity(3, 7, "problem", GoldAssertion(presence="absent")),),
            predicted=(Assertion(presence="present", score=0.7),),
        )
    ]
)


def test_the_table_of_entities_shows_scores_in_percent_with_intervals_and_counts() -> None:
    lines = entities_text(SUBJECT, ENTITIES).splitlines()
    assert lines[0] == f"notes.v1 1.2 {'ab' * 6}, head toy"
    (row, _) = [line for line in lines if line.startswith("  drug")]
    assert row.split() == ["drug", "50.0", "100.0", "66.7", "66.7", "to", "66.7", "1", "2", "1"]
    assert "2 entities of other types or inside others left out" in lines


def test_the_table_of_assertions_shows_each_aspect_by_class() -> None:
    text = assertions_text(replace(SUBJECT, head="", left_out=0), ASSERTIONS)
    assert "Assertion: presence" in text
    assert "left out" not in text
    (row,) = [line for line in text.splitlines() if line.startswith("  absent")]
    assert row.split()[1:4] == ["–", "0.0", "0.0"]


@pytest.mark.parametrize("evaluation", [ENTITIES, ASSERTIONS], ids=["entities", "assertions"])
def test_json_holds_scores_and_places_and_no_words_of_the_data(evaluation: object) -> None:
    text = json.dumps(as_json(SUBJECT, evaluation))  # type: ignore[arg-type]
    told = json.loads(text)
    assert told["subject"]["measured"] == "2026-06-01"
    assert told["subject"]["facts"] == {"Known risks": "Misses <rare> drugs."}
    mistakes = told.get("entities", told.get("assertions"))["mistakes"]
    assert mistakes[0]["key"] in ("d&1", "s-1")
    assert "zinc" not in text
    assert "rash" not in text


def test_the_page_says_what_was_measured_on_what_and_when() -> None:
    page = html_report(SUBJECT, ENTITIES)
    for told in ("notes.v1, version 1.2, head toy", "ab" * 32, "corpus/test (iob)", "cd" * 32, "2026-06-01"):
        assert told in page
    assert "Known risks" in page
    assert "patient data" in page


def test_table_and_page_warn_when_the_model_saw_the_data() -> None:
    seen = replace(SUBJECT, caution="trained on these.")
    assert "Beware: trained on these." in entities_text(seen, ENTITIES)
    assert "trained on these." in html_report(seen, ENTITIES)
    assert "Beware" not in entities_text(SUBJECT, ENTITIES) + html_report(SUBJECT, ENTITIES)


def test_the_page_escapes_everything_that_is_data() -> None:
    page = html_report(SUBJECT, ENTITIES)
    assert "<script" not in page
    assert "<i>tag" not in page
    assert "&lt;i&gt;tag" in page
    assert "&lt;rare&gt;" in page
    assert "d&amp;1" in page


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = html_report(SUBJECT, ENTITIES)
    assert "default-src 'none'" in page
    assert not re.search(r"\b(?:src|href|srcset)\s*=|url\(|@import|https?:", page)


@pytest.mark.parametrize("evaluation", [ENTITIES, ASSERTIONS], ids=["entities", "assertions"])
def test_the_page_marks_the_words_of_an_error_in_their_sentence(evaluation: object) -> None:
    page = html_report(SUBJECT, evaluation)  # type: ignore[arg-type]
    assert re.search(r"<blockquote>[^\n]*<mark>[^<]+</mark>", page)


def test_the_page_of_a_reader_without_errors_says_so() -> None:
    text = "took zinc"
    right = EntityCase(
        key="d", text=text, gold=(Entity(5, 9, "drug"),), predicted=(PredictedSpan(5, 9, "drug"),)
    )
    assert "There are none." in html_report(SUBJECT, evaluate_entities([right], ["drug"]))


def test_the_page_of_a_reader_that_marks_nothing_has_no_calibration() -> None:
    silent = EntityCase(key="d", text="took zinc", gold=(Entity(5, 9, "drug"),), predicted=())
    assert "The reader decided nothing here." in html_report(SUBJECT, evaluate_entities([silent], ["drug"]))


def test_a_bar_is_as_long_as_its_score() -> None:
    drug = ENTITIES.strict.classes[0]
    tree = ElementTree.fromstring(str(bar_chart([Bars(drug, drug)])))  # noqa: S314 - our own drawing
    strict, partial = tree.iter("rect")
    assert float(strict.attrib["width"]) == pytest.approx(420 * 2 / 3, abs=0.1)
    assert partial.attrib["width"] == strict.attrib["width"]


def test_a_perfectly_calibrated_bin_lies_on_the_diagonal() -> None:
    plot = str(calibration_plot(calibration_of([0.5, 0.5], [True, False])))
    tree = ElementTree.fromstring(plot)  # noqa: S314 - our own drawing
    (dot,) = tree.iter("circle")
    ideal = next(line for line in tree.iter("path") if line.attrib["class"] == "ideal")
    x, y = map(float, ideal.attrib["d"].removeprefix("M").partition("L")[0].split())
    assert float(dot.attrib["cx"]) - x == y - float(dot.attrib["cy"])


def test_the_digest_of_documents_changes_with_text_marks_and_assertions() -> None:
    plain = Document(key="1", text="rash", entities=(Entity(0, 4, "p"),))
    asserted = Document(key="1", text="rash", entities=(Entity(0, 4, "p", GoldAssertion(presence="absent")),))
    other = Document(key="1", text="Rash", entities=plain.entities)
    moved = Document(key="1", text="rash", entities=(Entity(0, 3, "p"),))
    digests = [digest_of_documents([document]) for document in (plain, asserted, other, moved)]
    assert len(set(digests)) == 4
    assert digests[0] == digest_of_documents([replace(plain)])

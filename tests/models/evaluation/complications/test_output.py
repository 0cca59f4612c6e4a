"""What is shown: a table, JSON, and a page that needs nothing else, runs nothing and escapes everything."""

from __future__ import annotations

import json
import re
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest

from models.evaluation.complications.as_json import as_json
from models.evaluation.complications.cases import Rival
from models.evaluation.complications.drawings import calibration_chart, look
from models.evaluation.complications.measured import Group, Measured
from models.evaluation.complications.measuring import measure
from models.evaluation.complications.report import html_report, verdict
from models.evaluation.complications.text_table import text_of
from models.evaluation.complications.words import signed, size_of
from models.evaluation.estimates import Estimate, Resampling
from tests.models.evaluation.complications.questions import (
    evaluation,
    question,
    score,
    timed,
    yes_or_no,
)

RISKS, HAPPENED = yes_or_no(300)
HOSTILE = Rival(
    name="<script>alert(1)</script>", kind="baseline", risks=np.round(RISKS, 1), is_probability=True
)
SEX = np.where(np.arange(300) < 290, "<b>men</b>", "few")
ASKED = question(
    RISKS, HAPPENED, score(np.where(RISKS > 0.3, RISKS, np.nan)), HOSTILE, subgroups={"sex": SEX}
)


def made(*questions: object, **more: object) -> Measured:
    return measure(
        evaluation(*questions, **more),  # type: ignore[arg-type]
        measured=date(2026, 6, 1),
        resampling=Resampling(draws=40),
        card=(("Known risks", "Trained on <one> hospital."),),
    )


BOTH = made(ASKED, timed(300), caution="trained on <these>.", facts=(("Parameters", "1,204"),))


def test_the_table_names_model_data_caution_rivals_and_intervals() -> None:
    text = text_of(BOTH)
    lines = text.splitlines()
    assert lines[:3] == [f"toy.v1 1 {'ab' * 6}", "toy people", "Beware: trained on <these>."]
    assert "Parameters: 1,204" in lines
    assert "Intervals: 95%, 40 bootstrap draws of people (seed 13)." in lines
    auroc = BOTH.questions[0].model.measures["auroc"]
    (first, *_) = [line.split() for line in lines if line.startswith("    AUROC")]
    assert first == ["AUROC", f"{auroc.value:.3f}", f"{auroc.low:.3f}", "to", f"{auroc.high:.3f}"]
    assert re.search(r"sex: few .* too few to say", text)
    assert "Harrell's C" in text


def test_json_holds_every_number_and_no_row() -> None:
    told = json.loads(json.dumps(as_json(BOTH)))
    assert told["measured"] == "2026-06-01"
    assert told["card"] == {"Known risks": "Trained on <one> hospital."}
    first = told["questions"][0]["told"][0]
    assert first["measures"]["auroc"]["value"] == BOTH.questions[0].model.measures["auroc"].value
    assert "risks" not in first
    assert "NaN" not in json.dumps(told)


def test_the_page_escapes_everything_that_is_data() -> None:
    page = html_report(BOTH)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<b>men" not in page
    assert "&lt;b&gt;men" in page
    assert "trained on &lt;these&gt;." in page
    assert "&lt;one&gt;" in page


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = html_report(BOTH)
    assert "default-src 'none'" in page
    assert not re.search(r"\b(?:src|href|srcset)\s*=|url\(|@import|https?:", page)


def test_the_page_says_what_was_measured_and_what_it_is_not() -> None:
    page = html_report(BOTH)
    for words in ("toy people", "ab" * 32, "2026-06-01", "1,204", "Not a validation at your site", "stroke"):
        assert words in page
    assert "too few to say" in page
    assert "At a glance" in page
    assert "At a glance" not in html_report(made(ASKED))


def test_every_drawing_of_the_page_is_well_formed() -> None:
    drawings = re.findall(r"<svg.*?</svg>", html_report(BOTH), re.DOTALL)
    assert len(drawings) >= 3 + 4
    for drawing in drawings:
        ElementTree.fromstring(drawing)  # noqa: S314 - our own drawing


def test_many_questions_start_closed() -> None:
    assert "<details open>" in html_report(made(ASKED))
    page = html_report(made(ASKED, ASKED, ASKED, ASKED))
    assert "<details>" in page
    assert "<details open>" not in page


def test_a_question_without_outcomes_is_shown_with_dashes() -> None:
    empty = made(question(RISKS, np.zeros(300, bool), HOSTILE), question(np.empty(0), np.zeros(0, bool)))
    assert "–" in text_of(empty)
    assert "times in 100" not in html_report(empty)
    assert "0 with the outcome" in html_report(empty)


def test_a_model_of_points_has_no_calibration() -> None:
    points = Rival(name="points", kind="model", risks=np.round(RISKS * 10), is_probability=False)
    asked = question(RISKS, HAPPENED)
    page = html_report(made(type(asked)(name="x", happened=HAPPENED, people=asked.people, rivals=(points,))))
    assert "Do the risks mean" not in page
    assert "AUROC" in page


@pytest.mark.parametrize(
    ("measure_name", "difference", "said"),
    [
        ("auroc", Estimate(0.1, 0.05, 0.2), "better"),
        ("auroc", Estimate(-0.1, -0.2, -0.05), "worse"),
        ("auroc", Estimate(0.1, -0.01, 0.2), "no clear difference"),
        ("brier", Estimate(-0.1, -0.2, -0.05), "better"),
        ("brier", Estimate(0.1, 0.05, 0.2), "worse"),
        ("auroc", Estimate(0.1), "no clear difference"),
    ],
)
def test_a_difference_is_judged_by_its_interval_and_what_is_better(
    measure_name: str, difference: Estimate, said: str
) -> None:
    assert verdict(measure_name, difference) == said


def test_differences_carry_their_sign() -> None:
    assert signed("auroc", Estimate(0.0214, -0.001, 0.05)) == "+0.021 (−0.001 to +0.050)"
    assert signed("brier", Estimate(None)) == "–"


def test_rows_and_people_are_told_apart() -> None:
    again = np.repeat(np.arange(300), 2)
    found = made(question(RISKS[again], HAPPENED[again], people=again)).questions[0]
    assert size_of(found).startswith("600 rows of 300 people")
    assert size_of(BOTH.questions[0]).startswith("300 people")
    assert "left observation before 5 years" in size_of(BOTH.questions[1])


def test_no_rival_has_the_models_line() -> None:
    assert look(0) not in [look(place) for place in range(1, 12)]
    assert len({look(place) for place in range(5)}) == 5


def test_a_group_that_came_out_as_told_lies_on_the_diagonal() -> None:
    chart = calibration_chart([Group(rows=9, told=0.3, happened=Estimate(0.3, 0.2, 0.4))])
    tree = ElementTree.fromstring(str(chart))  # noqa: S314 - our own drawing
    (dot,) = tree.iter("circle")
    (ideal,) = [line for line in tree.iter("path") if line.attrib["class"] == "ideal"]
    x, y = map(float, ideal.attrib["d"].removeprefix("M").partition("L")[0].split())
    assert float(dot.attrib["cx"]) - x == pytest.approx(y - float(dot.attrib["cy"]), abs=0.11)

"""Which short forms a text defines, what stands in brackets without being one, and how they are marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.inference import OnnxEngine
from models.notes.abbreviations import as_defined, definitions_of
from models.notes.decoding import LabelledRun
from models.notes.spans import find_spans
from tests.growth import in_proportion

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "weights" / "notes"


def defined(text: str) -> list[tuple[str, str]]:
    words = text.split()
    return [
        tuple(" ".join(words[start:end]).lower() for start, end in (found[:2], found[2:]))
        for found in definitions_of(words)
    ]


@pytest.mark.parametrize(
    ("text", "long", "short"),
    [
        ("history of tardive dyskinesia ( TD ) since", "tardive dyskinesia", "td"),
        ("congestive heart failure ( CHF , EF 20 % )", "congestive heart failure", "chf"),
        ("levodopa - induced dyskinesia [ LID ] was seen", "levodopa - induced dyskinesia", "lid"),
        ("Parkinson ' s disease ( PD )", "parkinson ' s disease", "pd"),
        ("zidovudine , azidothymidine ( AZT )", "azidothymidine", "azt"),
        ("5 - hydroxytryptamine ( 5 - HT ) receptors", "5 - hydroxytryptamine", "5 - ht"),
    ],
)
def test_a_short_form_is_spelled_by_the_words_before_it(text: str, long: str, short: str) -> None:
    assert defined(text) == [(long, short)]


@pytest.mark.parametrize(
    "text",
    [
        "rats ( n = 12 ) were given",
        "seen in January ( 2009 )",
        "no fever . ( NF )",
        "the study ( see Table 2 of the supplement )",
        "( TD )",
        "was low ( l )",
        "dyskinesia ( TD",
        "aspirin ( aspirin )",
        "pain ( acute )",
        "episodes of monocular blindness ( OS )",
        "",
        "( ) ( ( ) [ ]",
    ],
)
def test_what_is_not_spelled_is_no_definition(text: str) -> None:
    assert defined(text) == []


def test_every_definition_is_found_in_order() -> None:
    text = "atrial fibrillation ( AF ) and deep vein thrombosis ( DVT ) ; no AF now"
    assert [short for _, short in defined(text)] == ["af", "dvt"]


TEXT = "tardive dyskinesia ( td ) came . td and td went ."


def run(start: int, end: int, type_: str = "problem", score: float = 0.5) -> LabelledRun:
    return LabelledRun(start, end, type_, score)


def marked_as_defined(runs: Sequence[LabelledRun], words: Sequence[str]) -> list[LabelledRun]:
    return as_defined(runs, words, definitions_of(words))


def told(text: str, *runs: LabelledRun) -> list[tuple[int, int, str]]:
    return [(each.start, each.end, each.type) for each in marked_as_defined(runs, text.split())]


def test_a_short_form_is_marked_everywhere_as_its_long_form_with_the_score_of_that() -> None:
    found = marked_as_defined([run(0, 2, score=0.9)], TEXT.split())
    assert [(each.start, each.end, each.score) for each in found] == [
        (0, 2, 0.9),
        (3, 4, 0.9),
        (7, 8, 0.9),
        (9, 10, 0.9),
    ]


def test_a_short_form_of_another_type_becomes_what_it_stands_for() -> None:
    problem = [(0, 2, "problem"), *((at, at + 1, "problem") for at in (3, 7, 9))]
    assert told(TEXT, run(0, 2), run(3, 4, "drug"), run(7, 8), run(9, 10, "drug")) == problem


def test_a_short_form_whose_long_form_is_not_marked_is_not_marked() -> None:
    assert told(TEXT, run(3, 4), run(7, 8)) == []


def test_a_long_form_that_is_marked_in_part_decides_nothing() -> None:
    assert told(TEXT, run(0, 1), run(7, 8)) == [(0, 1, "problem"), (7, 8, "problem")]


def test_a_longer_mark_than_the_long_form_or_around_a_short_one_stands() -> None:
    text = "acute tardive dyskinesia ( td ) ; severe td"
    assert told(text, run(0, 3), run(7, 9)) == [(0, 3, "problem"), (4, 5, "problem"), (7, 9, "problem")]


def test_a_new_definition_holds_from_where_it_stands() -> None:
    text = "tardive dyskinesia ( td ) td touch down ( td ) td"
    assert told(text, run(0, 2)) == [(0, 2, "problem"), (3, 4, "problem"), (5, 6, "problem")]


def test_what_stands_before_the_first_definition_is_meant_by_it() -> None:
    assert told("td is tardive dyskinesia ( td )", run(2, 4))[0] == (0, 1, "problem")


def test_an_ordinary_word_in_small_letters_is_no_short_form() -> None:
    text = "acute lymphoblastic leukemia ( ALL ) ; labs were all normal , ALL in remission"
    assert told(text, run(0, 3)) == [(at, end, "problem") for at, end in ((0, 3), (4, 5), (12, 13))]


def test_without_a_definition_nothing_changes() -> None:
    assert told("td and td", run(0, 1, "drug"), run(2, 3)) == [(0, 1, "drug"), (2, 3, "problem")]


@given(
    words=st.lists(
        st.sampled_from(["", "a", "ab", "b", "ba", "(", ")", "[", ";", ".", "AB", "İb"]), max_size=30
    ),
    cuts=st.sets(st.integers(0, 30)),
)
@example(words=["b", "", "a", "(", "ba", ")"], cuts={0, 1})
def test_whatever_the_words_are_runs_stay_disjoint_and_inside(words: list[str], cuts: set[int]) -> None:
    edges = [cut for cut in sorted(cuts) if cut <= len(words)]
    runs = [run(start, end, "pd"[start % 2]) for start, end in pairwise(edges) if (start + end) % 3]
    found = marked_as_defined(runs, words)
    assert all(0 <= each.start < each.end <= len(words) for each in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize(
    "piece", ["ab cd ( ac ) ", "a - b ( a - b1 ) ", "( ", "ac ", "a b c d e f g h ( h ( ( a ) "]
)
def test_many_definitions_take_time_in_proportion(piece: str) -> None:
    def marked(text: str) -> object:
        return marked_as_defined([run(0, 2)], text.split())

    assert in_proportion(marked, piece, 400_000)


def test_many_different_short_forms_of_one_first_word_take_time_in_proportion() -> None:
    def marked(text: str) -> object:
        words = [word for n in range(len(text)) for word in f"a q{n} ( a q{n} ) a".split()]
        return marked_as_defined([], words)

    assert in_proportion(marked, "x", 20_000)


def test_the_shipped_reader_knows_what_a_note_calls_a_disease() -> None:
    text = (
        "She has Zellner-Kappa syndrome (ZKS) since childhood. Her ZKS is stable on treatment. "
        "The Zebra Kangaroo Study (ZKT) enrolled her; ZKT visits continue."
    )
    engine = OnnxEngine(SHIPPED)
    marked = {
        text[span.start : span.end]: span.type
        for span in find_spans(text, engine, engine.tokenizer).found
        if span.head == "clinical"
    }
    assert marked["ZKS"] == "problem"
    assert "ZKT" not in marked

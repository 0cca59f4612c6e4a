"""Entity scores agree with counts made by hand."""

from __future__ import annotations

import pytest

from models.evaluation.notes import (
    ClassScores,
    EntityCase,
    EvaluationError,
    PredictedSpan,
    Resampling,
    evaluate_entities,
)
from models.training.notes.corpora.document import Entity
from tests.models.evaluation.notes.cases import case, entity, span

TYPES = ("drug", "sign")
NO_DRAWS = Resampling(draws=0)
CASES = [
    case(
        [entity("fever", "sign"), entity("aspirin", "drug"), entity("zinc salve", "drug")],
        [
            span("fever", "sign", 0.9),
            span("aspirin", "sign", 0.8),
            span("zinc", "drug", 0.7),
            span("Took", "drug", 0.4),
        ],
    ),
    case([entity("aspirin", "drug")], [span("aspirin", "drug", 1.0)], key="e"),
]


def counts(scores: ClassScores) -> tuple[int, int, int]:
    return scores.right, scores.predicted, scores.gold


def random_cases(rng_seed: int, documents: int, share: float) -> list[EntityCase]:
    import numpy as np

    rng = np.random.default_rng(rng_seed)
    hits = rng.random(documents) < share
    return [case([entity("fever", "sign")], [span("fever", "sign")] if hit else []) for hit in hits]


def test_strict_wants_the_same_start_end_and_type() -> None:
    strict = evaluate_entities(CASES, TYPES, resampling=NO_DRAWS).strict
    assert [scores.name for scores in strict.classes] == ["drug", "sign"]
    assert [counts(scores) for scores in strict.classes] == [(1, 3, 3), (1, 2, 1)]
    assert counts(strict.micro) == (2, 5, 4)
    assert strict.micro.precision.value == pytest.approx(2 / 5)
    assert strict.micro.recall.value == pytest.approx(2 / 4)
    assert strict.micro.f1.value == pytest.approx(4 / 9)


def test_partial_wants_an_overlap_with_the_same_type() -> None:
    partial = evaluate_entities(CASES, TYPES, resampling=NO_DRAWS).partial
    assert [counts(scores) for scores in partial.classes] == [(2, 3, 3), (1, 2, 1)]


@pytest.mark.parametrize(
    ("gold", "predicted", "right"),
    [
        ([(0, 10)], [(0, 4), (5, 10)], 1),
        ([(0, 4), (5, 10)], [(0, 10)], 1),
        ([(0, 4), (5, 10)], [(3, 6), (7, 9)], 2),
        ([(0, 4)], [(4, 8)], 0),
        ([(0, 4), (2, 8)], [(0, 4), (3, 5)], 2),
    ],
    ids=["split", "joined", "shifted", "touching", "nested"],
)
def test_each_span_is_in_one_pair_at_most(
    gold: list[tuple[int, int]], predicted: list[tuple[int, int]], right: int
) -> None:
    only = EntityCase(
        key="d",
        text="x" * 20,
        gold=tuple(Entity(start, end, "sign") for start, end in gold),
        predicted=tuple(PredictedSpan(start, end, "sign") for start, end in predicted),
    )
    partial = evaluate_entities([only], ["sign"], resampling=NO_DRAWS).partial
    assert counts(partial.micro) == (right, len(predicted), len(gold))


def test_a_span_given_twice_counts_once() -> None:
    twice = case([entity("fever", "sign")], [span("fever", "sign", 0.5), span("fever", "sign", 0.9)])
    assert counts(evaluate_entities([twice], TYPES, resampling=NO_DRAWS).strict.micro) == (1, 1, 1)


def test_nothing_found_and_nothing_there_have_no_score_where_there_is_nothing_to_divide_by() -> None:
    drug, sign = evaluate_entities([case([entity("fever", "sign")], [])], TYPES).strict.classes
    assert (drug.precision.value, drug.recall.value, drug.f1.value, drug.f1.low) == (None, None, None, None)
    assert (sign.precision.value, sign.recall.value, sign.f1.value) == (None, 0.0, 0.0)


def test_the_interval_of_a_recall_is_that_of_a_proportion() -> None:
    recall = evaluate_entities(
        random_cases(3, 400, 0.8), TYPES, resampling=Resampling(draws=2000)
    ).strict.micro.recall
    assert recall.value is not None
    assert recall.low is not None
    assert recall.high is not None
    half_width = 1.96 * (recall.value * (1 - recall.value) / 400) ** 0.5
    assert recall.low == pytest.approx(recall.value - half_width, abs=0.006)
    assert recall.high == pytest.approx(recall.value + half_width, abs=0.006)


def test_the_interval_is_that_of_documents_not_of_mentions() -> None:
    alike = [
        case(
            [entity(word, "sign") for word in ("fever", "aspirin", "zinc")], [span(w, "sign") for w in words]
        )
        for words in (("fever", "aspirin", "zinc"), ()) * 20
    ]
    recall = evaluate_entities(alike, TYPES).strict.micro.recall
    assert recall.low is not None
    assert recall.low < 0.5 - 1.5 * (0.25 / 120) ** 0.5 * 1.96


def test_one_seed_gives_one_interval_and_another_seed_another() -> None:
    cases = random_cases(5, 60, 0.7)
    first, again, other = (
        evaluate_entities(cases, TYPES, resampling=Resampling(seed=seed, draws=97)).strict.micro.recall
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_single_document_has_an_interval_of_its_own_score() -> None:
    f1 = evaluate_entities(CASES[:1], TYPES).strict.micro.f1
    assert f1.low == f1.value == f1.high


def test_a_span_of_a_type_that_is_not_evaluated_is_refused() -> None:
    with pytest.raises(EvaluationError, match="drug"):
        evaluate_entities(CASES, ["sign"])


def test_no_documents_are_refused() -> None:
    with pytest.raises(EvaluationError, match="no documents"):
        evaluate_entities([], TYPES)


def test_the_worst_errors_are_named_by_kind_with_their_line() -> None:
    mistakes = {each.kind: each for each in evaluate_entities(CASES, TYPES).mistakes}
    assert set(mistakes) == {"boundary", "type", "spurious"}
    boundary = mistakes["boundary"]
    assert (boundary.words, boundary.meant, boundary.gold, boundary.found) == (
        "zinc",
        "zinc salve",
        "drug",
        "drug",
    )
    assert (mistakes["type"].gold, mistakes["type"].found) == ("drug", "sign")
    assert (mistakes["spurious"].gold, mistakes["spurious"].score) == ("", 0.4)
    assert boundary.before + boundary.words + boundary.after == CASES[0].text


def test_what_is_missed_most_often_comes_first_and_once() -> None:
    cases = [case([entity("aspirin", "drug")], [], key=str(number)) for number in range(3)]
    cases.append(case([entity("fever", "sign")], []))
    first, second = evaluate_entities(cases, TYPES).mistakes
    assert (first.words, first.times, first.key) == ("aspirin", 3, "0")
    assert (second.words, second.times) == ("fever", 1)


def test_the_surest_error_comes_first_and_no_kind_has_more_than_asked_for() -> None:
    sure = case([], [span("fever", "sign", 0.3), span("aspirin", "sign", 0.95), span("zinc", "sign", 0.6)])
    mistakes = evaluate_entities([sure], TYPES, mistakes=2).mistakes
    assert [each.words for each in mistakes] == ["aspirin", "zinc"]


def test_a_long_line_is_shortened_around_the_error() -> None:
    text = "word " * 100 + "rash" + " word" * 100
    long = EntityCase(key="d", text=text, gold=(), predicted=(PredictedSpan(500, 504, "sign"),))
    (mistake,) = evaluate_entities([long], ["sign"]).mistakes
    assert mistake.words == "rash"
    assert mistake.before.startswith("…word")
    assert mistake.after.endswith("word…")
    assert len(mistake.before) < 120


def test_the_repr_of_an_error_shows_no_words() -> None:
    assert "zinc" not in repr(evaluate_entities(CASES, TYPES))

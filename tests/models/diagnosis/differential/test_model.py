from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.diagnosis.differential.catalogue import catalogue
from models.diagnosis.differential.model import (
    WEIGHTS,
    Findings,
    UnknownFindingError,
    from_folder,
    shipped_model,
)
from models.diagnosis.differential.questions import expected_bits, next_questions
from models.weights import WeightsError, load_manifest

MODEL = shipped_model()
KEYS = sorted(catalogue().by_key)
SOME = st.sets(st.sampled_from(KEYS), max_size=12)
PEOPLE = {"age": st.one_of(st.none(), st.integers(0, 110)), "sex": st.sampled_from(["female", "male", ""])}


@given(present=SOME, absent=SOME, **PEOPLE)
def test_start_and_weights_add_up_to_the_score_that_gives_the_probability(
    present: set[str], absent: set[str], age: int | None, sex: str
) -> None:
    known = Findings(present=frozenset(present), absent=frozenset(absent), age=age, sex=sex)  # type: ignore[arg-type]
    found = MODEL.rank(known).candidates
    scores = [each.start + sum(weight.log_odds for weight in each.weights) for each in found]
    whole = sum(math.exp(score - max(scores)) for score in scores)
    for each, score in zip(found, scores, strict=True):
        assert each.probability == pytest.approx(math.exp(score - max(scores)) / whole, abs=1e-9)
    assert sum(each.probability for each in found) == pytest.approx(1)
    assert [each.probability for each in found] == sorted((each.probability for each in found), reverse=True)
    by_key = {each.disease.key: each.probability for each in found}
    assert [by_key[key] for key in MODEL.diseases] == pytest.approx(MODEL.probabilities(known).tolist())


@given(keys=st.permutations(KEYS[:10]))
def test_the_order_of_findings_changes_nothing(keys: list[str]) -> None:
    assert MODEL.rank(Findings(present=frozenset(keys))) == MODEL.rank(Findings(present=frozenset(KEYS[:10])))


def test_denying_a_finding_never_helps_the_condition_that_it_speaks_for_most() -> None:
    for row in range(len(MODEL.findings)):
        column = int(np.argmax(MODEL.present[row]))
        if MODEL.likelihood[row, column] > MODEL.likelihood[row].mean() + 0.2:
            assert MODEL.absent[row, column] < 0, (MODEL.findings[row], MODEL.diseases[column])


def test_what_a_finding_implies_is_present_and_the_details_of_a_denied_whole_count_once() -> None:
    known = Findings(present=frozenset({"pleuritic"})).completed(catalogue())
    assert known.present == {"pleuritic", "pain.chest", "pain"}
    denied = Findings(absent=frozenset({"pain", "pain.chest", "fever"})).completed(catalogue())
    assert denied.absent == {"pain", "fever"}
    assert (
        Findings(present=frozenset({"fever"}), absent=frozenset({"fever"})).completed(catalogue()).absent
        == frozenset()
    )


def test_an_unknown_finding_is_refused_by_name() -> None:
    with pytest.raises(UnknownFindingError, match="there is no finding 'fevre'"):
        MODEL.rank(Findings(present=frozenset({"fevre"})))


def test_what_must_not_be_missed_is_named_first_even_when_less_likely() -> None:
    known = Findings(present=frozenset({"pain.chest", "pleuritic", "dyspnea", "pain.sudden"}))
    likely = MODEL.rank(known).likely(6, 0.02)
    marks = [each.disease.must_not_miss for each in likely]
    assert marks == sorted(marks, reverse=True)
    assert any(marks)
    for mark in (True, False):
        shares = [each.probability for each in likely if each.disease.must_not_miss is mark]
        assert shares == sorted(shares, reverse=True)


def test_expected_information_is_the_entropy_that_an_answer_is_expected_to_take_away() -> None:
    random = np.random.default_rng(3)
    shares, rates = random.dirichlet(np.ones(5)), random.random((7, 5))

    def entropy(of: np.ndarray) -> float:
        return float(-(of * np.log2(of)).sum())

    for rate, bits in zip(rates, expected_bits(shares, rates), strict=True):
        yes = float(rate @ shares)
        left = yes * entropy(rate * shares / yes) + (1 - yes) * entropy((1 - rate) * shares / (1 - yes))
        assert bits == pytest.approx(entropy(shares) - left)


def test_only_what_is_unknown_is_asked_and_details_only_of_what_is_there() -> None:
    known = Findings(present=frozenset({"fever", "cough"}), absent=frozenset({"dyspnea"}))
    asked = next_questions(MODEL, MODEL.rank(known), 40)
    assert not {each.item.key for each in asked} & {"fever", "cough", "dyspnea"}
    assert not [each.item.key for each in asked if each.item.of]
    assert [each.bits for each in asked] == sorted((each.bits for each in asked), reverse=True)
    with_pain = Findings(present=frozenset({"fever", "cough", "pain"}))
    assert [each for each in next_questions(MODEL, MODEL.rank(with_pain), 40) if each.item.of == "pain"]


def test_weights_that_were_changed_or_fit_no_catalogue_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(WEIGHTS, folder)
    (folder / "model.json").write_bytes((folder / "model.json").read_bytes() + b" ")
    with pytest.raises(WeightsError, match=r"model\.json"):
        from_folder(folder, load_manifest(folder))


def test_a_rare_condition_counts_a_tenth_against_a_common_one_and_nothing_else_changes() -> None:
    model = shipped_model()
    patients = model.where_rare_is_rare()
    column = {key: number for number, key in enumerate(model.diseases)}
    known = Findings(present=frozenset({"fever"}))
    before, after = model.probabilities(known), patients.probabilities(known)
    rare, common, other = column["Tuberculosis"], column["Pneumonia"], column["Bronchitis"]
    scale = model.scale[0]
    assert np.log(after[rare] / after[common]) - np.log(before[rare] / before[common]) == pytest.approx(
        scale * np.log(0.1)
    )
    assert after[common] / after[other] == pytest.approx(before[common] / before[other])

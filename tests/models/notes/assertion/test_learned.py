"""The learned part: its weights, its limits and its training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fhir_adapters.notes.sections import sections_of
from fhir_adapters.record import Assertion, Section, Span
from models.notes.assertion.assertor import evidence_of
from models.notes.assertion.features import features_of
from models.notes.assertion.learned import WEIGHTS, TimeModel, WeightsError, load_time_model, revised_by
from models.notes.assertion.rules import assertion_of
from models.notes.typed_span import TypedSpan
from models.training.assertion.negex import NegexError, judged_of, located
from models.training.assertion.train import Settings, examples_of, f1_of, out_of_fold, train_assertion

REPO = Path(__file__).resolve().parents[4]
NEGEX = REPO.parent / "shared" / "data" / "negex" / "sentences.tsv"
ALWAYS = TimeModel(bias=9.0, weights={}, threshold=0.5)
NEVER = TimeModel(bias=-9.0, weights={}, threshold=0.5)
_ROWS = (
    ("gout", "History of GOUT.", "Affirmed", "Historical"),
    ("gout", "GOUT.", "Affirmed", "Historical"),
    ("cough", "She has a COUGH.", "Affirmed", "Recent"),
    ("cough", "COUGH.", "Affirmed", "Recent"),
    ("rash", "No RASH today.", "Negated", "Recent"),
)


def _revised(model: TimeModel, text: str, kind: str = "") -> Assertion:
    sections = [Section(kind=kind, heading="", start=0, end=len(text))]
    evidence = evidence_of(text, [Span(0, len(text))], sections, [TypedSpan(0, len(text) - 1, "problem")])[0]
    return revised_by(model, evidence, assertion_of(evidence))


def _file(folder: Path) -> Path:
    path = folder / "rows.tsv"
    lines = [
        f"{number}\t{condition}\t{text}\t{negation}\t{time}\tPatient\n"
        for number, (condition, text, negation, time) in enumerate(_ROWS * 3)
    ]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_the_shipped_weights_have_their_hash() -> None:
    assert load_time_model().weights


def test_the_shipped_weights_are_small_and_name_their_license() -> None:
    assert WEIGHTS.stat().st_size < 300_000
    assert json.loads(WEIGHTS.read_text(encoding="utf-8"))["trained_on"]["license"] == "Apache-2.0"


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    changed = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    changed["bias"] += 1
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(WeightsError):
        load_time_model(path)


def test_a_bare_name_in_no_known_section_may_become_past() -> None:
    assert _revised(ALWAYS, "Gout.").when == "past"


@pytest.mark.parametrize("kind", ["assessment_plan", "diagnoses", "chief_complaint", "exam", "labs"])
def test_a_bare_name_in_a_section_of_now_stays_current(kind: str) -> None:
    assert _revised(ALWAYS, "Gout.", kind).when == "current"


def test_a_habit_that_the_patient_has_stays_current() -> None:
    assert _revised(ALWAYS, "Smokes.").when == "current"


def test_the_model_never_takes_back_a_past_of_the_rules() -> None:
    text = "History of gout."
    evidence = evidence_of(text, [Span(0, 16)], (), [TypedSpan(11, 15, "problem")])[0]
    assert revised_by(NEVER, evidence, assertion_of(evidence)).when == "past"


def test_a_doubtful_present_has_a_low_score() -> None:
    undecided = TimeModel(bias=-0.1, weights={}, threshold=0.5)
    assert _revised(undecided, "Gout.").score < 0.6


def test_no_word_of_a_name_is_a_feature() -> None:
    text = "Zbigniew Brzezinski of Aetna has gout."
    evidence = evidence_of(text, [Span(0, 38)], (), [TypedSpan(33, 37, "problem")])[0]
    features = " ".join(features_of(evidence, assertion_of(evidence)))
    assert not any(word in features for word in ("zbigniew", "brzezinski", "aetna", "gout"))


def test_training_twice_writes_the_same_weights(tmp_path: Path) -> None:
    source, first, second = _file(tmp_path), tmp_path / "1.json", tmp_path / "2.json"
    settings = Settings(folds=2, fewest=1)
    train_assertion(source, sections_of, first, settings)
    train_assertion(source, sections_of, second, settings)
    assert first.read_bytes() == second.read_bytes()


def test_trained_weights_can_be_loaded(tmp_path: Path) -> None:
    target = tmp_path / "weights.json"
    train_assertion(_file(tmp_path), sections_of, target, Settings(folds=2, fewest=1))
    assert load_time_model(target).weights


def test_near_copies_share_a_group(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text(
        "1\tmass\t1 cm MASS.\tAffirmed\tRecent\tPatient\n2\tmass\t2 cm  mass.\tAffirmed\tRecent\tPatient\n",
        encoding="utf-8",
    )
    assert len({one.group for one in judged_of(path)}) == 1


@pytest.mark.parametrize(
    "line", ["1\ttoo few", "1\ta\tA b.\tMaybe\tRecent\tPatient", "1\ta\tA.\tAffirmed\tSoon\tPatient"]
)
def test_a_line_of_another_format_is_refused_without_quoting_it(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(NegexError, match=r"rows\.tsv, line 1"):
        judged_of(path)


def test_a_condition_is_rather_not_a_heading() -> None:
    text = "ALLERGIES: has no ALLERGIES."
    assert located("allergies", text) == (18, 27)


def test_a_condition_that_is_not_found_is_the_whole_text() -> None:
    assert located("gout", "Well.") == (0, 5)


@pytest.mark.data
@pytest.mark.skipif(not NEGEX.exists(), reason="the NegEx sentences are not beside the checkout")
def test_the_figures_on_real_sentences_hold_out_of_fold() -> None:
    examples = examples_of(judged_of(NEGEX), sections_of)
    answers = out_of_fold(examples, Settings(folds=5))
    absent = f1_of(
        [a.presence == "absent" for a in answers], [e.judged.negation == "Negated" for e in examples]
    )
    past = f1_of([a.when == "past" for a in answers], [e.past for e in examples])
    assert absent[2] >= 0.98
    assert past[2] >= 0.80

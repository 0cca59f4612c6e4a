from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Literal

import pytest

from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment, ModelStamp
from models.registry import load_models
from models.run import assess, results_of
from tests.models.risk_scores.charts import prevention
from tests.records import person, record

SETTINGS = ClinicalSettings()


def _model(name: str, answer: Any) -> Any:
    stamp = ModelStamp(name=name, version="1", digest="0")

    def run(chart: object, settings: object) -> Assessment:
        if isinstance(answer, Exception):
            raise answer
        return Assessment(
            abstentions=(Abstention(key=answer, cause="missing-input", reason="", model=stamp),)
        )

    return SimpleNamespace(name=name, stamp=stamp, assess=run)


def test_a_failing_model_is_named_and_the_others_still_answer() -> None:
    models = [_model("bad.v1", ZeroDivisionError("secret")), _model("good.v1", "good")]
    said = assess(record(), models, SETTINGS).abstentions
    assert [(a.key, a.cause) for a in said] == [("bad", "model-error"), ("good", "missing-input")]
    assert "secret" not in said[0].reason


def test_models_not_reached_before_the_deadline_say_so() -> None:
    late = iter([False, True])
    said = assess(record(), [_model("a.v1", "a"), _model("b.v1", "b")], SETTINGS, lambda: next(late))
    assert [a.cause for a in said.abstentions] == ["missing-input", "out-of-time"]


def test_nothing_is_said_about_a_patient_who_has_died() -> None:
    assert assess(record(patient=person(deceased=True)), [_model("a.v1", "a")], SETTINGS) == Assessment()


def test_the_log_of_a_failure_names_the_model_and_not_the_patient(caplog: pytest.LogCaptureFixture) -> None:
    assess(record(), [_model("bad.v1", ValueError("Jane Roe, 3 May"))], SETTINGS)
    (entry,) = caplog.records
    assert entry.__dict__["model"] == "bad.v1"
    assert "Jane" not in str(entry.__dict__)


@pytest.mark.parametrize(("chosen", "name"), [("prevent", "prevent.v1"), ("score2", "score2.v1")])
def test_of_two_scores_that_answer_one_question_the_chosen_one_has_a_result(
    chosen: Literal["prevent", "score2"], name: str
) -> None:
    settings = ClinicalSettings(cardiovascular_score=chosen)
    lines = results_of(prevention(), load_models().select(("prevent.v1", "score2.v1")), settings)
    assert [line.model.name for line in lines] == [name]

"""The logic behind `cuecard score`: one JSON line, or one record, in; one result or abstention out."""

from __future__ import annotations

from typing import Any

import orjson

from fhir_adapters.record import PatientRecord
from models.contract import Calculator, ClinicalSettings, ScoreInputError
from models.finding import Abstention
from models.registry import load_models
from models.scoring import RecordScore, compute


class UnknownCalculatorError(ValueError):
    """There is no calculator of that name; the text lists those there are."""


def calculator_for(name: str) -> Calculator:
    """The calculator of a name such as "prevent" or "kfre".

    Raises:
        UnknownCalculatorError: No model offers it.
        RegistryError: The models can't be loaded.
    """
    calculators = load_models().calculators()
    if name not in calculators:
        raise UnknownCalculatorError(f"no score '{name}'; there are: {', '.join(sorted(calculators))}")
    return calculators[name]


def record_score_for(name: str) -> RecordScore:
    """The score of a calculator name, for `score_record`.

    Raises:
        UnknownCalculatorError: No model offers it, or it can't be computed from a chart.
        RegistryError: The models can't be loaded.
    """
    score = calculator_for(name)
    if not isinstance(score, RecordScore):
        raise UnknownCalculatorError(f"score '{name}' can't be computed from a chart")
    return score


def calculate_line(calculator: Calculator, line: str | bytes) -> dict[str, Any]:
    """Computes a score from one line of JSON.

    Args:
        calculator: As `calculator_for` gives it.
        line: A JSON object of inputs, in the units of the calculator's `calculate`.

    Returns:
        The results; or {"abstained": {...}} when the score doesn't answer for these inputs; or
        {"error": {...}} when the line is no JSON object. Never raises for what the line holds.
    """
    try:
        inputs = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {"error": {"reason": "the line is not valid JSON"}}
    if not isinstance(inputs, dict):
        return {"error": {"reason": "the line is not a JSON object"}}
    try:
        return calculator.calculate(inputs)
    except ScoreInputError as error:
        return abstained(error)


def score_record(score: RecordScore, record: PatientRecord, settings: ClinicalSettings) -> dict[str, Any]:
    """Computes a score from a record: the same keys as from bare inputs, or why there is none."""
    if record.patient.deceased:
        return _abstained("outside-population", "the patient has died", ())
    result = compute(score, record, settings)
    return abstained(result) if isinstance(result, Abstention) else dict(result.results)


def abstained(why: Abstention | ScoreInputError) -> dict[str, Any]:
    """An abstention as the JSON object that `cuecard score` prints."""
    return _abstained(why.cause, why.reason, why.missing)


def _abstained(cause: str, reason: str, missing: tuple[str, ...]) -> dict[str, Any]:
    return {"abstained": {"cause": cause, "reason": reason, "missing": list(missing)}}

"""How good a note reader is: entities, assertions, calibration, worst errors."""

from models.evaluation.estimates import Estimate, EvaluationError, Resampling
from models.evaluation.notes.assertions import AssertionEvaluation, AxisScores, evaluate_assertions
from models.evaluation.notes.calibration import Calibration, CalibrationBin, calibration_of
from models.evaluation.notes.cases import AssertedCase, EntityCase, PredictedSpan
from models.evaluation.notes.entities import EntityEvaluation, evaluate_entities
from models.evaluation.notes.mistakes import Mistake
from models.evaluation.notes.scores import ClassScores, Table

__all__ = [
    "AssertedCase",
    "AssertionEvaluation",
    "AxisScores",
    "Calibration",
    "CalibrationBin",
    "ClassScores",
    "EntityCase",
    "EntityEvaluation",
    "Estimate",
    "EvaluationError",
    "Mistake",
    "PredictedSpan",
    "Resampling",
    "Table",
    "calibration_of",
    "evaluate_assertions",
    "evaluate_entities",
]

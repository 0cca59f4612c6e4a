"""Questionnaires of equal questions, each answered 0 to 3: PHQ-9 and GAD-7.

The wording of the questions is not reproduced; both may be used freely (Pfizer).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fhir_adapters.record import CodedObservation, PatientRecord
from models.contract import ClinicalSettings, ScoreInputError
from models.explaining import explain_points
from models.explanation import Explanation
from models.finding import Abstention, Estimate, Evidence, ModelStamp
from models.scoring import Gathered, InformingScore, ScoreResult, lacking

# LOINC answers from "not at all" to "nearly every day".
_ANSWERS = {"LA6568-5": 0, "LA6569-3": 1, "LA6570-1": 2, "LA6571-9": 3}
LOOKBACK_DAYS = 183
_ONE_SITTING = timedelta(days=1)


class Questionnaire(InformingScore):
    """The sum of the answers; a subclass says how many questions there are and what they are called."""

    name: str
    calculator_name: str
    stamp: ModelStamp
    questions: int
    title: str

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Adds the answers.

        Args:
            inputs: responses, a list of one answer from 0 to 3 for each question, in order.

        Returns:
            score.

        Raises:
            ScoreInputError: Answers are missing, too many, or not 0 to 3.
        """
        answers = inputs.get("responses")
        if answers is None:
            missing = f"the {self.questions} answers"
            raise ScoreInputError("missing-input", f"needs {missing}", (missing,))
        if not isinstance(answers, list) or len(answers) != self.questions:
            raise ScoreInputError("out-of-range", f"there must be {self.questions} answers")
        if any(isinstance(a, bool) or not isinstance(a, int) or not 0 <= a <= 3 for a in answers):
            raise ScoreInputError("out-of-range", "an answer must be a whole number from 0 to 3")
        return {"score": sum(answers)}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The newest answers of one sitting in the last six months."""
        since = record.as_of - timedelta(days=LOOKBACK_DAYS)
        newest: dict[str, CodedObservation] = {}
        for obs in sorted(record.coded_observations, key=lambda each: each.at):
            if obs.kind.startswith(f"{self.calculator_name}_item_") and obs.at >= since:
                newest[obs.kind] = obs
        if not newest:
            return lacking(self.stamp, f"the answers to {self.title} of the last 6 months")
        last = max(obs.at for obs in newest.values())
        together = {kind: obs for kind, obs in newest.items() if last - obs.at <= _ONE_SITTING}
        answers = [
            _answer(together.get(f"{self.calculator_name}_item_{n}")) for n in range(1, self.questions + 1)
        ]
        unknown = [
            f"{self.title} question {n}" for n, answer in enumerate(answers, start=1) if answer is None
        ]
        if unknown:
            return lacking(self.stamp, *unknown)
        return Gathered(
            inputs={"responses": answers},
            evidence={
                kind: Evidence(
                    source=obs.source,
                    label=f"{self.title} question {kind.rpartition('_')[2]}",
                    value=str(_answer(obs)),
                    at=obs.at,
                )
                for kind, obs in sorted(together.items())
            },
        )

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The sum."""
        return (Estimate(name=self.title, value=result.results["score"], unit="points"),)

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The points of each answer."""
        evidence = result.gathered.evidence
        points = {kind: float(piece.value) for kind, piece in evidence.items()}
        return explain_points(self.title, points, evidence)


def _answer(obs: CodedObservation | None) -> int | None:
    if obs is None:
        return None
    return next((_ANSWERS[c.code] for c in obs.value.codings if c.code in _ANSWERS), None)

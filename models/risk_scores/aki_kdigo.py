"""KDIGO stage of acute kidney injury by creatinine.

Source: KDIGO 2012 AKI guideline, Kidney Int Suppl 2012;2:1-138, doi:10.1038/kisup.2012.1.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires
from models.chart_inputs import ONE_YEAR, measured
from models.contract import ClinicalSettings, ScoreInputError
from models.diagnosis.kdigo import LIMITS, aki_baseline, aki_stage, creatinines
from models.finding import Abstention, Estimate
from models.registry import clinical_model
from models.score_card import PublishedScore
from models.scoring import Gathered, InformingScore, Inputs, ScoreResult, abstain, lacking, stamped

_LABELS = {
    "reference_creatinine_mg_dl": "reference creatinine",
    "creatinine_series": "creatinine values with their hours",
    "hours": "hours",
    "mg_dl": "creatinine",
}
_CREATININE = (0.1, 25, "mg/dL")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@clinical_model
class AkiKdigo(InformingScore):
    """The stage of acute kidney injury as a calculator and on a chart; the kidney criteria make the card."""

    name = "aki_kdigo.v1"
    calculator_name = "aki_kdigo"
    stamp = stamped("aki_kdigo.v1", "1", LIMITS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Observation", analytes=("creatinine",), lookback_days=2 * ONE_YEAR),
            Need(resource="Encounter", lookback_days=2 * ONE_YEAR),
        )
    )
    card = PublishedScore(
        authors="Kidney Disease: Improving Global Outcomes (KDIGO, 2012)",
        output="Stage 0 (no acute kidney injury) to 3.",
        output_type="A stage by rise of creatinine against a reference; urine output is not read.",
        intended_use="To describe the newest creatinine on request.",
        population="Adults not on dialysis.",
        out_of_scope="Dialysis, children, and injury that shows in urine output only.",
        known_risks="The stage depends on the reference, which is named: without an outpatient value the "
        "lowest of a week stands in and may itself be raised.",
        derivation="A guideline; thresholds rest on mortality by rise of creatinine in cohorts.",
        references="doi:10.1038/kisup.2012.1.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Judges the last value of a series.

        Args:
            inputs: reference_creatinine_mg_dl; creatinine_series, a list of {"hours", "mg_dl"} in order.

        Returns:
            kdigo_stage, 0 to 3.

        Raises:
            ScoreInputError: An input is missing, mistyped, out of order or outside its range.
        """
        given = Inputs(inputs, _LABELS)
        given.require("reference_creatinine_mg_dl", "creatinine_series")
        reference = given.number("reference_creatinine_mg_dl", *_CREATININE)
        points = _series(inputs["creatinine_series"])
        # A stable outpatient value from before the week of the rise is what the stage is measured from.
        before = points[0].at - timedelta(days=LIMITS.aki_ratio_days + 1)
        stable = _point(reference, before, "ambulatory")
        return {"kdigo_stage": aki_stage((stable, *points), points[-1]).stage}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The values of the week up to the newest creatinine and the reference before them."""
        if (record.age_years or 0) < 18:
            return abstain(self.stamp, "outside-population", "for adults")
        points = creatinines(record)
        newest = points[-1] if points else None
        if newest is None or newest.at < record.as_of - timedelta(days=LIMITS.aki_current_days):
            return abstain(self.stamp, "not-indicated", "no creatinine in the last 7 days")
        baseline = aki_baseline(points, newest)
        if baseline is None:
            return lacking(self.stamp, "an earlier creatinine")
        week = newest.at - timedelta(days=LIMITS.aki_ratio_days)
        recent = [point for point in points if week <= point.at <= newest.at]
        start = recent[0].at
        series = [
            {"hours": (point.at - start).total_seconds() / 3600, "mg_dl": point.value} for point in recent
        ]
        return Gathered(
            inputs={"reference_creatinine_mg_dl": baseline.value, "creatinine_series": series},
            evidence={
                "creatinine_series": measured(newest, remark=f"against {baseline.value:.2f}, {baseline.how}")
            },
        )

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The stage."""
        stage = result.results["kdigo_stage"]
        band = "no acute kidney injury" if stage == 0 else f"stage {stage}"
        return (Estimate(name="KDIGO stage of acute kidney injury", value=stage, unit="1", band=band),)


def _series(values: Any) -> tuple[Measurement, ...]:
    if not isinstance(values, list) or not values or not all(isinstance(item, dict) for item in values):
        raise ScoreInputError("out-of-range", "creatinine values must be a list of objects")
    points = []
    for item in values:
        given = Inputs(item, _LABELS)
        hours = given.number("hours", 0, 24 * ONE_YEAR, "h")
        points.append(
            _point(given.number("mg_dl", *_CREATININE), _EPOCH + timedelta(hours=hours), "inpatient")
        )
    if any(later.at < earlier.at for earlier, later in pairwise(points)):
        raise ScoreInputError("out-of-range", "creatinine values must be in order of time")
    return tuple(points)


def _point(value: float, at: datetime, setting: Any) -> Measurement:
    return Measurement(source="", analyte="creatinine", value=value, unit="mg/dL", at=at, setting=setting)

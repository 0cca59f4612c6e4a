"""CURB-65: severity of community-acquired pneumonia.

Source: Lim WS et al., Thorax 2003;58:377-382, doi:10.1136/thorax.58.5.377.
"""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import SNOMED, Coding, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import PALLIATIVE_CARE
from fhir_adapters.terminology.score_conditions import PNEUMONIA
from models.contract import ClinicalSettings
from models.finding import Abstention, Citation, Estimate, Evidence, Finding
from models.point_score import AdditiveScore, Answers, Flag, Found, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, stamped

_BANDS = ((3, "severe"), (2, "moderate"), (0, "low"))
_LOW_SYSTOLIC = 90
# mmol/L of urea in one mg/dL of urea nitrogen.
_UREA_PER_BUN = 1 / 2.8011


@dataclass(frozen=True, slots=True)
class _LowPressure:
    """Systolic pressure below 90 or diastolic pressure of 60 mm[Hg] or less."""

    name: str = "sbp"
    label: str = "systolic blood pressure"
    span: tuple[float, float] = (0, 1)

    def points(self, given: Inputs) -> float:
        systolic = given.number("sbp", 30, 320, "mm Hg")
        diastolic = given.number("dbp", 10, 220, "mm Hg")
        return int(systolic < _LOW_SYSTOLIC or diastolic <= 60)


_ITEMS = (
    Flag("confusion", "new confusion (yes or no)"),
    Steps("urea_mmol_l", "urea", (0.3, 90, "mmol/L"), ((7, 1),), exceeds=True),
    Steps("respiratory_rate", "respiratory rate", (2, 90, "/min"), ((30, 1),)),
    _LowPressure(),
    Steps("age", "age", (18, 120, "years"), ((65, 1),)),
)


@clinical_model
class Curb65(AdditiveScore):
    """CURB-65 as a calculator, and as a model that names a severe pneumonia."""

    name = "curb65.v1"
    calculator_name = "curb65"
    title = "CURB-65"
    result = "curb65"
    items = _ITEMS
    further_labels = (("dbp", "diastolic blood pressure"),)
    stamp = stamped("curb65.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Observation", analytes=("resp_rate", "sbp", "dbp", "gcs", "bun"), lookback_days=1),
        )
    )
    card = PublishedScore(
        authors="Lim WS et al. (2003)",
        output="CURB-65 points, 0 to 5.",
        output_type="The number of signs that are present: 0 to 1 low, 2 moderate, 3 to 5 severe.",
        intended_use="To name, in pneumonia recorded within the last 7 days, a severity that calls for "
        "hospital care and a discussion of intensive care. A card is shown from 3 points.",
        population="Adults with pneumonia acquired outside hospital.",
        out_of_scope="Children, hospital-acquired pneumonia, care with palliative aim, and the decision "
        "itself: low scores do not make discharge safe.",
        known_risks="Age and kidney disease raise it without worse pneumonia; in the young it is low in "
        "serious illness. Confusion is taken from the Glasgow Coma Scale, which has other causes too.",
        derivation="1068 patients of three studies in the United Kingdom, New Zealand and the Netherlands, "
        "divided for derivation and validation.",
        references="doi:10.1136/thorax.58.5.377.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Adults with pneumonia recorded within a week."""
        unknown = _chart.unknown_problems(self.stamp, record)
        if unknown is not None:
            return unknown
        pneumonia = _chart.acute_problem(record, "Pneumonia", PNEUMONIA)
        if pneumonia is None or not pneumonia.value:
            return _chart.not_indicated(self.stamp, "no pneumonia recorded in the last 7 days")
        if (record.age_years or 0) < 18:
            return abstain(self.stamp, "outside-population", "published for adults")
        if documented(record, PALLIATIVE_CARE):
            return _chart.not_indicated(self.stamp, "escalation is not the aim of care")
        return None

    def answers(self, record: PatientRecord) -> Answers:
        """Worst vital signs and newest urea of 24 hours; confusion by the Glasgow Coma Scale."""
        gcs = _chart.worst(record, "gcs", 1, highest=False)
        bun = _chart.value(record, "bun", 1)
        pressures = {
            "sbp": _chart.worst(record, "sbp", 1, highest=False),
            "dbp": _chart.worst(record, "dbp", 1, highest=False),
        }
        both = all(found is not None for found in pressures.values())
        return {
            "confusion": Found(int(gcs.value < 15), gcs.evidence) if gcs else None,
            "urea_mmol_l": Found(bun.value * _UREA_PER_BUN, bun.evidence) if bun else None,
            "respiratory_rate": _chart.worst(record, "resp_rate", 1, highest=True),
            **(pressures if both else {}),
            "age": _chart.age(record),
        }

    def deciding(self, name: str, gathered: Gathered) -> Evidence:
        """Low pressure is shown by the reading that is low."""
        by_diastolic = name == "sbp" and gathered.inputs["sbp"] >= _LOW_SYSTOLIC
        return gathered.evidence["dbp" if by_diastolic else name]

    def finding(
        self, record: PatientRecord, result: ScoreResult, settings: ClinicalSettings
    ) -> Finding | None:
        """A severe pneumonia."""
        points = result.results["curb65"]
        if points < settings.thresholds.curb65_severe:
            return None
        band = next(name for since, name in _BANDS if points >= since)
        return Finding(
            kind="complication_risk",
            key="curb65",
            group="deterioration",
            statement=f"Pneumonia, CURB-65 {points}: {band}",
            rationale=f"From {settings.thresholds.stated('curb65_severe', ' points')} hospital care is "
            "recommended; at 4 and 5 discuss intensive care.",
            urgency="urgent",
            topic=Coding(SNOMED, "233604007", "Pneumonia"),
            guideline=Citation(
                label="CURB-65, Lim et al., Thorax 2003;58:377-382",
                url="https://doi.org/10.1136/thorax.58.5.377",
            ),
            model=self.stamp,
            estimate=Estimate(name="CURB-65", value=points, unit="points", band=band),
            evidence=self.scored(result),
            explanation=self.explanation(result, settings),
        )

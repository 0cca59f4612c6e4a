"""PERC: eight signs whose absence rules out pulmonary embolism when it is unlikely anyway.

Source: Kline JA et al., J Thromb Haemost 2004;2:1247-1255, doi:10.1111/j.1538-7836.2004.00790.x.
"""

from __future__ import annotations

from typing import Any

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.conditions import VENOUS_THROMBOEMBOLISM
from fhir_adapters.terminology.drugs import ESTROGEN
from fhir_adapters.terminology.score_conditions import HEMOPTYSIS
from models.contract import ClinicalSettings
from models.finding import Abstention, Estimate
from models.note_facts import NOTES_READ
from models.point_score import AdditiveScore, Answers, Flag, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import ScoreResult, stamped

_ITEMS = (
    Steps("age_years", "age", (18, 120, "years"), ((50, 1),)),
    Steps("heart_rate_bpm", "heart rate", (15, 300, "/min"), ((100, 1),)),
    Steps(
        "room_air_oxygen_saturation_percent",
        "oxygen saturation on room air",
        (30, 100, "%"),
        ((95, 0),),
        base=1,
    ),
    Flag("unilateral_leg_swelling", "swelling of one leg (yes or no)"),
    Flag("haemoptysis", "hemoptysis (yes or no)"),
    Flag("recent_surgery_or_trauma_requiring_hospitalisation", "surgery or trauma in 4 weeks (yes or no)"),
    Flag("prior_vte", "previous thrombosis or embolism (yes or no)"),
    Flag("exogenous_oestrogen_use", "estrogen (yes or no)"),
)


@clinical_model
class Perc(AdditiveScore):
    """The PERC rule as a calculator; on a chart it names what the examiner has to add."""

    name = "perc.v1"
    calculator_name = "perc"
    title = "PERC signs"
    items = _ITEMS
    stamp = stamped("perc.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="DocumentReference", newest=NOTES_READ),
            Need(resource="Observation", analytes=("heart_rate",), lookback_days=1),
            Need(resource="Observation", analytes=("ddimer",), lookback_days=3),
        )
    )
    card = PublishedScore(
        authors="Kline JA et al. (2004)",
        output="perc-negative when none of eight signs is present, else perc-positive.",
        output_type="A rule with two answers.",
        intended_use="To spare a D-dimer when the examiner thinks embolism unlikely (below 15 %).",
        population="Adults in emergency care in whom embolism was thought of and is unlikely.",
        out_of_scope="Any higher suspicion, pregnancy, inpatients.",
        known_risks="Negative means something only together with low suspicion, which no chart holds. "
        "A saturation on oxygen must not be used; whether air was breathed is seldom charted.",
        derivation="3148 patients in emergency departments with suspected embolism.",
        references="doi:10.1111/j.1538-7836.2004.00790.x.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Whether any sign is present. Raises ScoreInputError as `points` does."""
        positive = any(self.points(inputs).values())
        return {self.result: "perc-positive" if positive else "perc-negative"}

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """How many signs are present, and the answer."""
        count = sum(self.points(result.gathered.inputs).values())
        return (Estimate(name=self.title, value=count, unit="points", band=result.results[self.result]),)

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Only where the chart raises the question."""
        return _chart.no_suspicion_of_embolism(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """Age, heart rate, history and drugs; the rest is for the examiner."""
        return {
            "age_years": _chart.age(record),
            "heart_rate_bpm": _chart.worst(record, "heart_rate", 1, highest=True),
            "haemoptysis": _chart.unknown_unless_yes(_chart.acute_problem(record, "Hemoptysis", HEMOPTYSIS)),
            "prior_vte": _chart.problem(record, "Thrombosis or embolism", VENOUS_THROMBOEMBOLISM, ever=True),
            "exogenous_oestrogen_use": _chart.drug(record, "Estrogen", ESTROGEN),
        }

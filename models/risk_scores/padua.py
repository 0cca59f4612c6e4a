"""Padua prediction score: risk of venous thromboembolism of medical inpatients.

Source: Barbar S et al., J Thromb Haemost 2010;8:2450-2457, doi:10.1111/j.1538-7836.2010.04044.x.
"""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.conditions import HEART_FAILURE, OBESITY, VENOUS_THROMBOEMBOLISM
from fhir_adapters.terminology.drugs import ESTROGEN
from fhir_adapters.terminology.score_conditions import (
    ACUTE_INFECTION,
    ACUTE_MI,
    CANCER,
    IMMOBILITY,
    ISCHEMIC_STROKE,
    RESPIRATORY_FAILURE,
    RHEUMATIC_DISEASE,
    THROMBOPHILIA,
)
from models import chart_inputs
from models.chart_inputs import ONE_YEAR
from models.finding import Abstention
from models.point_score import AdditiveScore, Answers, Flag, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import abstain, stamped

_ITEMS = (
    Flag("active_cancer", "active cancer (yes or no)", 3),
    Flag("previous_vte", "previous thrombosis or embolism (yes or no)", 3),
    Flag("reduced_mobility", "bed rest for 3 days or more (yes or no)", 3),
    Flag("thrombophilia", "known thrombophilia (yes or no)", 3),
    Flag("recent_trauma_or_surgery", "trauma or surgery in the last month (yes or no)", 2),
    Steps("age", "age", (18, 120, "years"), ((70, 1),)),
    Flag("heart_or_respiratory_failure", "heart or respiratory failure (yes or no)"),
    Flag("acute_mi_or_ischaemic_stroke", "acute myocardial infarction or stroke (yes or no)"),
    Flag("acute_infection_or_rheumatological", "acute infection or rheumatic disease (yes or no)"),
    Flag("obesity", "body mass index of 30 or more (yes or no)"),
    Flag("ongoing_hormonal_treatment", "hormonal treatment (yes or no)"),
)
_OBESE_FROM = 30.0


@clinical_model
class Padua(AdditiveScore):
    """The Padua score as a calculator; on a chart it needs mobility and recent surgery from the ward."""

    name = "padua.v1"
    calculator_name = "padua"
    title = "Padua score"
    items = _ITEMS
    stamp = stamped("padua.v1", "1", (_ITEMS, _OBESE_FROM))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Encounter"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="Observation", analytes=("bmi",), lookback_days=ONE_YEAR),
        )
    )
    card = PublishedScore(
        authors="Barbar S et al. (2010)",
        output="Points, 0 to 20.",
        output_type="A sum; 4 and more is high risk.",
        intended_use="To decide on prevention of thrombosis in a medical inpatient, together with the risk "
        "of bleeding.",
        population="Adults in hospital for a medical illness.",
        out_of_scope="Surgery, intensive care, outpatients, and people on an anticoagulant.",
        known_risks="Mobility is seldom coded; without it there is no score, only its range.",
        derivation="1180 consecutive medical inpatients of one hospital in Padua, followed for 90 days.",
        references="doi:10.1111/j.1538-7836.2010.04044.x.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Adult inpatients only."""
        if (record.age_years or 0) < 18:
            return abstain(self.stamp, "outside-population", "published for adults")
        stay = _chart.in_hospital(record)
        if stay is None or stay.setting != "inpatient":
            return _chart.not_indicated(self.stamp, "not an inpatient")
        return _chart.unknown_problems(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """Problems, drugs, age and body mass index; mobility and surgery only where they are coded."""
        bmi = chart_inputs.newest(record, "bmi", ONE_YEAR)
        obese = _chart.holds(bmi, yes=bmi is not None and bmi.value >= _OBESE_FROM)
        return {
            "active_cancer": _chart.problem(record, "Cancer", CANCER),
            "previous_vte": _chart.problem(
                record, "Thrombosis or embolism", VENOUS_THROMBOEMBOLISM, ever=True
            ),
            "reduced_mobility": _chart.unknown_unless_yes(_chart.problem(record, "Immobility", IMMOBILITY)),
            "thrombophilia": _chart.problem(record, "Thrombophilia", THROMBOPHILIA, ever=True),
            "age": _chart.age(record),
            "heart_or_respiratory_failure": _chart.problem(
                record, "Heart or respiratory failure", HEART_FAILURE, RESPIRATORY_FAILURE
            ),
            "acute_mi_or_ischaemic_stroke": _chart.acute_problem(
                record, "Myocardial infarction or stroke", ACUTE_MI, ISCHEMIC_STROKE
            ),
            "acute_infection_or_rheumatological": _chart.either(
                _chart.acute_problem(record, "Acute infection", ACUTE_INFECTION),
                _chart.problem(record, "Rheumatic disease", RHEUMATIC_DISEASE),
            ),
            "obesity": obese or _chart.unknown_unless_yes(_chart.problem(record, "Obesity", OBESITY)),
            "ongoing_hormonal_treatment": _chart.drug(record, "Estrogen", ESTROGEN),
        }

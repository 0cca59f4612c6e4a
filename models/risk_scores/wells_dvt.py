"""Wells score for deep vein thrombosis: how likely it is before a test.

Source: Wells PS et al., N Engl J Med 2003;349:1227-1235, doi:10.1056/NEJMoa023153.
"""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.score_conditions import (
    CANCER,
    DEEP_VEIN_THROMBOSIS,
    IMMOBILITY,
)
from models.finding import Abstention
from models.note_facts import NOTES_READ
from models.point_score import AdditiveScore, Answers, Flag
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import stamped

_ITEMS = (
    Flag("active_cancer", "active cancer (yes or no)"),
    Flag("paralysis_paresis_immobilisation", "paralysis, paresis or a cast of the leg (yes or no)"),
    Flag("bedridden_or_major_surgery", "bedridden for 3 days, or major surgery in 12 weeks (yes or no)"),
    Flag("localised_tenderness", "tenderness along the deep veins (yes or no)"),
    Flag("entire_leg_swollen", "swelling of the whole leg (yes or no)"),
    Flag("calf_swelling_over_3cm", "calf wider by more than 3 cm (yes or no)"),
    Flag("pitting_oedema", "pitting edema of that leg (yes or no)"),
    Flag("collateral_superficial_veins", "collateral superficial veins (yes or no)"),
    Flag("previously_documented_dvt", "previous deep vein thrombosis (yes or no)"),
    Flag("alternative_diagnosis_as_likely", "another diagnosis at least as likely (yes or no)", -2),
)


@clinical_model
class WellsDvt(AdditiveScore):
    """The Wells score for thrombosis as a calculator; on a chart it names the signs to look for."""

    name = "wells_dvt.v1"
    calculator_name = "wells_dvt"
    title = "Wells score (deep vein thrombosis)"
    items = _ITEMS
    stamp = stamped("wells_dvt.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="DocumentReference", newest=NOTES_READ),
            Need(resource="Observation", analytes=("ddimer",), lookback_days=3),
        )
    )
    card = PublishedScore(
        authors="Wells PS et al. (2003)",
        output="Points, -2 to 9.",
        output_type="A sum; 2 and more means that thrombosis is likely, less that it is unlikely.",
        intended_use="To choose between a D-dimer and ultrasound when thrombosis of the leg is suspected.",
        population="Outpatients with suspected deep vein thrombosis of the leg.",
        out_of_scope="Pregnancy, inpatients, the arm, and people who take an anticoagulant.",
        known_risks="Most items are signs at the bedside and one is a judgment; a chart rarely holds them, "
        "so the score is hardly ever complete without the examiner.",
        derivation="1096 outpatients with suspected thrombosis in a trial of D-dimer testing.",
        references="doi:10.1056/NEJMoa023153.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Only where the chart raises the question."""
        return _chart.no_suspicion_of_embolism(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """History from the problem list; the signs are for the examiner."""
        return {
            "active_cancer": _chart.problem(record, "Cancer", CANCER),
            "paralysis_paresis_immobilisation": _chart.unknown_unless_yes(
                _chart.problem(record, "Paralysis or immobility", IMMOBILITY)
            ),
            "previously_documented_dvt": _chart.problem(
                record, "Deep vein thrombosis", DEEP_VEIN_THROMBOSIS, ever=True
            ),
        }

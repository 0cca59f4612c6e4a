"""Wells score for pulmonary embolism: how likely it is before a test.

Source: Wells PS et al., Thromb Haemost 2000;83:416-420.
"""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.conditions import VENOUS_THROMBOEMBOLISM
from fhir_adapters.terminology.score_conditions import CANCER, HEMOPTYSIS
from models.finding import Abstention
from models.note_facts import NOTES_READ
from models.point_score import AdditiveScore, Answers, Flag, Found
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import stamped

_ITEMS = (
    Flag("clinical_signs_of_dvt", "signs of deep vein thrombosis (yes or no)", 3),
    Flag("pe_most_likely_diagnosis", "embolism is the most likely diagnosis (yes or no)", 3),
    Flag("heart_rate_over_100", "heart rate above 100 (yes or no)", 1.5),
    Flag("immobilisation_or_surgery", "immobile for 3 days, or surgery in 4 weeks (yes or no)", 1.5),
    Flag("previous_dvt_or_pe", "previous thrombosis or embolism (yes or no)", 1.5),
    Flag("haemoptysis", "hemoptysis (yes or no)"),
    Flag("malignancy", "cancer (yes or no)"),
)


@clinical_model
class WellsPe(AdditiveScore):
    """The Wells score for embolism as a calculator; on a chart it names what the examiner has to add."""

    name = "wells_pe.v1"
    calculator_name = "wells_pe"
    title = "Wells score (pulmonary embolism)"
    items = _ITEMS
    stamp = stamped("wells_pe.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="DocumentReference", newest=NOTES_READ),
            Need(resource="Observation", analytes=("heart_rate",), lookback_days=1),
            Need(resource="Observation", analytes=("ddimer",), lookback_days=3),
        )
    )
    card = PublishedScore(
        authors="Wells PS et al. (2000)",
        output="Points, 0 to 12.5.",
        output_type="A sum; above 4 embolism is likely, otherwise unlikely.",
        intended_use="To choose between a D-dimer and imaging when pulmonary embolism is suspected.",
        population="Adults with suspected pulmonary embolism.",
        out_of_scope="Pregnancy, and people in whom embolism is not suspected.",
        known_risks="One item worth 3 points is the examiner's own judgment, which no chart holds; the score "
        "is never complete without it.",
        derivation="Patients with suspected embolism in a Canadian cohort.",
        references="Thromb Haemost 2000;83:416-420.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Only where the chart raises the question."""
        return _chart.no_suspicion_of_embolism(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """History and heart rate; signs and judgment are for the examiner."""
        pulse = _chart.worst(record, "heart_rate", 1, highest=True)
        return {
            "heart_rate_over_100": Found(int(pulse.value > 100), pulse.evidence) if pulse else None,
            "previous_dvt_or_pe": _chart.problem(
                record, "Thrombosis or embolism", VENOUS_THROMBOEMBOLISM, ever=True
            ),
            "haemoptysis": _chart.unknown_unless_yes(_chart.acute_problem(record, "Hemoptysis", HEMOPTYSIS)),
            "malignancy": _chart.problem(record, "Cancer", CANCER),
        }

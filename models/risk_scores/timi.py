"""TIMI risk score for unstable angina and non-ST-elevation myocardial infarction.

Source: Antman EM et al., JAMA 2000;284:835-842, doi:10.1001/jama.284.7.835.
"""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.drugs import ASPIRIN
from models.finding import Abstention
from models.point_score import AdditiveScore, Answers, Flag, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import stamped

_ITEMS = (
    Steps("age", "age", (18, 120, "years"), ((65, 1),)),
    Flag("three_or_more_cad_risk_factors", "three or more coronary risk factors (yes or no)"),
    Flag("known_cad", "known coronary stenosis of 50% or more (yes or no)"),
    Flag("aspirin_use_past_7_days", "aspirin in the last 7 days (yes or no)"),
    Flag("severe_angina", "two or more episodes of angina in 24 hours (yes or no)"),
    Flag("st_deviation", "ST deviation of 0.5 mm or more (yes or no)"),
    Flag("positive_biomarker", "raised cardiac marker (yes or no)"),
)


@clinical_model
class Timi(AdditiveScore):
    """The TIMI score as a calculator; on a chart it names what the examiner has to add."""

    name = "timi.v1"
    calculator_name = "timi"
    title = "TIMI score"
    items = _ITEMS
    stamp = stamped("timi.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = PublishedScore(
        authors="Antman EM et al. (2000)",
        output="Points, 0 to 7.",
        output_type="A sum; 14-day events in the publication rise from 4.7% at 0 to 1 to 40.9% at 6 to 7.",
        intended_use="To describe the risk of an acute coronary syndrome without ST elevation.",
        population="Adults with unstable angina or non-ST-elevation myocardial infarction.",
        out_of_scope="ST-elevation infarction, and chest pain that is not known to be coronary.",
        known_risks="Angina, the ECG and the degree of stenosis are not coded in a chart; the score is not "
        "complete without the examiner. Event rates are those of the 1990s.",
        derivation="1957 patients on heparin in the TIMI 11B trial.",
        performance_internal="C-statistic 0.65 in the derivation cohort.",
        references="doi:10.1001/jama.284.7.835.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Only with an acute coronary syndrome of the last week."""
        return _chart.no_coronary_syndrome(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """Age and aspirin; the rest is for the examiner."""
        return {
            "age": _chart.age(record),
            "aspirin_use_past_7_days": _chart.drug(record, "Aspirin", ASPIRIN),
        }

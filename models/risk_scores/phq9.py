"""PHQ-9: severity of depressive symptoms by nine questions.

Source: Kroenke K et al., J Gen Intern Med 2001;16:606-613, doi:10.1046/j.1525-1497.2001.016009606.x.
"""

from __future__ import annotations

from fhir_adapters.record import Need, Requires
from fhir_adapters.terminology.vital_signs import PHQ9_ITEMS
from models.registry import clinical_model
from models.risk_scores._questionnaire import LOOKBACK_DAYS, Questionnaire
from models.score_card import PublishedScore
from models.scoring import stamped


@clinical_model
class Phq9(Questionnaire):
    """PHQ-9 as a calculator and from coded answers."""

    name = "phq9.v1"
    calculator_name = "phq9"
    title = "PHQ-9"
    questions = len(PHQ9_ITEMS)
    stamp = stamped("phq9.v1", "1", (len(PHQ9_ITEMS), (5, 10, 15, 20)))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(
                resource="Observation",
                analytes=tuple(item.key for item in PHQ9_ITEMS),
                lookback_days=LOOKBACK_DAYS,
            ),
        )
    )
    card = PublishedScore(
        authors="Kroenke K, Spitzer RL and Williams JB (2001)",
        output="Points, 0 to 27.",
        output_type="A sum: from 5 mild, 10 moderate, 15 moderately severe, 20 severe.",
        intended_use="To add up answers that a patient gave.",
        population="Adults, and adolescents from 12 years.",
        out_of_scope="A diagnosis by itself. Any answer above 0 to the last question calls for a "
        "conversation about suicide, whatever the sum.",
        known_risks="Bodily illness and grief raise the score. Bipolar disorder is not told apart.",
        derivation="6000 patients of eight primary care and seven gynecological clinics.",
        performance_internal="Sensitivity and specificity of 88% for major depression at 10 points.",
        references="doi:10.1046/j.1525-1497.2001.016009606.x.",
    ).card()

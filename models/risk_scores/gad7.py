"""GAD-7: severity of anxiety by seven questions.

Source: Spitzer RL et al., Arch Intern Med 2006;166:1092-1097, doi:10.1001/archinte.166.10.1092.
"""

from __future__ import annotations

from fhir_adapters.record import Need, Requires
from fhir_adapters.terminology.vital_signs import GAD7_ITEMS
from models.registry import clinical_model
from models.risk_scores._questionnaire import LOOKBACK_DAYS, Questionnaire
from models.score_card import PublishedScore
from models.scoring import stamped


@clinical_model
class Gad7(Questionnaire):
    """GAD-7 as a calculator and from coded answers."""

    name = "gad7.v1"
    calculator_name = "gad7"
    title = "GAD-7"
    questions = len(GAD7_ITEMS)
    stamp = stamped("gad7.v1", "1", (len(GAD7_ITEMS), (5, 10, 15)))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(
                resource="Observation",
                analytes=tuple(item.key for item in GAD7_ITEMS),
                lookback_days=LOOKBACK_DAYS,
            ),
        )
    )
    card = PublishedScore(
        authors="Spitzer RL et al. (2006)",
        output="Points, 0 to 21.",
        output_type="A sum: from 5 mild, 10 moderate, 15 severe.",
        intended_use="To add up answers that a patient gave.",
        population="Adults.",
        out_of_scope="A diagnosis by itself.",
        known_risks="Thyroid disease, stimulants and withdrawal raise the score.",
        derivation="2740 patients of 15 primary care clinics in the United States.",
        performance_internal="Sensitivity 89% and specificity 82% for generalized anxiety at 10 points.",
        references="doi:10.1001/archinte.166.10.1092.",
    ).card()

"""GRACE 1.0: points for death in hospital in acute coronary syndromes.

Source: Granger CB et al., Arch Intern Med 2003;163:2345-2353, doi:10.1001/archinte.163.19.2345.
"""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.score_conditions import CARDIAC_ARREST
from models.finding import Abstention
from models.point_score import AdditiveScore, Answers, Flag, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import stamped

_ITEMS = (
    Steps("killip", "Killip class", (1, 4, ""), ((2, 20), (3, 39), (4, 59))),
    Steps(
        "sbp",
        "systolic blood pressure",
        (30, 320, "mm Hg"),
        ((80, 53), (100, 43), (120, 34), (140, 24), (160, 10), (200, 0)),
        base=58,
    ),
    Steps(
        "heart_rate",
        "heart rate",
        (15, 300, "/min"),
        ((50, 3), (70, 9), (90, 15), (110, 24), (150, 38), (200, 46)),
    ),
    Steps(
        "age",
        "age",
        (18, 120, "years"),
        ((30, 8), (40, 25), (50, 41), (60, 58), (70, 75), (80, 91), (90, 100)),
    ),
    Steps(
        "creatinine_mg_dl",
        "creatinine",
        (0.1, 25, "mg/dL"),
        ((0.4, 4), (0.8, 7), (1.2, 10), (1.6, 13), (2.0, 21), (4.0, 28)),
        base=1,
    ),
    Flag("cardiac_arrest", "cardiac arrest at admission (yes or no)", 39),
    Flag("st_deviation", "ST deviation (yes or no)", 28),
    Flag("elevated_enzymes", "raised cardiac enzymes (yes or no)", 14),
)


@clinical_model
class Grace(AdditiveScore):
    """The GRACE points as a calculator; on a chart they lack Killip class and the ECG."""

    name = "grace.v1"
    calculator_name = "grace"
    title = "GRACE 1.0"
    result = "grace"
    items = _ITEMS
    stamp = stamped("grace.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Observation", analytes=("sbp", "heart_rate", "creatinine"), lookback_days=1),
        )
    )
    card = PublishedScore(
        authors="the GRACE investigators (Granger CB et al., 2003)",
        output="Points, 1 to 372.",
        output_type="A sum: up to 108 low, 109 to 140 intermediate, above 140 high risk of death in "
        "hospital.",
        intended_use="To describe the risk of an acute coronary syndrome at admission.",
        population="Adults admitted with an acute coronary syndrome.",
        out_of_scope="GRACE 2.0, whose equations were not published, and anything after discharge.",
        known_risks="Killip class and ST deviation are not coded in a chart; the score is not complete "
        "without the examiner. Mortality has fallen since.",
        derivation="11 389 patients of an international registry, 1999 to 2001.",
        performance_internal="C-statistic 0.83 in the derivation cohort.",
        references="doi:10.1001/archinte.163.19.2345.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Only with an acute coronary syndrome of the last week."""
        return _chart.no_coronary_syndrome(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """Newest vital signs and creatinine of 24 hours; a cardiac arrest of the last week."""
        return {
            "age": _chart.age(record),
            "sbp": _chart.value(record, "sbp", 1),
            "heart_rate": _chart.value(record, "heart_rate", 1),
            "creatinine_mg_dl": _chart.value(record, "creatinine", 1),
            "cardiac_arrest": _chart.acute_problem(record, "Cardiac arrest", CARDIAC_ARREST),
        }

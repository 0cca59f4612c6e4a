"""LACE: risk of death or unplanned readmission within 30 days of discharge.

Source: van Walraven C et al., CMAJ 2010;182:551-557, doi:10.1503/cmaj.091117.
"""

from __future__ import annotations

from datetime import timedelta

from fhir_adapters.record import Encounter, Need, PatientRecord, Requires
from models.chart_inputs import ONE_YEAR
from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment, Citation, Evidence, Finding
from models.point_score import AdditiveScore, Answers, Flag, Found, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.risk_scores._discharge import high_at_discharge, without_idle_gaps
from models.risk_scores.charlson import comorbidities
from models.score_card import PublishedScore
from models.scoring import ScoreResult, stamped

_ITEMS = (
    Steps("los_days", "length of stay", (0, 3650, "days"), ((1, 1), (2, 2), (3, 3), (4, 4), (7, 5), (14, 7))),
    Flag("acute_admission", "emergency admission (yes or no)", 3),
    Steps("lace_charlson_points", "comorbidity points", (0, 40, ""), ((1, 1), (2, 2), (3, 3), (4, 5))),
    Steps("ed_visits_6m", "emergency visits in 6 months", (0, 400, ""), ((1, 1), (2, 2), (3, 3), (4, 4))),
)
# The index has its own weights for the comorbidities.
_WEIGHTS = {
    "myocardial_infarction": 1,
    "cerebrovascular_disease": 1,
    "peripheral_vascular_disease": 1,
    "diabetes_without_complication": 1,
    "congestive_heart_failure": 2,
    "diabetes_with_complication": 2,
    "chronic_pulmonary_disease": 2,
    "mild_liver_disease": 2,
    "malignancy": 2,
    "dementia": 3,
    "rheumatic_disease": 3,
    "aids_hiv": 4,
    "moderate_severe_liver_disease": 4,
    "renal_disease": 4,
    "metastatic_solid_tumour": 6,
}
_VISIT_DAYS = 183
# An emergency visit that ends so close before a stay led to it.
_LED_TO = timedelta(hours=24)
# HL7 admit-source and v3 ActPriority.
_FROM_EMERGENCY = frozenset({"emd"})
_URGENT, _PLANNED = frozenset({"EM", "UR", "A"}), frozenset({"EL", "R"})

_PAPER = Citation(label="van Walraven, CMAJ 2010 (LACE)", url="https://doi.org/10.1503/cmaj.091117")


@clinical_model
class Lace(AdditiveScore):
    """LACE as a calculator and of a stay; a finding when the stay is being ended."""

    name = "lace.v1"
    calculator_name = "lace"
    title = "LACE"
    result = "lace"
    items = _ITEMS
    stamp = stamped("lace.v1", "1", (_ITEMS, _WEIGHTS))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Encounter", lookback_days=ONE_YEAR),
        )
    )
    card = PublishedScore(
        authors="van Walraven C et al. (2010)",
        output="Points, 0 to 19.",
        output_type="A sum; 10 and more is high risk.",
        intended_use="To describe, at discharge and on request, who may need closer follow-up.",
        population="Adults discharged from hospital to the community.",
        out_of_scope="Before admission, after death, discharge to another hospital.",
        known_risks="Discriminates modestly. An admission is taken as an emergency only when an emergency "
        "visit ended in the day before; otherwise that is not known and no score is given.",
        derivation="4812 patients of 11 hospitals in Ontario.",
        performance_internal="C-statistic 0.684 in the publication.",
        references="doi:10.1503/cmaj.091117.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding when the score is high at discharge; why there is no score where it could be high."""
        said = super().assess(record, settings)
        return without_idle_gaps(self, said, record, settings, threshold="lace_high")

    def finding(
        self, record: PatientRecord, result: ScoreResult, settings: ClinicalSettings
    ) -> Finding | None:
        """High risk, at discharge only: earlier in a stay the score is not final."""
        return high_at_discharge(
            self,
            record,
            result,
            settings,
            threshold="lace_high",
            outcome="death or unplanned readmission",
            guideline=_PAPER,
        )

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Adults in hospital now or in the last 30 days."""
        return _chart.outside_discharge(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """The newest stay, comorbidities by the problem list, emergency visits of six months before."""
        stay = _chart.last_stay(record)
        if stay is None:
            return {}
        days = _chart.stay_days(record, stay)
        present = comorbidities(record)
        points = sum(_WEIGHTS.get(name, 0) for name in present)
        visits = emergency_visits(record, stay)
        return {
            "los_days": Found(days, _chart.stay_evidence(stay, "Length of stay", f"{days:g}", "days")),
            "acute_admission": admitted_as_emergency(record, stay),
            "lace_charlson_points": Found(
                points,
                Evidence(
                    source=next((item.source for item in present.values()), ""),
                    label="Comorbidities",
                    value=", ".join(name.replace("_", " ") for name in present) or "none recorded",
                ),
            ),
            "ed_visits_6m": Found(
                len(visits), _chart.stay_evidence(stay, "Emergency visits in 6 months", str(len(visits)))
            ),
        }


def emergency_visits(record: PatientRecord, stay: Encounter) -> list[Encounter]:
    """The emergency visits of the six months before a stay, the one that led to it left out."""
    if stay.start is None:
        return []
    since = stay.start - timedelta(days=_VISIT_DAYS)
    return [
        each
        for each in record.encounters
        if each.setting == "emergency"
        and each.start is not None
        and since <= each.start < stay.start
        and (each.end or each.start) < stay.start - _LED_TO
    ]


def admitted_as_emergency(record: PatientRecord, stay: Encounter) -> Found | None:
    """By source or priority of the admission; else yes after an emergency visit that ended the day before."""
    for concept, urgent, planned in (
        (stay.admitted_from, _FROM_EMERGENCY, frozenset()),
        (stay.priority, _URGENT, _PLANNED),
    ):
        codes = {coding.code for coding in concept.codings}
        if codes & (urgent | planned):
            answer = int(bool(codes & urgent))
            words = concept.label or ("emergency" if answer else "elective")
            return Found(answer, _chart.stay_evidence(stay, "Kind of admission", words))
    for each in record.encounters:
        if each.setting != "emergency" or each.start is None or stay.start is None:
            continue
        if stay.start - _LED_TO <= (each.end or each.start) and each.start <= stay.start:
            return Found(1, _chart.stay_evidence(each, "Admitted from the emergency department", "yes"))
    return None

"""HOSPITAL: risk of a potentially avoidable readmission within 30 days.

Source: Donzé JD et al., JAMA Intern Med 2016;176:496-502, doi:10.1001/jamainternmed.2015.8462.
"""

from __future__ import annotations

from datetime import timedelta

from fhir_adapters.record import Encounter, Need, PatientRecord, Requires
from fhir_adapters.terminology.score_conditions import CANCER
from models.censored import uncontradicted
from models.chart_inputs import ONE_YEAR, measured
from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment, Citation, Evidence, Finding
from models.point_score import AdditiveScore, Answers, Flag, Found, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.risk_scores._discharge import high_at_discharge, without_idle_gaps
from models.risk_scores.lace import admitted_as_emergency
from models.score_card import PublishedScore
from models.scoring import ScoreResult, stamped

_ITEMS = (
    Steps("hemoglobin_g_dl", "hemoglobin at discharge", (2, 25, "g/dL"), ((12, 0),), base=1),
    Flag("oncology_service", "discharge from oncology (yes or no)", 2),
    Steps("sodium_mmol_l", "sodium at discharge", (90, 200, "mmol/L"), ((135, 0),), base=1),
    Flag("procedure", "procedure during the stay (yes or no)"),
    Flag("urgent", "urgent admission (yes or no)"),
    Steps("admissions_prior_12m", "admissions in the year before", (0, 400, ""), ((2, 2), (6, 5))),
    Steps("los_days", "length of stay", (0, 3650, "days"), ((5, 2),)),
)

_PAPER = Citation(
    label="Donzé, JAMA Intern Med 2016 (HOSPITAL)", url="https://doi.org/10.1001/jamainternmed.2015.8462"
)


@clinical_model
class Hospital(AdditiveScore):
    """The HOSPITAL score as a calculator and of a stay; a finding when the stay is being ended."""

    name = "hospital.v1"
    calculator_name = "hospital"
    title = "HOSPITAL score"
    result = "hospital"
    items = _ITEMS
    stamp = stamped("hospital.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Procedure"),
            Need(resource="Encounter", lookback_days=2 * ONE_YEAR),
            Need(resource="Observation", analytes=("hemoglobin", "sodium"), lookback_days=60),
        )
    )
    card = PublishedScore(
        authors="Donzé JD et al. (2013; international version 2016)",
        output="Points, 0 to 13.",
        output_type="A sum: 0 to 4 low, 5 to 6 intermediate, 7 and more high.",
        intended_use="To describe, at discharge and on request, who may need closer follow-up.",
        population="Adults discharged from a medical service.",
        out_of_scope="Surgery, before the last day of a stay, discharge to another hospital.",
        known_risks="The service of discharge is not in the chart: with cancer on the problem list it is not "
        "known and no score is given. Any coded procedure of the stay counts.",
        derivation="10 731 discharges of one hospital in Boston (2013).",
        validation_data="117 065 discharges of nine hospitals in four countries (2016).",
        validation_party="The authors and partners abroad.",
        performance_external="C-statistic 0.72 in the international validation.",
        references="doi:10.1001/jamainternmed.2013.3023; doi:10.1001/jamainternmed.2015.8462.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding when the score is high at discharge; why there is no score where it could be high."""
        said = super().assess(record, settings)
        return without_idle_gaps(self, said, record, settings, threshold="hospital_high")

    def finding(
        self, record: PatientRecord, result: ScoreResult, settings: ClinicalSettings
    ) -> Finding | None:
        """High risk, at discharge only: earlier in a stay the score is not final."""
        return high_at_discharge(
            self,
            record,
            result,
            settings,
            threshold="hospital_high",
            outcome="avoidable readmission",
            guideline=_PAPER,
        )

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Adults in hospital now or in the last 30 days."""
        return _chart.outside_discharge(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """The newest stay with its last values and the stays of the year before."""
        stay = _chart.last_stay(record)
        if stay is None or stay.start is None:
            return {}
        days = _chart.stay_days(record, stay)
        before = _stays_before(record, stay)
        cancer = _chart.problem(record, "Cancer", CANCER)
        return {
            "hemoglobin_g_dl": _last(record, "hemoglobin", stay),
            "sodium_mmol_l": _last(record, "sodium", stay),
            "oncology_service": cancer if cancer is not None and not cancer.value else None,
            "procedure": _procedure(record, stay),
            "urgent": admitted_as_emergency(record, stay),
            "admissions_prior_12m": Found(
                before, _chart.stay_evidence(stay, "Admissions in the year before", str(before))
            ),
            "los_days": Found(days, _chart.stay_evidence(stay, "Length of stay", f"{days:g}", "days")),
        }


def _last(record: PatientRecord, analyte: str, stay: Encounter) -> Found | None:
    end = stay.end or record.as_of
    points = uncontradicted(
        p for p in record.series(analyte) if stay.start and stay.start <= p.at <= end and not p.suspect
    )
    return Found(points[-1].value, measured(points[-1])) if points else None


def _procedure(record: PatientRecord, stay: Encounter) -> Found | None:
    if not record.knows("Procedure"):
        return None
    end = stay.end or record.as_of
    for each in record.procedures:
        if each.at is not None and stay.start is not None and stay.start <= each.at <= end:
            shown = Evidence(source=each.source, label="Procedure", value=each.concept.label, at=each.at)
            return Found(1, shown)
    return Found(0, _chart.stay_evidence(stay, "Procedure during the stay", "no"))


def _stays_before(record: PatientRecord, stay: Encounter) -> int:
    if stay.start is None:
        return 0
    since = stay.start - timedelta(days=ONE_YEAR)
    return sum(
        each.setting == "inpatient" and each.start is not None and since <= each.start < stay.start
        for each in record.encounters
    )

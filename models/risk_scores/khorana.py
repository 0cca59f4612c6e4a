"""Khorana score: risk of venous thromboembolism with chemotherapy.

Source: Khorana AA et al., Blood 2008;111:4902-4907, doi:10.1182/blood-2007-10-116327. Threshold: Key NS et
al. (ASCO), J Clin Oncol 2020;38:496-520, doi:10.1200/JCO.19.01461.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fhir_adapters.record import SNOMED, Coding, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import CHEMOTHERAPY, PALLIATIVE_CARE
from fhir_adapters.terminology.drugs import (
    CYTOTOXIC_DRUG,
    ERYTHROPOIETIN,
    HEPARIN,
    ORAL_ANTICOAGULANT,
    taking,
)
from fhir_adapters.terminology.score_conditions import (
    BLADDER_CANCER,
    CANCER,
    GYNECOLOGICAL_CANCER,
    LUNG_CANCER,
    LYMPHOMA,
    PANCREATIC_CANCER,
    STOMACH_CANCER,
    TESTICULAR_CANCER,
)
from models import chart_inputs
from models.chart_inputs import ONE_YEAR, stated
from models.contract import ClinicalSettings
from models.finding import Abstention, Citation, Estimate, Evidence, Finding
from models.point_score import AdditiveScore, Answers, Choice, Found, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, stamped
from models.thresholds import PUBLISHED

_LOW_HEMOGLOBIN = 10
_BLOOD_DAYS = 30
# The score is of the time before the first cycle: a treatment that began longer ago than this, and not so
# long that it may be another one, has changed the counts.
_STARTED_DAYS = (30, 365)
_SITES = (
    ("stomach", 2, STOMACH_CANCER),
    ("pancreas", 2, PANCREATIC_CANCER),
    ("lung", 1, LUNG_CANCER),
    ("lymphoma", 1, LYMPHOMA),
    ("gynaecological", 1, GYNECOLOGICAL_CANCER),
    ("bladder", 1, BLADDER_CANCER),
    ("testicular", 1, TESTICULAR_CANCER),
    ("other", 0, CANCER),
)


@dataclass(frozen=True, slots=True)
class _Anemia:
    """Hemoglobin below 10 g/dL, or an erythropoiesis-stimulating agent."""

    name: str = "haemoglobin_g_dl"
    label: str = "hemoglobin"
    span: tuple[float, float] = (0, 1)

    def points(self, given: Inputs) -> float:
        low = given.number(self.name, 2, 25, "g/dL") < _LOW_HEMOGLOBIN
        return int(low or bool(given.flag("uses_erythropoiesis_stimulating_agent")))


_ITEMS = (
    Choice("cancer_site", "site of the cancer", tuple((name, points) for name, points, _ in _SITES)),
    Steps("platelet_count_10_9_l", "platelets", (1, 3000, "×10⁹/L"), ((350, 1),)),
    _Anemia(),
    Steps("leukocyte_count_10_9_l", "white cell count", (0, 500, "×10⁹/L"), ((11, 1),), exceeds=True),
    Steps("bmi_kg_m2", "body mass index", (6, 120, "kg/m²"), ((35, 1),)),
)


@clinical_model
class Khorana(AdditiveScore):
    """The Khorana score as a calculator, and as a model that names a high risk without prevention."""

    name = "khorana.v1"
    calculator_name = "khorana"
    title = "Khorana score"
    items = _ITEMS
    further_labels = (("uses_erythropoiesis_stimulating_agent", "erythropoietin (yes or no)"),)
    stamp = stamped("khorana.v1", "1.1", (_ITEMS, PUBLISHED.khorana_offer, _STARTED_DAYS))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(
                resource="Observation", analytes=("platelets", "hemoglobin", "wbc"), lookback_days=_BLOOD_DAYS
            ),
            Need(resource="Observation", analytes=("bmi",), lookback_days=ONE_YEAR),
        )
    )
    card = PublishedScore(
        authors="Khorana AA et al. (2008)",
        output="Points, 0 to 6.",
        output_type="A sum: 0 low, 1 to 2 intermediate, 3 and more high.",
        intended_use="To notice, in an outpatient on chemotherapy with 2 points or more and without an "
        "anticoagulant, that prevention of thrombosis may be offered.",
        population="Ambulatory adults with cancer at the start of chemotherapy.",
        out_of_scope="Inpatients, no chemotherapy, myeloma, brain tumors, palliative care.",
        known_risks="Blood counts after the first cycle differ from those it was derived with; no card "
        "when a cytotoxic drug on the list began 30 to 365 days ago. The risk of bleeding, above all with "
        "gastrointestinal and urinary tumors, has to be judged separately.",
        derivation="2701 ambulatory patients starting chemotherapy in the United States.",
        validation_data="1365 patients of the same study kept apart.",
        validation_party="The authors.",
        references="doi:10.1182/blood-2007-10-116327; doi:10.1200/JCO.19.01461.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Adults with cancer on chemotherapy only."""
        unknown = _chart.unknown_problems(self.stamp, record)
        if unknown is not None:
            return unknown
        if documented(record, CANCER) is None:
            return _chart.not_indicated(self.stamp, "no active cancer on the problem list")
        if documented(record, CHEMOTHERAPY) is None and taking(record, CYTOTOXIC_DRUG) is None:
            return _chart.not_indicated(self.stamp, "no chemotherapy in the chart")
        if (record.age_years or 0) < 18:
            return abstain(self.stamp, "outside-population", "published for adults")
        if _chart.in_hospital(record) is not None:
            return abstain(self.stamp, "outside-population", "published for outpatients")
        began = _under_way_since(record)
        if began is not None:
            reason = f"published for the start of chemotherapy, which began on {began:%Y-%m-%d}"
            return abstain(self.stamp, "outside-population", reason)
        return None

    def answers(self, record: PatientRecord) -> Answers:
        """The site by problem list, blood counts of a month, drugs, body mass index."""
        bmi = chart_inputs.newest(record, "bmi", ONE_YEAR)
        agent = _chart.drug(record, "Erythropoietin", ERYTHROPOIETIN)
        hemoglobin = _chart.value(record, "hemoglobin", _BLOOD_DAYS)
        return {
            "cancer_site": _site(record),
            "platelet_count_10_9_l": _chart.value(record, "platelets", _BLOOD_DAYS),
            **(
                {"haemoglobin_g_dl": hemoglobin, "uses_erythropoiesis_stimulating_agent": agent}
                if agent
                else {}
            ),
            "leukocyte_count_10_9_l": _chart.value(record, "wbc", _BLOOD_DAYS),
            "bmi_kg_m2": Found(bmi.value, chart_inputs.measured(bmi)) if bmi is not None else None,
        }

    def deciding(self, name: str, gathered: Gathered) -> Evidence:
        """A hemoglobin that is not low counts by the drug that keeps it up."""
        agent = "uses_erythropoiesis_stimulating_agent"
        by_agent = name == "haemoglobin_g_dl" and gathered.inputs[name] >= _LOW_HEMOGLOBIN
        return gathered.evidence[agent if by_agent else name]

    def finding(
        self, record: PatientRecord, result: ScoreResult, settings: ClinicalSettings
    ) -> Finding | None:
        """Prevention that may be offered to somebody who has no anticoagulant."""
        points = result.results["score"]
        treated = chart_inputs.treatment(record, "Anticoagulant", ORAL_ANTICOAGULANT, HEPARIN)
        if points < settings.thresholds.khorana_offer or treated is None or treated.value:
            return None
        if documented(record, PALLIATIVE_CARE):
            return None
        since = settings.thresholds.stated("khorana_offer", " points")
        return Finding(
            kind="care_gap",
            key="khorana",
            group="thrombosis",
            statement=f"Chemotherapy, Khorana score {points}: no prevention of thrombosis on the list",
            rationale=f"From {since} an oral anticoagulant or low-molecular-weight heparin may be offered "
            "for the first six months; weigh the risk of bleeding.",
            urgency="routine",
            topic=Coding(SNOMED, "111293003", "Venous thrombosis"),
            guideline=Citation(
                label="ASCO guideline on venous thromboembolism in cancer, 2020",
                url="https://doi.org/10.1200/JCO.19.01461",
            ),
            model=self.stamp,
            estimate=Estimate(
                name="Khorana score",
                value=points,
                unit="points",
                band="high" if points >= 3 else "intermediate",
            ),
            evidence=(*self.scored(result), treated.evidence),
            explanation=self.explanation(result, settings),
        )


def _under_way_since(record: PatientRecord) -> datetime | None:
    """Since when a cytotoxic drug of the list is given, where that is too long for the score."""
    latest, earliest = (record.as_of - timedelta(days=days) for days in _STARTED_DAYS)
    began = [
        med.started
        for med in record.medications
        if med.started is not None
        and earliest <= med.started < latest
        and med.is_current(record.as_of)
        and CYTOTOXIC_DRUG.holds(med.concept)
    ]
    return min(began, default=None)


def _site(record: PatientRecord) -> Found | None:
    for name, _, code_set in _SITES:
        cond = documented(record, code_set)
        if cond is not None:
            return Found(name, stated(cond, "Cancer"))
    return None

"""Runs criteria over hand-made records and looks findings up by key."""

from __future__ import annotations

from fhir_adapters.record import PatientRecord
from models.contract import ClinicalModel, ClinicalSettings
from models.diagnosis.criteria.acid_base import AcidBaseCriteria
from models.diagnosis.criteria.anemia import AnemiaCriteria
from models.diagnosis.criteria.blood_counts import BloodCountCriteria
from models.diagnosis.criteria.diabetes import DiabetesCriteria
from models.diagnosis.criteria.electrolytes import ElectrolyteCriteria
from models.diagnosis.criteria.fractures import FractureCriteria
from models.diagnosis.criteria.gestational import GestationalCriteria
from models.diagnosis.criteria.heart import HeartCriteria
from models.diagnosis.criteria.heparin import HeparinCriteria
from models.diagnosis.criteria.hypertension import HypertensionCriteria
from models.diagnosis.criteria.hyperthyroidism import HyperthyroidismCriteria
from models.diagnosis.criteria.kidney import KidneyCriteria
from models.diagnosis.criteria.lipids import LipidCriteria
from models.diagnosis.criteria.liver import LiverCriteria
from models.diagnosis.criteria.metabolic import MetabolicCriteria
from models.diagnosis.criteria.metabolic_syndrome import MetabolicSyndromeCriteria
from models.diagnosis.criteria.mood import MoodCriteria
from models.diagnosis.criteria.nutrition import NutritionCriteria
from models.diagnosis.criteria.organs import OrganCriteria
from models.diagnosis.criteria.potassium import PotassiumCriteria
from models.diagnosis.criteria.rhythm import RhythmCriteria
from models.diagnosis.criteria.sepsis_signs import SepsisSignsCriteria
from models.diagnosis.criteria.serology import SerologyCriteria
from models.diagnosis.criteria.thyroid import ThyroidCriteria
from models.diagnosis.criteria.treated import TreatedCriteria
from models.diagnosis.criteria.vitamins import VitaminCriteria
from models.finding import Abstention, Assessment, Finding

MODELS: tuple[ClinicalModel, ...] = (
    DiabetesCriteria(),
    KidneyCriteria(),
    HypertensionCriteria(),
    PotassiumCriteria(),
    AnemiaCriteria(),
    ThyroidCriteria(),
    LipidCriteria(),
    ElectrolyteCriteria(),
    BloodCountCriteria(),
    VitaminCriteria(),
    OrganCriteria(),
    MoodCriteria(),
    HyperthyroidismCriteria(),
    TreatedCriteria(),
    MetabolicCriteria(),
    SerologyCriteria(),
    AcidBaseCriteria(),
    FractureCriteria(),
    GestationalCriteria(),
    HeartCriteria(),
    HeparinCriteria(),
    LiverCriteria(),
    MetabolicSyndromeCriteria(),
    NutritionCriteria(),
    RhythmCriteria(),
    SepsisSignsCriteria(),
)


def assessed(record: PatientRecord) -> Assessment:
    """All families over one record; every statement must fit on a card."""
    total = Assessment()
    for model in MODELS:
        total += model.assess(record, ClinicalSettings())
    for finding in total.findings:
        assert len(finding.statement) < 120, finding.statement
    return total


def keys(record: PatientRecord) -> set[str]:
    return {finding.key for finding in assessed(record).findings}


def only(record: PatientRecord) -> Finding:
    """The one finding of a record."""
    (finding,) = assessed(record).findings
    return finding


def abstained(record: PatientRecord, key: str) -> Abstention:
    (abstention,) = [a for a in assessed(record).abstentions if a.key == key]
    return abstention


def codes(finding: Finding, kind: str) -> set[str]:
    return {coding.code for p in finding.proposals if p.kind == kind for coding in p.codings}

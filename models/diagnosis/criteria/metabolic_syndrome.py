"""Metabolic syndrome: three of five factors, none of them new, none on the problem list as one.

Source: Alberti KG et al., Circulation 2009;120:1640-5, doi:10.1161/CIRCULATIONAHA.109.192644.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import DIABETES, METABOLIC_SYNDROME
from fhir_adapters.terminology.drugs import ANTIHYPERTENSIVE, GLUCOSE_LOWERING, taking
from models.chart_inputs import problem_list, stated
from models.contract import ClinicalSettings
from models.derived import blood_pressures
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import drug, measured
from models.diagnosis.exclusions import is_adult, outside_pregnancy
from models.diagnosis.rule import RuleFamily
from models.diagnosis.values import TWO_YEARS, at_least, below, recent
from models.finding import Assessment, Citation, Evidence
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Waist in cm, body mass index in kg/m2, lipids and glucose in mg/dL, pressure in mm[Hg]; men, women."""

    waist: tuple[float, float] = (102, 88)
    bmi: float = 30
    triglycerides: float = 150
    hdl: tuple[float, float] = (40, 50)
    pressure: tuple[float, float] = (130, 85)
    glucose: float = 100
    factors: int = 3


LIMITS = Limits()
STAMP = stamped("metabolic_syndrome.v1", "1.0", LIMITS)
RULE = RuleFamily(group="metabolic-syndrome", stamp=STAMP).rule(
    "metabolic_syndrome",
    "metabolic syndrome",
    ("237602007", "E88.810"),
    (METABOLIC_SYNDROME,),
    Citation(
        label="Joint interim statement 2009, Circulation 2009;120:1640-5",
        url="https://doi.org/10.1161/CIRCULATIONAHA.109.192644",
    ),
)
_ANALYTES = ("waist", "bmi", "triglycerides", "hdl", "sbp", "dbp", "glucose_fasting", "pregnancy_status")


@clinical_model
class MetabolicSyndromeCriteria:
    """Counts the five factors."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=_ANALYTES,
                lookback_days=TWO_YEARS,
                required=True,
            ),
            Need(resource="Encounter", lookback_days=TWO_YEARS),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = PublishedCriteria(
        authors="six societies in a joint statement (2009)",
        conditions="metabolic syndrome",
        output="Which of the five factors are met by the newest values of two years.",
        population="Adults of 18 years and over whose sex is recorded as female or male.",
        out_of_scope="Children, pregnancy and 12 weeks after it.",
        known_risks="Waist is seldom measured: a body mass index of 30 or more stands for it, and that "
        "is said. The "
        "syndrome adds little to the risk that its factors carry.",
        basis="Consensus definition.",
        accuracy="Not applicable: a definition, not a test.",
        fairness="The publication has lower limits of waist for Asian, African and Mediterranean people; "
        "ancestry "
        "is not read, and the limits of North America are used.",
        inputs="Age, and sex for waist and HDL cholesterol.",
        references="doi:10.1161/CIRCULATIONAHA.109.192644.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """One finding where three factors are met."""
        if not is_adult(record) or record.patient.sex not in ("female", "male") or RULE.documented(record):
            return Assessment()
        factors = tuple(_factors(record))
        if len(factors) < LIMITS.factors:
            return Assessment()
        proxy = factors[0].label == "Body mass index"
        finding = RULE.finding(
            statement=f"Metabolic syndrome: {len(factors)} of 5 factors, not on {problem_list(record)}",
            rationale="Each factor is treated on its own; weight and activity act on all of them.",
            confidence="B" if proxy else "A",
            evidence=factors,
            missing=("waist circumference (body mass index stands for it)",) if proxy else (),
            proposals=(RULE.add_problem(),),
        )
        return outside_pregnancy(record, RULE, (finding,))


def _factors(record: PatientRecord) -> Iterator[Evidence]:
    """One piece of evidence for each factor that is met; that of the waist first."""
    women = int(record.patient.sex == "female")
    waist, bmi = _newest(record, "waist"), _newest(record, "bmi")
    if waist is not None:
        if at_least(waist, LIMITS.waist[women]):
            yield measured(waist)
    elif bmi is not None and at_least(bmi, LIMITS.bmi):
        yield measured(bmi)
    triglycerides, hdl = _newest(record, "triglycerides"), _newest(record, "hdl")
    if triglycerides is not None and at_least(triglycerides, LIMITS.triglycerides):
        yield measured(triglycerides)
    if hdl is not None and below(hdl, LIMITS.hdl[women]):
        yield measured(hdl)
    for found in (_pressure(record), _glucose(record)):
        if found is not None:
            yield found


def _newest(record: PatientRecord, analyte: str) -> Measurement | None:
    points = recent(record, analyte, TWO_YEARS)
    return points[-1] if points else None


def _pressure(record: PatientRecord) -> Evidence | None:
    treated = taking(record, ANTIHYPERTENSIVE)
    if treated is not None:
        return drug(treated, "On blood pressure drug")
    office = [bp for bp in blood_pressures(record) if bp.setting in ("ambulatory", "unknown")]
    office = [bp for bp in office if (record.as_of - bp.at).days <= TWO_YEARS]
    if not office:
        return None
    systolic, diastolic = office[-1].systolic, office[-1].diastolic
    if systolic.value < LIMITS.pressure[0] and diastolic.value < LIMITS.pressure[1]:
        return None
    shown = f"{systolic.value:.0f}/{diastolic.value:.0f}"
    source = systolic.source.partition("#")[0]
    return Evidence(source=source, label="Blood pressure", value=shown, unit="mmHg", at=office[-1].at)


def _glucose(record: PatientRecord) -> Evidence | None:
    fasting, known = _newest(record, "glucose_fasting"), documented(record, DIABETES)
    if fasting is not None and at_least(fasting, LIMITS.glucose):
        return measured(fasting)
    treated = taking(record, GLUCOSE_LOWERING)
    if treated is not None:
        return drug(treated, "On glucose-lowering drug")
    return stated(known, "Diabetes") if known is not None else None

"""Fatty liver disease by imaging and metabolic factors, and results that point to cirrhosis.

Sources: Rinella ME et al., Hepatology 2023;78:1966-86 (nomenclature and criteria); Sterling RK et al.,
Hepatology 2006;43:1317-25 (FIB-4); Garcia-Tsao G et al. (AASLD), Hepatology 2017;65:310-35 (compensated
cirrhosis).
"""

from __future__ import annotations

import re
from datetime import timedelta

from fhir_adapters.record import Measurement, PatientRecord
from fhir_adapters.terminology.code_set import documented, ever_documented
from fhir_adapters.terminology.conditions import (
    CHRONIC_LIVER_DISEASE,
    DIABETES,
    HYPERTENSION,
    MARROW_DISEASE,
    PREDIABETES,
    STEATOTIC_LIVER_DISEASE,
)
from fhir_adapters.terminology.drugs import DrugClass, taking
from fhir_adapters.terminology.score_conditions import ALCOHOL_USE_DISORDER, CIRRHOSIS
from models.chart_inputs import problem_list, stated
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import measured
from models.diagnosis.exclusions import is_adult
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, judge, reads
from models.diagnosis.note_evidence import symptom
from models.diagnosis.rule import RuleFamily, order
from models.diagnosis.values import TWO_YEARS, above, at_least, below, nearest, recent
from models.finding import Assessment, Citation, Evidence, Finding
from models.registry import clinical_model
from models.risk_scores.fib4 import fib4
from models.scoring import stamped

_ALBUMIN_LOW, _INR_HIGH, _FIB4_HIGH, _TOGETHER_DAYS = 3.5, 1.3, 3.25, 90
_BMI, _TRIGLYCERIDES, _HDL_MEN, _HDL_WOMEN, _HBA1C = 25, 150, 40, 50, 5.7
_IMAGING_YEARS = 3
_STEATOGENIC = (
    DrugClass(
        "amiodarone, methotrexate, tamoxifen or valproate",
        ("C01BD01", "L01BA01", "L04AX03", "L02BA01", "N03AG01"),
        ("amiodarone", "methotrexate", "tamoxifen", "valproate", "valproic acid", "divalproex"),
    ),
)
STAMP = stamped(
    "liver.v1",
    "1.0",
    (150, _ALBUMIN_LOW, _INR_HIGH, _FIB4_HIGH, _BMI, _TRIGLYCERIDES, _HDL_MEN, _HDL_WOMEN, _HBA1C),
)
_STEATOSIS = re.compile(
    r"\b(?:hepatic steatosis|fatty (?:liver|infiltration of the liver)|steatotic liver|"
    r"steatosis of the liver|diffusely echogenic liver|increased hepatic echogenicity)\b",
    re.IGNORECASE,
)
_FAMILY = RuleFamily(group="liver", stamp=STAMP)
_AASLD = Citation(
    label="AASLD 2016 guidance on portal hypertension in cirrhosis", url="https://doi.org/10.1002/hep.28906"
)
_MASLD = _FAMILY.rule(
    "masld",
    "metabolic dysfunction-associated steatotic liver disease",
    ("1231824009", "K76.0"),
    (STEATOTIC_LIVER_DISEASE, CHRONIC_LIVER_DISEASE, CIRRHOSIS),
    Citation(
        label="Delphi consensus on steatotic liver disease, 2023",
        url="https://doi.org/10.1097/HEP.0000000000000520",
    ),
)
_ULTRASOUND = order("abdominal ultrasound", "24558-9")


def _failing_liver(record: PatientRecord, platelets: Measurement) -> tuple[Evidence, ...]:
    """Low albumin or a high INR, and a FIB-4 above 3.25, around the platelet count."""
    near = {
        name: nearest(recent(record, name, TWO_YEARS), platelets.at, _TOGETHER_DAYS)
        for name in ("albumin", "inr", "ast", "alt")
    }
    albumin, inr, ast, alt, age = near["albumin"], near["inr"], near["ast"], near["alt"], record.age_years
    weak = [
        point
        for point, is_off in ((albumin, _is_low), (inr, _is_high))
        if point is not None and is_off(point)
    ]
    if not weak or ast is None or alt is None or age is None or platelets.value <= 0:
        return ()
    if any(point.comparator for point in (ast, alt, platelets)):
        return ()
    index = fib4(float(age), ast.value, alt.value, platelets.value)
    if index <= _FIB4_HIGH:
        return ()
    scored = Evidence(
        source=ast.source, label="FIB-4", value=f"{index:.2f}", at=ast.at, remark="AST, ALT, platelets, age"
    )
    return (*(measured(point) for point in weak), scored)


def _is_low(albumin: Measurement) -> bool:
    return below(albumin, _ALBUMIN_LOW)


def _is_high(inr: Measurement) -> bool:
    return above(inr, _INR_HIGH)


ROWS = (
    LimitRow(
        rule=_FAMILY.rule("cirrhosis_flag", "cirrhosis", ("19943007", "K74.60"), (CIRRHOSIS,), _AASLD),
        analyte="platelets",
        sign="<",
        cut=150,
        single=150,
        current_days=365,
        excluded_by=(MARROW_DISEASE,),
        company=_failing_liver,
        confirmed="C",
        advice="Low platelets, weak synthesis and a high FIB-4: elastography and ultrasound; if "
        "confirmed, look for "
        "varices and liver cancer. Anticoagulants raise the INR too.",
        orders=(_ULTRASOUND,),
    ),
)


@clinical_model
class LiverCriteria(LimitCriteria):
    """Fatty liver disease with a metabolic factor, and results that point to cirrhosis."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS, "albumin", "inr", "ast", "alt", "bmi", "triglycerides", "hdl", "hba1c", notes=True)
    card = PublishedCriteria(
        authors="a Delphi consensus of liver societies (2023) and the AASLD (2017)",
        conditions="steatotic liver disease and cirrhosis",
        output="The sentence of a report that describes fat in the liver with a metabolic factor beside "
        "it; or low "
        "platelets with low albumin or high INR and a FIB-4 above 3.25.",
        population="Adults of 18 years and over without documented liver disease.",
        out_of_scope="Children, alcohol use disorder and drugs that cause steatosis, disease of the marrow.",
        known_risks="How much alcohol is drunk is mostly not in the chart. FIB-4 rises with age; "
        "anticoagulants "
        "raise the INR and inflammation lowers albumin.",
        basis="Consensus criteria; FIB-4 against biopsies.",
        accuracy="By the publication FIB-4 above 3.25 had a positive predictive value of 65% for advanced "
        "fibrosis in hepatitis C with HIV; not available for the rules as written.",
        fairness="In people of Asian ancestry metabolic risk begins at a body mass index of 23; 25 is "
        "used for all.",
        inputs="Age, and sex for HDL cholesterol.",
        references="doi:10.1097/HEP.0000000000000520; doi:10.1002/hep.21178; doi:10.1002/hep.28906.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """The flag of cirrhosis, else fatty liver disease."""
        rows = judge(record, ROWS)
        fat = None if rows.findings else _fatty_liver(record)
        return rows + Assessment(findings=(fat,) if fat is not None else ())


def _fatty_liver(record: PatientRecord) -> Finding | None:
    other_cause = ever_documented(record, ALCOHOL_USE_DISORDER) or taking(record, *_STEATOGENIC)
    if not is_adult(record) or _MASLD.documented(record) or other_cause:
        return None
    span = timedelta(days=365 * _IMAGING_YEARS / 2)
    seen = symptom(record, _STEATOSIS, "Fat in the liver", record.as_of - span, span.days)
    factors = _factors(record) if seen is not None else ()
    if seen is None or not factors:
        return None
    return _MASLD.finding(
        statement="Fat in the liver on a report, with a metabolic risk factor; "
        f"not on {problem_list(record)}",
        rationale="Compute FIB-4 and treat weight, glucose, lipids and pressure. Ask how much alcohol is "
        "drunk: "
        "below 20 g (women) or 30 g (men) a day it is metabolic.",
        confidence="B",
        evidence=(seen, *factors),
        missing=("alcohol a day", "tests for viral and autoimmune hepatitis"),
        proposals=(_MASLD.add_problem(),),
    )


def _factors(record: PatientRecord) -> tuple[Evidence, ...]:
    """Each metabolic factor of the definition that the chart shows."""
    hdl_limit = _HDL_MEN if record.patient.sex == "male" else _HDL_WOMEN
    found = [
        measured(points[-1])
        for name, is_off, cut in (
            ("bmi", at_least, _BMI),
            ("hba1c", at_least, _HBA1C),
            ("triglycerides", at_least, _TRIGLYCERIDES),
            ("hdl", below, hdl_limit),
        )
        if (points := recent(record, name, TWO_YEARS)) and is_off(points[-1], cut)
    ]
    known = (documented(record, DIABETES, PREDIABETES), documented(record, HYPERTENSION))
    labels = ("Diabetes or prediabetes", "Hypertension")
    return (
        *found,
        *(stated(cond, label) for cond, label in zip(known, labels, strict=True) if cond is not None),
    )

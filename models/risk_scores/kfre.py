"""KFRE, the kidney failure risk equation: risk of dialysis or transplantation within 2 and 5 years.

Source: Tangri N et al., JAMA 2011;305:1553-1559, doi:10.1001/jama.2011.451 (equations); Tangri N et al.,
JAMA 2016;315:164-174, doi:10.1001/jama.2015.18202 (baselines for North America and elsewhere).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fhir_adapters.record import SNOMED, Coding, Measurement, Need, PatientRecord, Requires, Series
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import (
    CKD,
    DIALYSIS_OR_ESRD,
    DIALYSIS_PROCEDURE,
    KIDNEY_TRANSPLANT,
    KIDNEY_TRANSPLANT_PROCEDURE,
    PALLIATIVE_CARE,
)
from models import chart_inputs
from models.chart_inputs import ONE_YEAR, TWO_YEARS, measured
from models.contract import ClinicalSettings
from models.derived import egfr_with_limits
from models.diagnosis.acute_fall import acute_fall
from models.diagnosis.kdigo import aki_within, creatinines
from models.diagnosis.values import below
from models.explaining import Equation, Target, explain_equation
from models.explanation import Explanation
from models.finding import Abstention, Assessment, Citation, Estimate, Evidence, Finding, Urgency
from models.registry import clinical_model
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute, lacking, stamped
from models.thresholds import Thresholds

_GUIDELINE = Citation(
    label="KFRE, Tangri et al., JAMA 2016;315:164-174; referral threshold KDIGO 2024",
    url="https://doi.org/10.1001/jama.2015.18202",
)
_TOPIC = Coding(SNOMED, "709044004", "Chronic kidney disease")

# Coefficient and centre of each term: age/10, male, eGFR/5, ln(ACR mg/g), then albumin g/dL,
# phosphate mg/dL, bicarbonate mEq/L, calcium mg/dL.
_TERMS: dict[str, dict[str, tuple[float, float]]] = {
    "4v": {
        "age": (-0.2201, 7.036),
        "sex": (0.2467, 0.5642),
        "egfr": (-0.5567, 7.222),
        "uacr_mg_g": (0.4510, 5.137),
    },
    "8v": {
        "age": (-0.1992, 7.036),
        "sex": (0.1602, 0.5642),
        "egfr": (-0.4919, 7.222),
        "uacr_mg_g": (0.3364, 5.137),
        "albumin_g_dl": (-0.3441, 3.997),
        "phosphate_mg_dl": (0.2604, 3.916),
        "bicarbonate_meq_l": (-0.07354, 25.57),
        "calcium_mg_dl": (-0.2228, 9.355),
    },
}
# Survival free of kidney failure at the centre, by equation, region and years.
_BASELINES: dict[str, dict[str, float]] = {
    "4v": {"na_2y": 0.9750, "na_5y": 0.9240, "nonna_2y": 0.9832, "nonna_5y": 0.9365},
    "8v": {"na_2y": 0.9780, "na_5y": 0.9301, "nonna_2y": 0.9827, "nonna_5y": 0.9245},
}
_UACR_FLOOR = 1.0  # mg/g; below it the logarithm would reward noise of the assay

_REPLACEMENT = DIALYSIS_OR_ESRD | KIDNEY_TRANSPLANT
_REPLACEMENT_PROCEDURE = DIALYSIS_PROCEDURE | KIDNEY_TRANSPLANT_PROCEDURE

# The reference is the center of the 4-variable equation: what the average patient of its derivation had.
_REFERENCE = {
    "age": 10 * _TERMS["4v"]["age"][1],
    "sex": _TERMS["4v"]["sex"][1],
    "egfr": 5 * _TERMS["4v"]["egfr"][1],
    "uacr_mg_g": math.exp(_TERMS["4v"]["uacr_mg_g"][1]),
}
_REFERENCE_WORDS = "the average patient of the derivation: age 70, eGFR 36, albumin-creatinine ratio 170 mg/g"
# From this ratio on (mg/g) a fall by 30% is the goal of treatment (ADA Standards of Care 2025, section 11).
_LOWER_FROM, _LOWER_BY = 300.0, 0.3

_LABELS = {
    "age": "age",
    "sex": "recorded sex",
    "egfr": "eGFR",
    "uacr_mg_g": "urine albumin-creatinine ratio",
    "albumin_g_dl": "serum albumin",
    "phosphate_mg_dl": "serum phosphate",
    "bicarbonate_meq_l": "bicarbonate",
    "calcium_mg_dl": "serum calcium",
}
# Extra inputs of the 8-variable equation: analyte, and the plausible range with its unit.
_EXTRAS: dict[str, tuple[str, float, float, str]] = {
    "albumin_g_dl": ("albumin", 0.5, 7, "g/dL"),
    "phosphate_mg_dl": ("phosphate", 0.2, 25, "mg/dL"),
    "bicarbonate_meq_l": ("bicarbonate", 3, 60, "mEq/L"),
    "calcium_mg_dl": ("calcium", 3, 25, "mg/dL"),
}


@clinical_model
class Kfre:
    """KFRE as a calculator, and as a model that names a kidney failure risk worth a referral."""

    name = "kfre.v1"
    calculator_name = "kfre"
    stamp = stamped("kfre.v1", "1.1", (_TERMS, _BASELINES))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Procedure"),
            Need(resource="Encounter"),
            Need(resource="Observation", analytes=("creatinine", "egfr"), lookback_days=TWO_YEARS),
            Need(
                resource="Observation",
                analytes=("uacr", *(analyte for analyte, *_ in _EXTRAS.values())),
                lookback_days=ONE_YEAR,
            ),
        )
    )
    card = PublishedScore(
        authors="Tangri N et al. (2011), recalibrated by the CKD Prognosis Consortium (2016)",
        output="Probability of treated kidney failure (dialysis or transplantation) within 2 and 5 years.",
        output_type="Predicted probabilities (0 to 1) of a Cox model, with the baseline of North America "
        "or of other regions as the site has set.",
        intended_use="To plan nephrology referral (5-year risk of 5% or more), multidisciplinary care "
        "(2-year risk above 10%) and preparation for kidney replacement (2-year risk above 40%).",
        population="Adults with chronic kidney disease and eGFR below 60, not on dialysis and without a "
        "kidney transplant.",
        out_of_scope="Acute kidney injury, dialysis, transplant, children, eGFR of 60 or more. It doesn't "
        "predict death, which in the old often comes before kidney failure.",
        known_risks="One albumin-creatinine ratio varies much from day to day; infection or exercise can "
        "double it. Death as a competing event is not modelled: the 5-year risk is overstated in the frail. "
        "A creatinine from an unrecognised acute illness overstates the risk.",
        derivation="3449 patients with CKD G3 to G5 referred to nephrologists in Ontario, Canada "
        "(386 kidney failures).",
        derivation_people="Derivation: adults referred to nephrology in Canada; recalibration: over 30 "
        "countries on four continents.",
        representativeness="Derived in patients under nephrology care; the recalibration includes general "
        "populations with CKD.",
        relevance="The inputs are routine laboratory values; four of them suffice.",
        fairness="Race is not an input. Sex is one, because rates differ by sex. eGFR here is the race-free "
        "CKD-EPI 2021 value, while the derivation used earlier equations.",
        validation_data="4942 patients in British Columbia (1177 kidney failures), then 721 357 people with "
        "CKD G3 to G5 in 31 cohorts (23 829 kidney failures).",
        validation_party="The authors for British Columbia; the CKD Prognosis Consortium for the 31 cohorts.",
        validation_people="Adults with CKD G3 to G5 from over 30 countries.",
        validation_process="Discrimination (C-statistic) and calibration by cohort; the baseline was "
        "recalibrated for cohorts outside North America.",
        performance_internal="8-variable equation: C-statistic 0.917 in derivation.",
        performance_external="8-variable equation, British Columbia: C-statistic 0.841. 4-variable equation, "
        "31 cohorts: 0.90 at 2 years and 0.88 at 5 years.",
        fairness_measured="The consortium reports similar discrimination by age, sex, race and diabetes; "
        "figures by group are not reproduced here.",
        references="doi:10.1001/jama.2011.451; doi:10.1001/jama.2015.18202; thresholds: KDIGO 2024, "
        "doi:10.1016/j.kint.2023.10.018.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the 4-variable and, when its four extra inputs are there, the 8-variable risks.

        Args:
            inputs: age (18 or more), sex, egfr (below 60 mL/min/{1.73_m2}), uacr_mg_g (above 0); optional
                albumin_g_dl, phosphate_mg_dl, bicarbonate_meq_l, calcium_mg_dl.

        Returns:
            Probabilities "<4v|8v>_<na|nonna>_<2y|5y>".

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        values = _read(inputs)
        results: dict[str, float] = {}
        for equation in ("4v", "8v") if _EXTRAS.keys() <= values.keys() else ("4v",):
            hazard_ratio = math.exp(sum(_contributions(equation, values).values()))
            for horizon, baseline in _BASELINES[equation].items():
                results[f"{equation}_{horizon}"] = 1 - baseline**hazard_ratio
        return results

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The inputs of the last 12 months outside acute care."""
        egfr = chart_inputs.newest_egfr(record, ONE_YEAR)
        excluded = self._excluded(record, egfr)
        if excluded is not None:
            return excluded
        disputed = chart_inputs.disputed_egfr(record, egfr)
        if disputed:
            return lacking(self.stamp, disputed)
        uacr = chart_inputs.newest_uacr(record)
        if egfr is None or uacr is None:
            return lacking(self.stamp, "urine albumin-creatinine ratio in the last 12 months")
        inputs: dict[str, Any] = {
            "age": record.age_years,
            "sex": record.patient.sex,
            "egfr": egfr.value,
            "uacr_mg_g": uacr.value,
        }
        evidence = {
            "age": chart_inputs.age_evidence(record),
            "sex": Evidence(source=record.patient.source, label="Sex", value=record.patient.sex),
            "egfr": measured(egfr),
            "uacr_mg_g": measured(uacr),
        }
        missing = []
        for name, (analyte, low, high, _unit) in _EXTRAS.items():
            point = chart_inputs.newest(record, analyte, ONE_YEAR)
            if point is not None and low <= point.value <= high:
                inputs[name], evidence[name] = point.value, measured(point)
            else:
                missing.append(_LABELS[name])
        further = (f"{', '.join(missing)} in the last 12 months (8-variable equation)",) if missing else ()
        return Gathered(inputs=inputs, evidence=evidence, missing=further)

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """All risks of the record, whether or not they change anything."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The risks with the baseline of the site's region."""
        return _estimates(result, _region(settings))

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding from a 5-year risk of 5% on (4-variable equation, the site's region)."""
        result = self.compute(record, settings)
        if isinstance(result, Abstention):
            return Assessment(abstentions=(result,))
        region = _region(settings)
        if result.results[f"4v_{region}_5y"] < settings.thresholds.kfre_referral_5y:
            return Assessment()
        if documented(record, PALLIATIVE_CARE):
            reason = "kidney replacement is not the aim of care"
            return Assessment(abstentions=(abstain(self.stamp, "not-indicated", reason),))
        return Assessment(findings=(self._finding(result, settings),))

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The 5-year risk by four variables, against the average patient of the derivation."""
        values = _read(dict(result.gathered.inputs))
        baseline = _BASELINES["4v"][f"{_region(settings)}_5y"]
        ratio = values["uacr_mg_g"]
        lower = Target((1 - _LOWER_BY) * ratio, f"{(1 - _LOWER_BY) * ratio:.0f} mg/g (30% lower)")
        equation = Equation(
            linear=lambda inputs: sum(_contributions("4v", inputs).values()),
            scale=lambda log_hazard: 100 * (1 - baseline ** math.exp(log_hazard)),
            unit="percentage points",
            reference=_REFERENCE,
            reference_words=_REFERENCE_WORDS,
            targets={"uacr_mg_g": lower} if ratio >= _LOWER_FROM else {},
        )
        name = self.estimates(result, settings)[0].name
        return explain_equation(name, equation, values, result.gathered.evidence)

    def _finding(self, result: ScoreResult, settings: ClinicalSettings) -> Finding:
        region = _region(settings)
        five_years, two_years = (result.results[f"4v_{region}_{years}y"] for years in (5, 2))
        pressing = two_years > settings.thresholds.kfre_multidisciplinary_2y
        urgency: Urgency = "urgent" if pressing else "soon"
        estimates = self.estimates(result, settings)
        return Finding(
            kind="complication_risk",
            key="kfre",
            group="kidney",
            statement=f"Risk of kidney failure {100 * five_years:.1f}% within 5 years "
            f"({100 * two_years:.1f}% within 2 years)",
            rationale=_rationale(two_years, settings.thresholds),
            urgency=urgency,
            topic=_TOPIC,
            guideline=_GUIDELINE,
            model=self.stamp,
            estimate=estimates[0],
            further_estimates=estimates[1:],
            evidence=tuple(result.gathered.evidence.values()),
            missing=result.gathered.missing,
            explanation=self.explanation(result, settings),
        )

    def _excluded(self, record: PatientRecord, egfr: Measurement | None) -> Abstention | None:
        age = record.age_years
        if age is None:
            return lacking(self.stamp, "birth date")
        if age < 18:
            return abstain(self.stamp, "outside-population", "published for adults")
        if record.patient.sex not in ("female", "male"):
            return abstain(self.stamp, "outside-population", "published for recorded sex female or male only")
        if egfr is None or egfr.value >= 60:
            return abstain(self.stamp, "not-indicated", "no eGFR below 60 in the last 12 months")
        if _kidney_replacement(record):
            return abstain(self.stamp, "outside-population", "kidney replacement therapy is documented")
        if aki_within(record, creatinines(record), egfr):
            reason = "acute kidney injury in the last 90 days: eGFR is not steady"
            return abstain(self.stamp, "outside-population", reason)
        if acute_fall(record) is not None:
            reason = "eGFR fell by a third or more within 3 months: it is not steady"
            return abstain(self.stamp, "outside-population", reason)
        if documented(record, CKD) is None and not _low_for_90_days(record):
            return abstain(self.stamp, "not-indicated", "eGFR below 60 is not yet shown for 90 days")
        return None


def _read(inputs: dict[str, Any]) -> dict[str, float]:
    given = Inputs(inputs, _LABELS)
    given.require("age", "sex", "egfr", "uacr_mg_g")
    values = {
        "age": given.age(18, 120),
        "sex": 0.0 if given.is_female() else 1.0,
        "egfr": given.number("egfr", 1, math.nextafter(60, 0), "mL/min/1.73 m²"),
        "uacr_mg_g": given.number("uacr_mg_g", math.nextafter(0, 1), 30000, "mg/g"),
    }
    for name, (_analyte, low, high, unit) in _EXTRAS.items():
        if given.has(name):
            values[name] = given.number(name, low, high, unit)
    return values


def _contributions(equation: str, values: Mapping[str, float]) -> dict[str, float]:
    """What each input adds to the log hazard, against the equation's centre."""
    scaled = {
        **values,
        "age": values["age"] / 10,
        "egfr": values["egfr"] / 5,
        "uacr_mg_g": math.log(max(values["uacr_mg_g"], _UACR_FLOOR)),
    }
    return {
        name: coefficient * (scaled[name] - centre)
        for name, (coefficient, centre) in _TERMS[equation].items()
    }


def _kidney_replacement(record: PatientRecord) -> bool:
    """True for current dialysis or end-stage disease, and for a transplant whenever it was."""
    if any(
        cond.is_current or KIDNEY_TRANSPLANT.holds(cond.concept)
        for cond in record.conditions
        if _REPLACEMENT.holds(cond.concept)
    ):
        return True
    return any(_REPLACEMENT_PROCEDURE.holds(done.concept) for done in record.procedures)


def _low_for_90_days(record: PatientRecord) -> bool:
    """True when eGFR has been below 60 on each measurement over at least the last 90 days."""
    series = Series(egfr_with_limits(record)).within(TWO_YEARS, record.as_of).outside_acute_care()
    oldest = newest = None
    for point in reversed(series.points):
        if not below(point, 60):
            break
        oldest, newest = point, newest or point
    return oldest is not None and newest is not None and newest.at - oldest.at >= timedelta(days=90)


def _rationale(two_years: float, thresholds: Thresholds) -> str:
    text = (
        f"At {thresholds.stated('kfre_referral_5y', '%')} or more within 5 years nephrology referral is "
        "recommended, if not yet made."
    )
    if two_years > thresholds.kfre_prepare_2y:
        above = thresholds.stated("kfre_prepare_2y", "%")
        return f"{text} Above {above} within 2 years, prepare for kidney replacement, access and transplant."
    if two_years > thresholds.kfre_multidisciplinary_2y:
        above = thresholds.stated("kfre_multidisciplinary_2y", "%")
        return f"{text} Above {above} within 2 years, multidisciplinary kidney care is recommended."
    return text


def _region(settings: ClinicalSettings) -> str:
    return "na" if settings.region == "na" else "nonna"


def _estimates(result: ScoreResult, region: str) -> tuple[Estimate, ...]:
    return tuple(
        _estimate(equation, years, result.results[f"{equation}_{region}_{years}y"])
        for equation in ("4v", "8v")
        for years in ("5", "2")
        if f"{equation}_{region}_{years}y" in result.results
    )


def _estimate(equation: str, years: str, value: float) -> Estimate:
    return Estimate(
        name=f"{years}-year risk of kidney failure ({equation[0]}-variable KFRE)",
        value=value,
        unit="probability",
        horizon=f"{years} years",
    )

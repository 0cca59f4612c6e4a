"""MELD 3.0: urgency of liver transplantation.

Source: Kim WR et al., Gastroenterology 2021;161:1887-1895, doi:10.1053/j.gastro.2021.08.050; OPTN
policy 9.1.D.
Referral: Martin P et al. (AASLD), Hepatology 2014;59:1144-1165, doi:10.1002/hep.26972.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fhir_adapters.record import SNOMED, Coding, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented, ever_documented
from fhir_adapters.terminology.conditions import DIALYSIS_OR_ESRD, PALLIATIVE_CARE
from fhir_adapters.terminology.score_conditions import CIRRHOSIS, LIVER_TRANSPLANT
from models import chart_inputs
from models.chart_inputs import stated
from models.contract import ClinicalSettings
from models.explaining import Equation, explain_equation
from models.explanation import Explanation
from models.finding import Abstention, Assessment, Citation, Estimate, Evidence, Finding
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute, lacking, stamped
from models.thresholds import PUBLISHED

_COEFFICIENTS = {
    "female": 1.33,
    "ln_bilirubin": 4.56,
    "sodium": 0.82,
    "sodium_x_ln_bilirubin": -0.24,
    "ln_inr": 9.09,
    "ln_creatinine": 11.14,
    "albumin": 1.85,
    "albumin_x_ln_creatinine": -1.83,
    "constant": 6.0,
}
_LOWEST, _HIGHEST = 6, 40
# Values beyond which nothing is counted.
_REFERENCE = {
    "female": 0.0,
    "bilirubin_mg_dl": 1.0,
    "inr": 1.0,
    "creatinine_mg_dl": 1.0,
    "sodium_mmol_l": 137.0,
    "albumin_g_dl": 3.5,
}
# Lower values count as 1, and so does a result below a limit of detection up to there.
_COUNTS_AS_ONE = dict.fromkeys(("bilirubin_mg_dl", "inr", "creatinine_mg_dl"), 1.0)
_REFERENCE_WORDS = "the lowest score"
_LABELS = {
    "age": "age",
    "female": "recorded sex",
    "bilirubin_mg_dl": "bilirubin",
    "inr": "INR",
    "creatinine_mg_dl": "creatinine",
    "sodium_mmol_l": "sodium",
    "albumin_g_dl": "albumin",
    "dialysis_2x_7d": "dialysis twice in a week (yes or no)",
}
_ANALYTES = {
    "bilirubin_mg_dl": "bilirubin_total",
    "inr": "inr",
    "creatinine_mg_dl": "creatinine",
    "sodium_mmol_l": "sodium",
    "albumin_g_dl": "albumin",
}
_DAYS, _DRAW_DAYS = 90, 7


@clinical_model
class Meld3:
    """MELD 3.0 as a calculator, and as a model that names a referral that is due."""

    name = "meld3.v1"
    calculator_name = "meld3"
    stamp = stamped("meld3.v1", "1", (_COEFFICIENTS, PUBLISHED.meld3_referral))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Observation", analytes=tuple(_ANALYTES.values()), lookback_days=_DAYS),
        )
    )
    card = PublishedScore(
        authors="Kim WR et al. (2021); policy of the Organ Procurement and Transplantation Network",
        output="MELD 3.0, 6 to 40, and the sum before rounding.",
        output_type="A score without unit that ranks the risk of death within 90 days on the waiting list.",
        intended_use="To notice a known cirrhosis whose score reaches 15, from which evaluation for "
        "transplantation is recommended.",
        population="People of 12 years and more with chronic liver disease.",
        out_of_scope="No cirrhosis, after liver transplantation, acute liver failure, palliative care, and "
        "the allocation of organs, which uses certified values.",
        known_risks="Anticoagulants raise the INR without worse liver function; kidney disease of another "
        "cause raises the score. Bilirubin, INR and creatinine below 1 count as 1, creatinine above 3 as 3, "
        "sodium within 125 to 137 and albumin within 1.5 to 3.5, as published.",
        derivation="29 410 registrations for liver transplantation in the United States, 2016 to 2018.",
        derivation_people="Candidates on the waiting list; sex is a term because women waited longer and "
        "died more often under the score before.",
        fairness="Sex is a term on purpose, to correct a disadvantage of women under earlier versions.",
        performance_internal="C-statistic 0.869 for 90-day mortality in the publication.",
        references="doi:10.1053/j.gastro.2021.08.050; doi:10.1002/hep.26972.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the score.

        Args:
            inputs: age (12 or more), female 0 or 1, bilirubin_mg_dl, inr, creatinine_mg_dl, sodium_mmol_l,
                albumin_g_dl, dialysis_2x_7d 0 or 1.

        Returns:
            meld3 (rounded, 6 to 40) and raw (before rounding and limits).

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        raw = _raw(_read(inputs))
        return {"meld3": _score(raw), "raw": raw}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The newest values of 90 days, all of one week."""
        excluded = self._excluded(record)
        if excluded is not None:
            return excluded
        points = {
            name: chart_inputs.latest(record, analyte, _DAYS, same_below=_COUNTS_AS_ONE.get(name))
            for name, analyte in _ANALYTES.items()
        }
        missing = [f"{_LABELS[name]} of the last 90 days" for name, point in points.items() if point is None]
        if missing:
            return lacking(self.stamp, *missing)
        found = {name: point for name, point in points.items() if point is not None}
        times = [point.at for point in found.values()]
        if (max(times) - min(times)).days > _DRAW_DAYS:
            return lacking(self.stamp, "bilirubin, INR, creatinine, sodium and albumin of one week")
        dialysis = chart_inputs.condition(record, "Dialysis", DIALYSIS_OR_ESRD)
        if dialysis is None:
            return lacking(self.stamp, "the problem list")
        sex = Evidence(source=record.patient.source, label="Sex", value=record.patient.sex)
        return Gathered(
            inputs={
                "age": record.age_years,
                "female": int(record.patient.sex == "female"),
                "dialysis_2x_7d": dialysis.value,
                **{name: point.value for name, point in found.items()},
            },
            evidence={
                **{name: chart_inputs.measured(point) for name, point in found.items()},
                "female": sex,
                "dialysis_2x_7d": dialysis.evidence,
            },
        )

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The score of the record, whatever it is."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The score."""
        return (_estimate(result),)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding from 15 on."""
        result = self.compute(record, settings)
        if isinstance(result, Abstention):
            return Assessment(abstentions=(result,))
        if result.results["meld3"] < settings.thresholds.meld3_referral:
            return Assessment()
        return Assessment(findings=(self._finding(record, result, settings),))

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The score, against values beyond which nothing is counted; what rounding adds is shared."""
        equation = Equation(
            linear=_raw,
            scale=_score,
            unit="points",
            reference=_REFERENCE,
            reference_words=_REFERENCE_WORDS,
        )
        gathered = result.gathered
        on_dialysis = gathered.inputs["dialysis_2x_7d"]
        creatinine = gathered.evidence["dialysis_2x_7d" if on_dialysis else "creatinine_mg_dl"]
        evidence = {**gathered.evidence, "creatinine_mg_dl": creatinine}
        return explain_equation("MELD 3.0", equation, _read(dict(gathered.inputs)), evidence)

    def _finding(self, record: PatientRecord, result: ScoreResult, settings: ClinicalSettings) -> Finding:
        cirrhosis = ever_documented(record, CIRRHOSIS)
        since = settings.thresholds.stated("meld3_referral", " points")
        return Finding(
            kind="complication_risk",
            key="meld3",
            group="liver",
            statement=f"Cirrhosis with MELD 3.0 of {result.results['meld3']}: "
            "evaluation for transplantation is recommended",
            rationale=f"From {since} referral to a transplant center is recommended unless contraindicated. "
            "An anticoagulant raises the INR and so the score.",
            urgency="soon",
            topic=Coding(SNOMED, "19943007", "Cirrhosis of liver"),
            guideline=Citation(
                label="AASLD 2013 guideline on evaluation for liver transplantation",
                url="https://doi.org/10.1002/hep.26972",
            ),
            model=self.stamp,
            estimate=_estimate(result),
            evidence=(
                *result.gathered.evidence.values(),
                *((stated(cirrhosis, "Cirrhosis"),) if cirrhosis else ()),
            ),
            explanation=self.explanation(result, settings),
        )

    def _excluded(self, record: PatientRecord) -> Abstention | None:
        unknown = _chart.unknown_problems(self.stamp, record)
        if unknown is not None:
            return unknown
        if ever_documented(record, CIRRHOSIS) is None:
            return _chart.not_indicated(self.stamp, "no cirrhosis on the problem list")
        if ever_documented(record, LIVER_TRANSPLANT):
            return abstain(self.stamp, "outside-population", "not published for after transplantation")
        if documented(record, PALLIATIVE_CARE):
            return _chart.not_indicated(self.stamp, "transplantation is not the aim of care")
        if record.patient.sex not in ("female", "male"):
            return abstain(self.stamp, "outside-population", "published for recorded sex female or male only")
        return lacking(self.stamp, "birth date") if record.age_years is None else None


def _read(inputs: dict[str, Any]) -> dict[str, float]:
    """The inputs checked, as they count: within the published limits, creatinine 3 on dialysis."""
    given = Inputs(inputs, _LABELS)
    given.require(*_LABELS)
    # Under 18 everybody gets the points of women: growth depends on the liver in both sexes.
    young = given.age(12, 120) < 18
    creatinine = given.number("creatinine_mg_dl", 0.1, 25, "mg/dL")
    return {
        "female": float(bool(given.flag("female")) or young),
        "bilirubin_mg_dl": max(given.number("bilirubin_mg_dl", 0.05, 80, "mg/dL"), 1.0),
        "inr": max(given.number("inr", 0.5, 25, ""), 1.0),
        "creatinine_mg_dl": 3.0 if given.flag("dialysis_2x_7d") else min(max(creatinine, 1.0), 3.0),
        "sodium_mmol_l": min(max(given.number("sodium_mmol_l", 90, 200, "mmol/L"), 125), 137),
        "albumin_g_dl": min(max(given.number("albumin_g_dl", 0.5, 8, "g/dL"), 1.5), 3.5),
    }


def _raw(values: Mapping[str, float]) -> float:
    """The sum before rounding."""
    bilirubin, inr, creatinine = (
        math.log(values[name]) for name in ("bilirubin_mg_dl", "inr", "creatinine_mg_dl")
    )
    sodium, albumin = 137 - values["sodium_mmol_l"], 3.5 - values["albumin_g_dl"]
    c = _COEFFICIENTS
    return (
        c["constant"]
        + c["female"] * values["female"]
        + c["ln_bilirubin"] * bilirubin
        + c["sodium"] * sodium
        + c["sodium_x_ln_bilirubin"] * sodium * bilirubin
        + c["ln_inr"] * inr
        + c["ln_creatinine"] * creatinine
        + c["albumin"] * albumin
        + c["albumin_x_ln_creatinine"] * albumin * creatinine
    )


def _score(raw: float) -> int:
    """Rounded, from 6 to 40."""
    return int(min(max(math.floor(raw + 0.5), _LOWEST), _HIGHEST))


def _estimate(result: ScoreResult) -> Estimate:
    return Estimate(name="MELD 3.0", value=result.results["meld3"], unit="points", horizon="90 days")

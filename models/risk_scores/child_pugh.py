"""Child-Pugh: severity of cirrhosis.

Source: Pugh RN et al., Br J Surg 1973;60:646-649, doi:10.1002/bjs.1800600817.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import ever_documented
from fhir_adapters.terminology.score_conditions import ASCITES, CIRRHOSIS, HEPATIC_ENCEPHALOPATHY
from models.contract import ClinicalSettings
from models.finding import Abstention, Estimate
from models.point_score import AdditiveScore, Answers, Choice, Found
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import Inputs, ScoreResult, stamped

_DAYS = 90
_GRADES = ((10, "C"), (7, "B"), (5, "A"))


@dataclass(frozen=True, slots=True)
class _Thirds:
    """1, 2 or 3 points below, within and above a range; the other way round where low is bad."""

    name: str
    label: str
    limits: tuple[float, float, str]
    within: tuple[float, float]
    low_is_bad: bool = False
    span: tuple[float, float] = (1, 3)

    def points(self, given: Inputs) -> float:
        value = given.number(self.name, *self.limits)
        points = 1 if value < self.within[0] else 3 if value > self.within[1] else 2
        return 4 - points if self.low_is_bad else points


# Bilirubin, mg/dL: the second point comes from 2 on.
_ONE_POINT_UP_TO = 1.9
_ITEMS = (
    _Thirds("bilirubin_mg_dl", "bilirubin", (0.05, 80, "mg/dL"), (2, 3)),
    _Thirds("albumin_g_dl", "albumin", (0.5, 8, "g/dL"), (2.8, 3.5), low_is_bad=True),
    _Thirds("inr", "INR", (0.5, 25, ""), (1.7, 2.3)),
    Choice("ascites", "ascites", (("none", 1), ("mild", 2), ("moderate-severe", 3))),
    Choice("encephalopathy", "encephalopathy", (("none", 1), ("grade1-2", 2), ("grade3-4", 3))),
)


@clinical_model
class ChildPugh(AdditiveScore):
    """Child-Pugh as a calculator, and of a chart with cirrhosis; it informs and makes no card."""

    name = "child_pugh.v1"
    calculator_name = "child_pugh"
    title = "Child-Pugh"
    result = "points"
    items = _ITEMS
    stamp = stamped("child_pugh.v1", "1", (_ITEMS, _GRADES))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(
                resource="Observation",
                analytes=("bilirubin_total", "albumin", "inr"),
                lookback_days=_DAYS,
            ),
        )
    )
    card = PublishedScore(
        authors="Pugh RN et al. (1973)",
        output="Points, 5 to 15, and class A, B or C.",
        output_type="A sum: 5 to 6 is A, 7 to 9 B, 10 to 15 C.",
        intended_use="To describe the severity of a known cirrhosis, for instance before a drug or surgery.",
        population="People with cirrhosis.",
        out_of_scope="No cirrhosis; primary biliary cholangitis, for which other limits of bilirubin hold.",
        known_risks="The degree of ascites and encephalopathy is a judgment that problem lists rarely hold; "
        "where one is listed without its degree there is no score. Albumin and INR change with drugs and "
        "illness.",
        derivation="38 patients with surgery for bleeding varices in London.",
        references="doi:10.1002/bjs.1800600817.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The sum and its class. Raises ScoreInputError as `points` does."""
        total = sum(self.points(inputs).values())
        return {self.result: total, "grade": next(grade for low, grade in _GRADES if total >= low)}

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The sum with its class."""
        grade = f"class {result.results['grade']}"
        return (Estimate(name=self.title, value=result.results[self.result], unit="points", band=grade),)

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Only with cirrhosis."""
        unknown = _chart.unknown_problems(self.stamp, record)
        if unknown is not None:
            return unknown
        if ever_documented(record, CIRRHOSIS) is None:
            return _chart.not_indicated(self.stamp, "no cirrhosis on the problem list")
        return None

    def answers(self, record: PatientRecord) -> Answers:
        """Values of 90 days; ascites and encephalopathy only when the problem list has none."""
        return {
            "bilirubin_mg_dl": _chart.value(record, "bilirubin_total", _DAYS, same_below=_ONE_POINT_UP_TO),
            "albumin_g_dl": _chart.value(record, "albumin", _DAYS),
            "inr": _chart.value(record, "inr", _DAYS),
            "ascites": _none_listed(_chart.problem(record, "Ascites", ASCITES)),
            "encephalopathy": _none_listed(
                _chart.problem(record, "Hepatic encephalopathy", HEPATIC_ENCEPHALOPATHY)
            ),
        }


def _none_listed(answer: Found | None) -> Found | None:
    return Found("none", answer.evidence) if answer is not None and not answer.value else None

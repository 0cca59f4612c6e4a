"""From which results on a score is worth a finding: the guidelines' thresholds, which a site may change.

A card states the threshold that it rests on, and the guideline's beside it where the site chose another.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final


def _threshold(default: float, low: float, high: float, guideline: str) -> Any:  # a field with its guideline
    return field(default=default, metadata={"range": (low, high), "guideline": guideline})


# Pairs of which the first must not exceed the second.
_ORDERED: Final = (
    ("prevent_intermediate", "prevent_high"),
    ("kfre_multidisciplinary_2y", "kfre_prepare_2y"),
    ("fib4_low", "fib4_low_from_65"),
    ("fib4_low_from_65", "fib4_high"),
    ("news2_urgent", "news2_emergency"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """[thresholds] of the settings file. Risks are shares of 1, pressures mm[Hg], scores points.

    Attributes:
        prevent_intermediate: 10-year risk (total and atherosclerotic) from which treatment is discussed.
        prevent_high: 10-year risk from which a statin is due up to 75 years, whatever else.
        prevent_systolic: Systolic pressure from which, at that risk, a drug is due.
        score2_systolic: The same where SCORE2 decides; its bands by age are those of the guideline.
        kfre_referral_5y: 5-year risk of kidney failure that calls for a nephrologist.
        kfre_multidisciplinary_2y, kfre_prepare_2y: 2-year risks above which care is stepped up.
        fib4_low, fib4_low_from_65: Indices below which fibrosis is ruled out, by age.
        fib4_high: Index above which advanced fibrosis is possible.
        stroke_vasc_men, stroke_vasc_women: CHA2DS2-VASc from which anticoagulation is recommended.
        stroke_va: The same of CHA2DS2-VA.
        has_bled_high: HAS-BLED from which what can be changed is named.
        news2_urgent, news2_emergency: NEWS2 that calls for an urgent review and an emergency response.
        curb65_severe: CURB-65 of a severe pneumonia.
        meld3_referral: MELD 3.0 from which evaluation for transplantation is recommended.
        khorana_offer: Khorana score from which prevention of thrombosis may be offered.
        lace_high, hospital_high: LACE and HOSPITAL score of a high risk of readmission, stated at discharge.
        phq9_positive, gad7_positive: Totals of the questionnaires that call for an interview.
    """

    prevent_intermediate: float = _threshold(0.075, 0.03, 0.3, "ACC/AHA 2018")
    prevent_high: float = _threshold(0.20, 0.05, 0.5, "ACC/AHA 2018")
    prevent_systolic: float = _threshold(130, 120, 160, "ACC/AHA 2017")
    score2_systolic: float = _threshold(140, 120, 160, "ESC 2021")
    kfre_referral_5y: float = _threshold(0.05, 0.01, 0.3, "KDIGO 2024")
    kfre_multidisciplinary_2y: float = _threshold(0.10, 0.02, 0.5, "KDIGO 2024")
    kfre_prepare_2y: float = _threshold(0.40, 0.05, 0.9, "KDIGO 2024")
    fib4_low: float = _threshold(1.30, 0.5, 3, "AGA 2021")
    fib4_low_from_65: float = _threshold(2.0, 0.5, 4, "McPherson 2017")
    fib4_high: float = _threshold(2.67, 1.5, 6, "AGA 2021")
    stroke_vasc_men: int = _threshold(2, 1, 9, "ACC/AHA/ACCP/HRS 2023")
    stroke_vasc_women: int = _threshold(3, 1, 9, "ACC/AHA/ACCP/HRS 2023")
    stroke_va: int = _threshold(2, 1, 8, "ESC 2024")
    has_bled_high: int = _threshold(3, 1, 9, "Pisters 2010")
    news2_urgent: int = _threshold(5, 3, 20, "RCP 2017")
    news2_emergency: int = _threshold(7, 5, 20, "RCP 2017")
    curb65_severe: int = _threshold(3, 2, 5, "Lim 2003")
    meld3_referral: int = _threshold(15, 7, 40, "AASLD 2013")
    khorana_offer: int = _threshold(2, 1, 6, "ASCO 2020")
    lace_high: int = _threshold(10, 5, 19, "van Walraven 2010")
    hospital_high: int = _threshold(7, 3, 13, "Donzé 2016")
    phq9_positive: int = _threshold(10, 5, 27, "USPSTF 2023")
    gad7_positive: int = _threshold(10, 5, 21, "USPSTF 2023")

    def faults(self) -> tuple[str, ...]:
        """Which thresholds contradict each other, each fault with the key of the lower one."""
        return tuple(
            f"{lower}: must not exceed {upper}"
            for lower, upper in _ORDERED
            if getattr(self, lower) > getattr(self, upper)
        )

    def stated(self, name: str, unit: str = "") -> str:
        """A threshold for people; where the site chose another than the guideline, both.

        Args:
            name: The attribute.
            unit: With its leading space (" points"); "%" for a share of 1.
        """
        own, of_guideline = getattr(self, name), getattr(PUBLISHED, name)
        if own == of_guideline:
            return _words(own, unit)
        guideline = _FIELDS[name].metadata["guideline"]
        return f"{_words(own, unit)} (this site; {guideline}: {_words(of_guideline, unit)})"


PUBLISHED: Final = Thresholds()
_FIELDS: Final = {each.name: each for each in fields(Thresholds)}


def _words(value: float, unit: str) -> str:
    return f"{100 * value:g}%" if unit == "%" else f"{value:g}{unit}"

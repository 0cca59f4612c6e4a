"""How the inputs of an estimate add up to it, what a missing one could change, and what would lower it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Unit = Literal["points", "percentage points", "index"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Contribution:
    """What one input adds to the estimate.

    Attributes:
        source: FHIR reference; "" for what has none.
        label, value: As a clinician reads them, the value with its unit ("Systolic pressure", "168 mmHg"). Of
            what stands in the finding's evidence too, source and label are those of the evidence.
        at: When it was measured or recorded; None when unknown.
        amount: In the explanation's unit; negative where the input lowers the estimate.
    """

    source: str
    label: str
    value: str
    at: datetime | None
    amount: float

    def __repr__(self) -> str:
        return f"Contribution({self.source})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingInput:
    """An input that the chart lacks, and between which estimates it could decide.

    Attributes:
        label: In the words of the finding's `missing`.
        low, high: The estimate, in the explanation's unit, at the most and least favorable plausible value.
        within: The plausible values with their unit ("2 to 300 mg/g"); "" where every value was tried.
    """

    label: str
    low: float
    high: float
    within: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Change:
    """The model's own answer if a modifiable input had another value; no promise of such an effect.

    Attributes:
        value, target: The input now and then, with units.
        estimate: In the explanation's unit.
    """

    label: str
    value: str
    target: str
    estimate: float

    def __repr__(self) -> str:
        return f"Change({self.label})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation:
    """An estimate taken apart: `start` and all contributions add up to it.

    Attributes:
        of: Name of the estimate.
        unit: "points" of a score, "percentage points" of a probability, "index" for a number without unit.
        start, start_words: What the contributions are added to, and what that is ("no points", "a person of
            this age and sex with favorable values").
        contributions: Largest first, by size; what adds nothing is left out.
        changes: The one that lowers the estimate most first.
    """

    of: str
    unit: Unit
    start: float
    start_words: str
    contributions: tuple[Contribution, ...]
    missing: tuple[MissingInput, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def total(self) -> float:
        """The estimate, in `unit`."""
        return self.start + sum(each.amount for each in self.contributions)

    def __repr__(self) -> str:
        return f"Explanation({self.of})"

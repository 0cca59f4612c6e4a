"""What an evaluation found, ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from models.evaluation.estimates import Estimate, Resampling

Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What alerts at one rate would bring.

    Attributes:
        wanted: The rate asked for; `rate` is the nearest that a threshold gives.
        threshold: There is an alert from this risk on.
        found: Share of outcomes alerted for (sensitivity).
        right: Share of alerts followed by the outcome (PPV).
    """

    wanted: float
    threshold: float
    rate: Estimate
    found: Estimate
    right: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How good the model or a rival is, on the rows where it and the model spoke.

    Attributes:
        measures: By name, see `measuring.WORDS`.
        model: The model's numbers on these very rows; empty for the model itself.
        difference: Model minus rival, on people drawn together; empty for the model itself.
        net_benefit: At the thresholds of the question, over all rows on which the model spoke; who abstains
            acts on nobody. Empty where the numbers are no probabilities.
    """

    name: str
    kind: Literal["model", "clinical score", "baseline"]
    is_probability: bool
    rows: int
    people: int
    events: int
    measures: Mapping[str, Estimate]
    model: Mapping[str, Estimate] = field(default_factory=dict)
    difference: Mapping[str, Estimate] = field(default_factory=dict)
    roc: Curve = ()
    net_benefit: tuple[Estimate, ...] = ()
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows of similar risk.

    Attributes:
        told: Mean risk.
        happened: Share with the outcome; by Kaplan-Meier at the horizon where there are times.
        curve: Years and share with the outcome until then; empty without times.
    """

    rows: int
    told: float
    happened: Estimate
    curve: Curve = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroup:
    """The model among some of the people.

    Attributes:
        by, label: "sex", "female"; the label is "" where it is not recorded.
        events: People with the outcome.
        measures: Empty where they are too few to say.
    """

    by: str
    label: str
    people: int
    events: int
    measures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredQuestion:
    """All that was found for one question.

    Attributes:
        rows, people: Of the question; the model may have spoken on fewer.
        events: Rows with the outcome (until the horizon).
        left_early: Rows whose observation ended before the horizon, without the outcome.
        share: With the outcome, among the rows where the model spoke; by Kaplan-Meier where there are times.
        told: The model first, then its rivals.
        groups: Tenths or fifths of the model's risk; empty where it tells no probability.
        quarters: Quarters of the model's risk with their event curves; empty without times.
        calibration_error: Mean distance of risk and share over the groups, by size.
    """

    name: str
    horizon_years: float | None
    rows: int
    people: int
    events: int
    left_early: int
    share: Estimate
    told: tuple[Told, ...]
    groups: tuple[Group, ...]
    quarters: tuple[Group, ...]
    calibration_error: float | None
    thresholds: tuple[float, ...]
    treat_all: tuple[float | None, ...]
    subgroups: tuple[Subgroup, ...]

    @property
    def model(self) -> Told:
        """The model's own numbers."""
        return self.told[0]

    @property
    def headline(self) -> str:
        """The measure named first: concordance where there are times, else AUROC."""
        return "auroc" if self.horizon_years is None else "concordance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All questions of one model on one data set; see `cases.Evaluation` for the names that both have.

    Attributes:
        fewest: A subgroup is measured from this many people with and without the outcome on.
        card: What is repeated of the model card.
    """

    model: str
    version: str
    digest: str
    data: str
    caution: str
    facts: tuple[tuple[str, str], ...]
    card: tuple[tuple[str, str], ...]
    measured: date
    resampling: Resampling
    fewest: int
    questions: tuple[MeasuredQuestion, ...]

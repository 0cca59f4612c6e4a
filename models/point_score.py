"""Additive scores: items with their points, computed by one path from bare inputs and from a chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from fhir_adapters.record import PatientRecord
from models.contract import ClinicalSettings
from models.explaining import explain_points
from models.explanation import Change, Explanation
from models.finding import Abstention, Assessment, Estimate, Evidence, Finding, ModelStamp
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute


class Item(Protocol):
    """One item of an additive score."""

    @property
    def name(self) -> str:
        """The input's name."""
        ...

    @property
    def label(self) -> str:
        """The input in clinical words."""
        ...

    @property
    def span(self) -> tuple[float, float]:
        """The fewest and the most points that the item can bring."""
        ...

    def points(self, given: Inputs) -> float:
        """The points of the input. Raises ScoreInputError when it is absent or impossible."""
        ...


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no; yes brings `weight` points."""

    name: str
    label: str
    weight: float = 1

    @property
    def span(self) -> tuple[float, float]:
        """The fewest and the most points."""
        return min(0, self.weight), max(0, self.weight)

    def points(self, given: Inputs) -> float:
        """The points of a 0 or 1."""
        return self.weight * given.flag(self.name)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several named answers, each with its points."""

    name: str
    label: str
    options: tuple[tuple[str, float], ...]

    @property
    def span(self) -> tuple[float, float]:
        """The fewest and the most points."""
        return min(points for _, points in self.options), max(points for _, points in self.options)

    def points(self, given: Inputs) -> float:
        """The points of the answer that is named."""
        options = dict(self.options)
        return options[given.choice(self.name, tuple(options))]


@dataclass(frozen=True, slots=True)
class Steps:
    """A number whose points change at cut-offs.

    Attributes:
        limits: Lowest and highest possible value and the unit.
        steps: (cut-off, points) ascending; the last cut-off that is reached counts.
        base: The points below the first cut-off.
        exceeds: True when a cut-off has to be exceeded, False when reaching it is enough.
    """

    name: str
    label: str
    limits: tuple[float, float, str]
    steps: tuple[tuple[float, float], ...]
    base: float = 0
    exceeds: bool = False

    @property
    def span(self) -> tuple[float, float]:
        """The fewest and the most points."""
        every = (self.base, *(points for _, points in self.steps))
        return min(every), max(every)

    def points(self, given: Inputs) -> float:
        """The points of the value."""
        value = given.number(self.name, *self.limits)
        return self.of(value)

    def of(self, value: float) -> float:
        """The points of a number that is known to be possible."""
        found = self.base
        for cut, points in self.steps:
            if value > cut or (value == cut and not self.exceeds):
                found = points
        return found


class Found(NamedTuple):
    """An input as the chart has it, and what says so."""

    value: Any
    evidence: Evidence


Answers = Mapping[str, Found | None]


class AdditiveScore:
    """A published score that is a sum of points; a subclass names its items and where a chart has them.

    A chart that lacks an item gets no score, but is told between which totals it lies. `further_labels`
    are the clinical words of inputs that an item reads beside its own; `modifiable` names the yes-or-no
    items that treatment or habit can change, with the words for "no".
    """

    name: str
    calculator_name: str
    stamp: ModelStamp
    title: str
    items: tuple[Item, ...]
    result: str = "score"
    further_labels: tuple[tuple[str, str], ...] = ()
    modifiable: tuple[tuple[str, str], ...] = ()

    def points(self, inputs: Mapping[str, Any]) -> dict[str, float]:
        """The points of each item.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        given = self._given(inputs)
        given.require(*(item.name for item in self.items))
        return {item.name: item.points(given) for item in self.items}

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The sum of the points. Raises ScoreInputError as `points` does."""
        return {self.result: sum(self.points(inputs).values())}

    def _given(self, inputs: Mapping[str, Any]) -> Inputs:
        return Inputs(inputs, {**{item.name: item.label for item in self.items}, **dict(self.further_labels)})

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Why the score's question does not arise for this chart; None when it does."""
        raise NotImplementedError

    def answers(self, record: PatientRecord) -> Answers:
        """Each item as the chart has it, None where it doesn't say."""
        raise NotImplementedError

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The inputs, or why the score is not computed: the question doesn't arise, or items are missing."""
        excluded = self.excluded(record)
        if excluded is not None:
            return excluded
        answers = self.answers(record)
        inputs = {name: found.value for name, found in answers.items() if found is not None}
        missing = tuple(item.label for item in self.items if item.name not in inputs)
        if missing:
            low, high = self.bounds(inputs)
            reason = f"needs {', '.join(missing)}; between {low:g} and {high:g} points by what is known"
            return abstain(self.stamp, "missing-input", reason, missing)
        evidence = {name: found.evidence for name, found in answers.items() if found is not None}
        return Gathered(inputs=inputs, evidence=evidence)

    def bounds(self, inputs: Mapping[str, Any]) -> tuple[float, float]:
        """The lowest and the highest total that inputs allow of which some may be absent.

        Raises:
            ScoreInputError: An input that is there is mistyped or impossible.
        """
        given = self._given(inputs)
        spans = [(item.points(given),) * 2 if given.has(item.name) else item.span for item in self.items]
        return sum(low for low, _ in spans), sum(high for _, high in spans)

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The score of the record, whether or not it is worth a finding."""
        return compute(self, record, settings)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding when the score changes what to do, else nothing; or why there is no score."""
        result = self.compute(record, settings)
        if isinstance(result, Abstention):
            return Assessment(abstentions=(result,))
        finding = self.finding(record, result, settings)
        return Assessment(findings=(finding,)) if finding else Assessment()

    def finding(
        self, record: PatientRecord, result: ScoreResult, settings: ClinicalSettings
    ) -> Finding | None:
        """What the score calls for on its own; None for a score that only informs."""
        return None

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The sum of the points."""
        return (Estimate(name=self.title, value=result.results[self.result], unit="points"),)

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The points of each item."""
        points = self.points(result.gathered.inputs)
        evidence = {name: self.deciding(name, result.gathered) for name in points}
        total = sum(points.values())
        return explain_points(
            self.title,
            points,
            evidence,
            fewest={item.name: max(0, item.span[0]) for item in self.items},
            changes=(
                Change(
                    label=evidence[name].label,
                    value=evidence[name].quantity,
                    target=target,
                    estimate=total - points[name],
                )
                for name, target in self.modifiable
                if points[name] > 0
            ),
        )

    def deciding(self, name: str, gathered: Gathered) -> Evidence:
        """What in the chart decides an item; a score whose item reads several inputs says which."""
        return gathered.evidence[name]

    def scored(self, result: ScoreResult) -> tuple[Evidence, ...]:
        """The evidence, of the items that bring most points first."""
        points = self.points(result.gathered.inputs)
        items = sorted(result.gathered.evidence.items(), key=lambda item: -points.get(item[0], 0))
        return tuple(evidence for _, evidence in items)

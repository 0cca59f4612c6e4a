"""What all published scores share: reading bare inputs strictly, and one path record -> inputs -> result."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from fhir_adapters.record import PatientRecord
from models.contract import ClinicalSettings, ScoreInputError
from models.explanation import Explanation
from models.finding import Abstention, AbstentionCause, Assessment, Estimate, Evidence, ModelStamp


class Inputs:
    """Bare inputs of a calculator, read strictly: what is absent, mistyped or impossible is refused.

    `labels` are the clinical words for the input names; they appear in reasons and in `missing`.
    JSON null counts as absent. A truth value is no number, and text is never parsed.
    """

    def __init__(self, values: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        self._values = values
        self._labels = labels

    def require(self, *names: str) -> None:
        """Refuses if any of the inputs is absent, naming all that are.

        Raises:
            ScoreInputError: missing-input.
        """
        missing = tuple(self._label(name) for name in names if not self.has(name))
        if missing:
            raise ScoreInputError("missing-input", f"needs {', '.join(missing)}", missing)

    def has(self, name: str) -> bool:
        """True when the input is present and not null."""
        return self._values.get(name) is not None

    def number(self, name: str, low: float, high: float, unit: str) -> float:
        """A finite number with low <= number <= high, in `unit`.

        Raises:
            ScoreInputError: missing-input, or out-of-range (also for NaN and anything but a number).
        """
        self.require(name)
        value = self._values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ScoreInputError("out-of-range", f"{self._label(name)} is not a number")
        # The comparison comes before float(): NaN fails it, and no huge integer reaches float().
        if not low <= value <= high:
            raise ScoreInputError(
                "out-of-range", f"{self._label(name)} is outside {low:g}-{high:g} {unit}".rstrip()
            )
        return float(value)

    def age(self, youngest: int, oldest: int) -> float:
        """Age in years, within the population that the score was published for.

        Raises:
            ScoreInputError: missing-input; out-of-range for an impossible age; outside-population.
        """
        years = self.number("age", 0, 120, "years")
        if not youngest <= years < oldest + 1:
            until = "or more" if oldest >= 120 else f"to {oldest}"
            raise ScoreInputError("outside-population", f"published for ages {youngest} {until}")
        return years

    def flag(self, name: str) -> int:
        """0 or 1, from 0, 1, true or false.

        Raises:
            ScoreInputError: missing-input, or out-of-range for anything else.
        """
        self.require(name)
        value = self._values[name]
        if not isinstance(value, bool | int | float) or value not in (0, 1):
            raise ScoreInputError("out-of-range", f"{self._label(name)} must be 0 or 1")
        return int(value)

    def choice(self, name: str, options: Sequence[str]) -> str:
        """One of the named answers.

        Raises:
            ScoreInputError: missing-input, or out-of-range for what is none of them.
        """
        self.require(name)
        value = self._values[name]
        if not isinstance(value, str) or value not in options:
            raise ScoreInputError("out-of-range", f"{self._label(name)} must be one of: {', '.join(options)}")
        return value

    def is_female(self) -> bool:
        """True for "female", false for "male".

        Raises:
            ScoreInputError: missing-input; outside-population for other and unknown sex, for which
                nothing was published; out-of-range for what is no administrative gender.
        """
        self.require("sex")
        value = self._values["sex"]
        if value in ("other", "unknown"):
            raise ScoreInputError("outside-population", "published for recorded sex female or male only")
        if value not in ("female", "male"):
            raise ScoreInputError("out-of-range", "sex must be 'female' or 'male'")
        return bool(value == "female")

    def _label(self, name: str) -> str:
        return self._labels.get(name, name)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Gathered:
    """A calculator's inputs as found in a record.

    Attributes:
        inputs: As the calculator takes them.
        evidence: Where each input came from, by input name.
        missing: Optional inputs that were not found, in clinical words.
    """

    inputs: Mapping[str, Any]
    evidence: Mapping[str, Evidence]
    missing: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Gathered({', '.join(self.evidence)})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ScoreResult:
    """A score computed from a record, whether or not it is worth a finding."""

    results: Mapping[str, Any]
    gathered: Gathered

    def __repr__(self) -> str:
        return f"ScoreResult({', '.join(self.results)})"


@runtime_checkable
class RecordScore(Protocol):
    """A published score that finds its own inputs in a record."""

    @property
    def name(self) -> str:
        """Registry name."""
        ...

    @property
    def stamp(self) -> ModelStamp:
        """Version and digest."""
        ...

    @property
    def calculator_name(self) -> str:
        """Name for `cuecard score`."""
        ...

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The calculator's inputs, or why the score doesn't apply to this record."""
        ...

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The published computation."""
        ...


@runtime_checkable
class ReportingScore(RecordScore, Protocol):
    """A score whose result for a record can be shown although it is worth no finding."""

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The numbers of a result, the main one first."""
        ...


@runtime_checkable
class ExplainedScore(ReportingScore, Protocol):
    """A score that says how the inputs of a result add up to its main number."""

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """Takes the first of `estimates` apart."""
        ...


@runtime_checkable
class ChosenScore(Protocol):
    """A score of a question that another score answers too: the site's settings choose between them."""

    def is_chosen(self, settings: ClinicalSettings) -> bool:
        """True when this one answers."""
        ...


def compute(
    score: RecordScore, record: PatientRecord, settings: ClinicalSettings
) -> ScoreResult | Abstention:
    """Computes a score from a record by the calculator's own path.

    Returns:
        The calculator's results with the inputs' sources, or why there are none.
    """
    gathered = score.from_record(record, settings)
    if isinstance(gathered, Abstention):
        return gathered
    try:
        results = score.calculate(dict(gathered.inputs))
    except ScoreInputError as error:
        return abstain(score.stamp, error.cause, error.reason, error.missing)
    return ScoreResult(results=results, gathered=gathered)


class InformingScore(ABC):
    """A published score that only informs: computed on request, and never a finding."""

    name: str
    calculator_name: str
    stamp: ModelStamp

    @abstractmethod
    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The calculator's inputs, or why the score doesn't apply to this record."""

    @abstractmethod
    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The published computation."""

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The result for the record, whatever it is."""
        return compute(self, record, settings)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Never a finding; why there is no result, if there is none."""
        result = self.compute(record, settings)
        return Assessment(abstentions=(result,)) if isinstance(result, Abstention) else Assessment()


def abstain(
    stamp: ModelStamp, cause: AbstentionCause, reason: str, missing: tuple[str, ...] = ()
) -> Abstention:
    """An abstention of the model with this stamp."""
    return Abstention(
        key=stamp.name.partition(".")[0], cause=cause, reason=reason, model=stamp, missing=missing
    )


def lacking(stamp: ModelStamp, *missing: str) -> Abstention:
    """An abstention for want of these inputs, given in clinical words."""
    return abstain(stamp, "missing-input", f"needs {', '.join(missing)}", missing)


def stamped(name: str, version: str, numbers: object) -> ModelStamp:
    """The stamp of a score; the digest is the SHA-256 of its table of numbers."""
    content = numbers if isinstance(numbers, bytes) else repr(numbers).encode()
    return ModelStamp(name=name, version=version, digest=hashlib.sha256(content).hexdigest())

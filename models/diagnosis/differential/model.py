"""The model of the differential: a sum for each condition, and its share of all of them.

A condition's score is a start plus what each known finding, the age and the sex add; the conditions' shares
are the softmax of their scores. All parts are on the scale of the log-odds against the average patient of the
training data, so what a finding adds is exact and can be read off a table.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.diagnosis.differential.catalogue import Catalogue, Disease, Item, catalogue
from models.weights import Manifest, WeightsError, load_manifest, verified

ARRAYS: Final = "model.safetensors"
TABLES: Final = "model.json"
WEIGHTS: Final = Path(__file__).resolve().parents[2] / "weights" / "differential"

Float = NDArray[np.float64]
Sex = Literal["female", "male", ""]
SEXES: Final[tuple[Sex, ...]] = ("female", "male")


_RARER: Final = float(np.log(0.1))


class UnknownFindingError(ValueError):
    """A finding has a key that the catalogue lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is known of a patient; a finding in neither set is unknown.

    Attributes:
        present, absent: Keys of the catalogue.
        age: In completed years; None when unknown.
        sex: "" when unknown or neither.
    """

    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    age: int | None = None
    sex: Sex = ""

    def completed(self, table: Catalogue) -> Findings:
        """With what the present ones imply; what is present is not absent, nor is a part of an absent whole.

        Raises:
            UnknownFindingError: A key is not in the catalogue.
        """
        unknown = sorted((self.present | self.absent) - set(table.by_key))
        if unknown:
            raise UnknownFindingError(f"there is no finding '{unknown[0]}'")
        present = frozenset(key for each in self.present for key in table.followed(each))
        absent = frozenset(
            key for key in self.absent - present if table.by_key[key].of not in self.absent - present
        )
        return replace(self, present=present, absent=absent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What one known finding adds to a condition's score, in log-odds; positive speaks for it."""

    label: str
    state: Literal["present", "absent", "known"]
    key: str
    log_odds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One condition of a differential.

    Attributes:
        probability: Its share among the conditions that the model knows.
        start: Log-odds before anything was known.
        weights: What each known thing adds, largest first by size; start and weights add up to the score.
    """

    disease: Disease
    probability: float
    start: float
    weights: tuple[Weight, ...]

    @property
    def reasons_for(self) -> tuple[Weight, ...]:
        """What speaks for it, strongest first."""
        return tuple(each for each in self.weights if each.log_odds > 0)

    @property
    def reasons_against(self) -> tuple[Weight, ...]:
        """What speaks against it, strongest first."""
        return tuple(each for each in self.weights if each.log_odds < 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differential:
    """Every condition, most probable first, and what was known."""

    candidates: tuple[Candidate, ...]
    findings: Findings

    def likely(self, most: int, least: float) -> tuple[Candidate, ...]:
        """The conditions worth naming: those not to be missed first, then the others, each by probability.

        Args:
            most: Conditions at most.
            least: Probability at least.
        """
        chosen = [each for each in self.candidates if each.probability >= least][:most]
        return tuple(sorted(chosen, key=lambda each: not each.disease.must_not_miss))


@dataclass(frozen=True)
class DifferentialModel:
    """The arrays of the model; rows are findings, columns are conditions, both by key.

    Attributes:
        start: Shape (conditions,).
        present, absent: What a finding adds when it is there, or denied; shape (findings, conditions).
        age: By band, `age_from` gives the first year of each; shape (bands, conditions).
        sex: Shape (2, conditions), female first.
        likelihood: How often a patient with the condition has the finding, smoothed; for questions only.
        known_from: Numbers of known findings from which on a band begins.
        scale: Calibration: scores are multiplied by it, by band.
    """

    findings: tuple[str, ...]
    diseases: tuple[str, ...]
    start: Float
    present: Float
    absent: Float
    age_from: tuple[int, ...]
    age: Float
    sex: Float
    likelihood: Float
    known_from: tuple[int, ...]
    scale: tuple[float, ...]

    def where_rare_is_rare(self) -> DifferentialModel:
        """The model for people who come with symptoms, of whom few have a rare condition.

        The training data have all conditions about equally often. A share learned there is moved to another
        frequency by the ratio of the two (Saerens M et al., Neural Comput 2002;14:21-41); the ratio is a
        round tenth, since how rare a condition is among those who come is known for no site.
        """
        table = catalogue().disease
        rarer = np.array([_RARER if table[key].rare else 0.0 for key in self.diseases])
        return replace(self, start=self.start + rarer)

    @cached_property
    def row(self) -> Mapping[str, int]:
        """Row of each finding."""
        return {key: number for number, key in enumerate(self.findings)}

    def rank(self, findings: Findings) -> Differential:
        """The differential of what is known.

        Raises:
            UnknownFindingError: A key is not in the catalogue.
        """
        table = catalogue()
        known = findings.completed(table)
        parts = list(self._parts(known, table))
        scale = self._scale(known)
        added = np.array([amounts for _, amounts in parts]).reshape(len(parts), len(self.diseases)) * scale
        start = self.start * scale
        shares = softmax(start + added.sum(axis=0))
        candidates = tuple(
            Candidate(
                disease=table.disease[self.diseases[column]],
                probability=float(shares[column]),
                start=float(start[column]),
                weights=_weights([weight for weight, _ in parts], added[:, column]),
            )
            for column in sorted(range(len(shares)), key=lambda column: (-shares[column], column))
        )
        return Differential(candidates=candidates, findings=known)

    def probabilities(self, findings: Findings) -> Float:
        """The share of each condition, in the order of `diseases`."""
        known = findings.completed(catalogue())
        total = self.start + sum((amounts for _, amounts in self._parts(known, catalogue())), np.zeros(1))
        return softmax(total * self._scale(known))

    def _scale(self, known: Findings) -> float:
        return self.scale[bisect_right(self.known_from, len(known.present) + len(known.absent)) - 1]

    def _parts(self, known: Findings, table: Catalogue) -> Iterable[tuple[tuple[str, str, str], Float]]:
        for key in sorted(known.present):
            yield ("present", key, table.by_key[key].label), self.present[self.row[key]]
        for key in sorted(known.absent):
            yield ("absent", key, table.by_key[key].label), self.absent[self.row[key]]
        if known.age is not None:
            band = max(0, bisect_right(self.age_from, known.age) - 1)
            yield ("known", "age", f"age {known.age}"), self.age[band]
        if known.sex:
            yield ("known", "sex", f"{known.sex} sex"), self.sex[SEXES.index(known.sex)]


def _weights(named: list[tuple[str, str, str]], amounts: Float) -> tuple[Weight, ...]:
    weights = [
        Weight(label=label, state=state, key=key, log_odds=float(amount))  # type: ignore[arg-type]
        for (state, key, label), amount in zip(named, amounts, strict=True)
    ]
    return tuple(sorted(weights, key=lambda each: (-abs(each.log_odds), each.key)))


def softmax(scores: Float) -> Float:
    """Shares along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Float = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def items_of(model: DifferentialModel) -> tuple[Item, ...]:
    """The findings of a model, in the order of its rows."""
    return tuple(catalogue().by_key[key] for key in model.findings)


_TABLES: Final = ("findings", "diseases", "age_from", "known_from", "scale")
_NAMES: Final = ("start", "present", "absent", "age", "sex", "likelihood")


def to_files(model: DifferentialModel) -> dict[str, bytes]:
    """The files of a weights folder, by file name; single precision is enough."""
    arrays = {name: np.ascontiguousarray(getattr(model, name), np.float32) for name in _NAMES}
    tables = {name: list(getattr(model, name)) for name in _TABLES}
    return {ARRAYS: save(arrays), TABLES: (json.dumps(tables, ensure_ascii=False) + "\n").encode()}


def from_folder(folder: Path, manifest: Manifest) -> DifferentialModel:
    """The model of a weights folder, verified.

    Raises:
        WeightsError: A file is not the one that the manifest names, or it does not fit the catalogue.
    """
    try:
        arrays = load(verified(folder, manifest, ARRAYS))
        tables: Mapping[str, Any] = json.loads(verified(folder, manifest, TABLES))
        parts: dict[str, Any] = {name: np.asarray(arrays[name], np.float64) for name in _NAMES}
        parts.update({name: tuple(tables[name]) for name in _TABLES})
        model = DifferentialModel(**parts)
        _check(model)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{TABLES}: does not fit {ARRAYS} ({type(error).__name__})") from None
    return model


def _check(model: DifferentialModel) -> None:
    table = catalogue()
    if set(model.findings) != set(table.by_key) or set(model.diseases) != set(table.disease):
        raise ValueError("findings or conditions are not those of the catalogue")
    columns = len(model.diseases)
    shapes = {
        "start": (columns,),
        "age": (len(model.age_from), columns),
        "sex": (len(SEXES), columns),
        **dict.fromkeys(("present", "absent", "likelihood"), (len(model.findings), columns)),
    }
    if any(getattr(model, name).shape != shape for name, shape in shapes.items()):
        raise ValueError("an array has another shape")
    if len(model.scale) != len(model.known_from) or model.known_from[:1] != (0,):
        raise ValueError("the calibration has a gap")


@cache
def shipped_model() -> DifferentialModel:
    """The model that comes with the program, read once a process.

    Raises:
        WeightsError: It can't be used.
    """
    return from_folder(WEIGHTS, load_manifest(WEIGHTS))

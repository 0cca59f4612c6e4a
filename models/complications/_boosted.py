"""A risk as a sum over the leaves of boosted trees, in numpy alone, with exact Shapley values.

A leaf is a box: it holds a patient when each feature on the way to it lies within two of the feature's cuts,
or is not known where the tree sends such patients there. So a prediction walks no tree: each feature's value
rules boxes out, and bits kept for each place between two cuts do it for many boxes at once, much as in
Lucchese C et al., SIGIR 2015, doi:10.1145/2766462.2767733.

What each feature adds are the path-dependent Shapley values of Lundberg SM et al., Nat Mach Intell 2020;2:56,
doi:10.1038/s42256-019-0138-9: a feature that is set aside goes either way of a split, by the share of
training hours that went there. The weights of its subsets are Beta integrals, so that one product over a box,
integrated by Gauss and Legendre's rule (exact for a polynomial), stands for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.weights import Manifest, WeightsError, verified

# The place of a value that is not known; a feature has fewer cuts than this.
UNKNOWN = 255

Float = NDArray[np.float64]
Bytes = NDArray[np.uint8]

# Rows that are worked on at a time; the bits of all boxes for so many stay in the processor's cache.
_AT_ONCE = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The sides of all boxes, box after box; arrays of shape (sides,).

    Attributes:
        begins: Shape (boxes,), the first side of each box; ascending, every box has one.
        feature: Index of the feature.
        low, high: First and last place between the feature's cuts that lies within.
        unknown: Whether a value that is not known lies within.
        share: Of the training hours that reach the splits on this feature, those that go towards the box.
    """

    begins: NDArray[np.int32]
    feature: Bytes
    low: Bytes
    high: Bytes
    unknown: NDArray[np.bool_]
    share: Float

    def check(self, features: int, boxes: int) -> None:
        """Raises ValueError where the arrays do not fit together."""
        sides = len(self.feature)
        if len({len(each) for each in (self.feature, self.low, self.high, self.unknown, self.share)}) > 1:
            raise ValueError("the sides of the boxes have different numbers")
        if len(self.begins) != boxes or self.begins[0] != 0 or (np.diff([*self.begins, sides]) < 1).any():
            raise ValueError("a box has no side")
        if self.feature.max() >= features or not ((self.share > 0) & (self.share <= 1)).all():
            raise ValueError("a side is of no feature, or nobody reached it")


@dataclass(frozen=True, slots=True)
class _Group:
    """The boxes that have equally many sides, which lie together in `_sorted`.

    Attributes:
        begin, end: Where their sides lie.
        values: Shape (boxes,).
        share: Shape (sides of a box, boxes).
        rule: Nodes and weights of Gauss and Legendre from 0 to 1, exact for the product over the other sides.
    """

    begin: int
    end: int
    values: Float
    share: Float
    rule: tuple[Float, Float]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoostedModel:
    """Boxes and what they add to a log-odds.

    Attributes:
        features: Names.
        cuts: Of each feature, ascending; a value equal to a cut lies below it.
        values: Shape (boxes,), what a box adds for somebody within it.
        offset: What is added for everybody.
    """

    features: tuple[str, ...]
    cuts: tuple[Float, ...]
    sides: Sides
    values: Float
    offset: float
    intercept: float = field(init=False)
    _sorted: Sides = field(init=False, repr=False, compare=False)
    _groups: tuple[_Group, ...] = field(init=False, repr=False, compare=False)
    _left: tuple[Bytes, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.sides.check(len(self.features), len(self.values))
        reached = np.multiply.reduceat(self.sides.share, self.sides.begins)
        # The mean over the training hours, tree by tree.
        object.__setattr__(self, "intercept", self.offset + float(self.values @ reached))
        for name, each in zip(("_sorted", "_groups"), self._sort(), strict=True):
            object.__setattr__(self, name, each)
        object.__setattr__(self, "_left", tuple(self._bits()))

    def total(self, columns: Mapping[str, Float]) -> Float:
        """The log-odds for many rows: one array of shape (rows,) a feature, NaN where not known."""
        places = self._places(columns)
        totals = np.empty(places.shape[1])
        for begin in range(0, len(totals), _AT_ONCE):
            some = places[:, begin : begin + _AT_ONCE]
            bits = np.full((some.shape[1], self._left[0].shape[1]), 255, np.uint8)
            for left, row in zip(self._left, some, strict=True):
                # Of a feature's rows the last is that of a value that is not known.
                bits &= left[np.minimum(row, len(left) - 1)]
            inside = np.unpackbits(bits, axis=1, count=len(self.values))
            totals[begin : begin + _AT_ONCE] = self.offset + inside @ self.values
        return totals

    def of(self, values: Mapping[str, float]) -> float:
        """The log-odds for one person; NaN where not known."""
        return float(self.total({name: np.array([values[name]]) for name in self.features})[0])

    def contributions(self, values: Mapping[str, float]) -> dict[str, float]:
        """What each feature adds for one person; with the intercept they add up to the total."""
        sides = self._sorted
        at = self._places({name: np.array([values[name]]) for name in self.features})[sides.feature, 0]
        known = (at >= sides.low) & (at <= sides.high)
        away = np.where(at == UNKNOWN, sides.unknown, known) - sides.share
        found = np.zeros(len(away))
        for group in self._groups:
            off = away[group.begin : group.end].reshape(group.share.shape)
            summed = found[group.begin : group.end].reshape(group.share.shape)
            for node, weight in zip(*group.rule, strict=True):
                factors = node * off
                factors += group.share
                summed += np.divide(weight * factors.prod(axis=0), factors, out=factors)
            summed *= group.values
        found *= away
        added = np.bincount(sides.feature, found, len(self.features))
        return dict(zip(self.features, added.tolist(), strict=True))

    def recalibrated(self, shift: float, scale: float) -> BoostedModel:
        """A model whose totals are shift + scale * these."""
        return BoostedModel(
            features=self.features,
            cuts=self.cuts,
            sides=self.sides,
            values=scale * self.values,
            offset=shift + scale * self.offset,
        )

    def _places(self, columns: Mapping[str, Float]) -> Bytes:
        """Between which cuts each value lies; shape (features, rows)."""
        values = np.stack([columns[name] for name in self.features])
        places = np.empty(values.shape, np.uint8)
        for row, cuts, own in zip(places, self.cuts, values, strict=True):
            row[:] = cuts.searchsorted(own, side="left")
        places[np.isnan(values)] = UNKNOWN
        return places

    def _boxes(self) -> NDArray[np.int64]:
        """To which box each side belongs."""
        sides = np.diff(self.sides.begins, append=len(self.sides.feature))
        return np.repeat(np.arange(len(self.values)), sides)

    def _sort(self) -> tuple[Sides, tuple[_Group, ...]]:
        """The sides of boxes with equally many together, all first sides of a group before all second ones.

        Their `begins` are still those of the other order.
        """
        sides = np.diff(self.sides.begins, append=len(self.sides.feature))
        order: list[NDArray[np.int64]] = []
        groups: list[_Group] = []
        end = 0
        for number in np.unique(sides):
            boxes = np.flatnonzero(sides == number)
            own = self.sides.begins[boxes].astype(np.int64) + np.arange(int(number))[:, None]
            nodes, weights = np.polynomial.legendre.leggauss((int(number) + 1) // 2)
            begin, end = end, end + own.size
            rule = ((nodes + 1) / 2, weights / 2)
            groups.append(_Group(begin, end, self.values[boxes], self.sides.share[own], rule))
            order.append(own.ravel())
        parts = ("feature", "low", "high", "unknown", "share")
        joined = np.concatenate(order)
        return replace(self.sides, **{part: getattr(self.sides, part)[joined] for part in parts}), tuple(
            groups
        )

    def _bits(self) -> Iterator[Bytes]:
        """Of each feature the boxes that it leaves, for each place of its value, the unknown one last.

        Eight boxes to a byte, shape (places, bytes).
        """
        boxes = self._boxes()
        for number, cuts in enumerate(self.cuts):
            own = np.flatnonzero(self.sides.feature == number)
            places = np.arange(len(cuts) + 1)[:, None]
            left = np.ones((len(cuts) + 2, len(self.values)), np.bool_)
            left[:-1, boxes[own]] = (places >= self.sides.low[own]) & (places <= self.sides.high[own])
            left[-1, boxes[own]] = self.sides.unknown[own]
            yield np.packbits(left, axis=1)


def to_files(models: Mapping[str, BoostedModel], stem: str = "model") -> dict[str, bytes]:
    """The two files of a weights folder that hold the models, by name: STEM.safetensors and STEM.json."""
    arrays: dict[str, NDArray[Any]] = {}
    forms = {}
    for name, model in models.items():
        forms[name] = {"offset": model.offset, "features": list(model.features)}
        arrays[f"{name}.values"] = model.values.astype(np.float32)
        arrays[f"{name}.cuts"] = np.concatenate(model.cuts)
        arrays[f"{name}.cuts.number"] = np.array([len(each) for each in model.cuts], np.int32)
        for part in _AS_THEY_ARE:
            arrays[f"{name}.{part}"] = getattr(model.sides, part)
        sides = np.diff(model.sides.begins, append=len(model.sides.feature))
        arrays[f"{name}.sides"] = sides.astype(np.uint8)
        # Explanations need no more than three digits of it.
        share = np.maximum(model.sides.share, _SMALLEST)
        arrays[f"{name}.share"] = share.astype(np.float16)
    form = (json.dumps(forms, indent=1) + "\n").encode()
    return {f"{stem}.safetensors": save(arrays), f"{stem}.json": form}


_AS_THEY_ARE = ("feature", "low", "high", "unknown")
# Of numbers with three digits in two bytes.
_SMALLEST = float(np.finfo(np.float16).tiny)


def from_folder(folder: Path, manifest: Manifest, stem: str = "model") -> dict[str, BoostedModel]:
    """The models of a weights folder, verified.

    Raises:
        WeightsError: A file is not the one that the manifest names, or the files do not fit together.
    """
    try:
        arrays = load(verified(folder, manifest, f"{stem}.safetensors"))
        forms = json.loads(verified(folder, manifest, f"{stem}.json"))
        return {name: _model(name, form, arrays) for name, form in forms.items()}
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise WeightsError(f"{stem}.json: does not fit its arrays ({type(error).__name__})") from None


def _model(name: str, form: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> BoostedModel:
    ends = np.cumsum(arrays[f"{name}.sides"], dtype=np.int32)
    numbers = arrays[f"{name}.cuts.number"]
    if len(numbers) != len(form["features"]) or numbers.sum() != len(arrays[f"{name}.cuts"]):
        raise ValueError("the cuts are of other features")
    return BoostedModel(
        features=tuple(form["features"]),
        cuts=tuple(np.split(arrays[f"{name}.cuts"], np.cumsum(numbers)[:-1])),
        sides=Sides(
            begins=np.concatenate(([0], ends[:-1]), dtype=np.int32),
            share=arrays[f"{name}.share"].astype(np.float64),
            **{part: arrays[f"{name}.{part}"] for part in _AS_THEY_ARE},
        ),
        values=arrays[f"{name}.values"].astype(np.float64),
        offset=float(form["offset"]),
    )

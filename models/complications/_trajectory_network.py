"""What the trajectory network says of a history, in numpy: the rate of each event, and probabilities from it.

The same sums as `models/training/complications/trajectory/network.py`, for one place: now. Arrays come from
safetensors, the names of events and the network's shape from JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from models.weights import Manifest, WeightsError, verified

ARRAYS = "model.safetensors"
TABLES = "model.json"

PADDING, NO_EVENT, FEMALE, MALE = 0, 1, 2, 3
# Sex, body mass index, smoking and alcohol: told to the network, never predicted.
TRAITS = tuple(range(FEMALE, 13))
FIRST_DISEASE = 13
DAYS_PER_YEAR = 365.25
OLDEST_YEARS = 90
DEATH = "Death"

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Event:
    """One event that the network knows.

    Attributes:
        code: Three characters of ICD-10; "" for what is no disease.
        name: In words.
        seen: How often the people it was trained on had it.
    """

    code: str
    name: str
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A history as the network reads it: event numbers and ages in days, in order of age."""

    events: NDArray[np.int64]
    ages: Float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryNetwork:
    """The network.

    Attributes:
        layers, heads, context: Its shape, and how many places it reads.
        no_event_years: In training, one "no event" stood for so many years without an event.
        once: Whether an event that was told has no rate any more.
        events: By event number.
        arrays: By name, float32.
    """

    layers: int
    heads: int
    context: int
    no_event_years: float
    once: bool
    events: tuple[Event, ...]
    arrays: Mapping[str, Float]

    @property
    def parameters(self) -> int:
        """How many numbers it holds."""
        return sum(each.size for each in self.arrays.values())

    @property
    def death(self) -> int:
        """The event that ends a life. Raises ValueError when there is none."""
        return [event.name for event in self.events].index(DEATH)

    def log_rates(self, rows: Sequence[Row]) -> Float:
        """Log of events per day at the last place of each row, (rows, events)."""
        longest = max(len(row.events) for row in rows)
        events = np.full((len(rows), longest), PADDING)
        ages = np.zeros((len(rows), longest), np.float32)
        for number, row in enumerate(rows):
            events[number, longest - len(row.events) :] = row.events
            ages[number, longest - len(row.ages) :] = row.ages
        rates = np.zeros((len(rows), len(self.events)), np.float32)
        if self.layers:
            rates += self._learned(events, ages)
        if "curves" in self.arrays:
            rates += self._at_age_and_sex(events, ages[:, -1])
        if self.once:
            rates[np.nonzero(events > NO_EVENT)[0], events[events > NO_EVENT]] = -np.inf
        return rates

    def _learned(self, events: NDArray[np.int64], ages: Float) -> Float:
        embedding = self.arrays["embedding.weight"]
        width = embedding.shape[1]
        pace = np.exp(np.arange(0, width, 2) * (-math.log(10000.0) / width)) / DAYS_PER_YEAR
        turns = ages[..., None] * pace.astype(np.float32)
        encoded: Float = np.stack((np.sin(turns), np.cos(turns)), -1).reshape(*ages.shape, width)
        hidden: Float = embedding[events] + encoded @ self.arrays["age.weight"].T
        places = np.arange(events.shape[1])
        sees = (places[:, None] >= places) & (events != PADDING)[:, None, :] | np.eye(len(places), dtype=bool)
        for layer in range(self.layers):
            hidden = self._block(layer, hidden, sees, last=layer == self.layers - 1)
        rates: Float = _normed(hidden[:, -1], self.arrays["norm.weight"]) @ embedding.T
        return rates

    def _block(self, layer: int, hidden: Float, sees: NDArray[np.bool_], *, last: bool) -> Float:
        names = ("norm_1", "qkv", "out", "norm_2", "up", "down")
        norm_1, qkv, out, norm_2, up, down = (self.arrays[f"blocks.{layer}.{each}.weight"] for each in names)
        rows, places, width = hidden.shape
        shape = (rows, places, 3, self.heads, width // self.heads)
        query, key, value = (_normed(hidden, norm_1) @ qkv.T).reshape(shape).transpose(2, 0, 3, 1, 4)
        if last:  # of the last layer only the last place is read
            query, sees, hidden = query[:, :, -1:], sees[:, -1:], hidden[:, -1:]
        scores = query @ key.swapaxes(-1, -2) / np.float32(math.sqrt(shape[-1]))
        scores = np.where(sees[:, None], scores, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (weights / weights.sum(-1, keepdims=True)) @ value
        hidden = hidden + mixed.swapaxes(1, 2).reshape(hidden.shape) @ out.T
        after: Float = hidden + _gelu(_normed(hidden, norm_2) @ up.T) @ down.T
        return after

    def _at_age_and_sex(self, events: NDArray[np.int64], ages: Float) -> Float:
        curves = self.arrays["curves"]
        female, male = ((events == sex).any(1) for sex in (FEMALE, MALE))
        share = 0.5 + 0.5 * (male.astype(np.float32) - female)
        knots = curves.shape[1]
        place = np.clip(ages / (OLDEST_YEARS * DAYS_PER_YEAR), 0, 1) * (knots - 1)
        hats = np.clip(1 - np.abs(place[:, None] - np.arange(knots)), 0, None)
        by_sex = np.stack((1 - share, share), -1)[:, :, None] * hats[:, None, :]
        rates: Float = (by_sex.reshape(len(ages), -1) @ curves.reshape(2 * knots, -1)).astype(np.float32)
        return rates


def _normed(hidden: Float, weight: Float) -> Float:
    centred = hidden - hidden.mean(-1, keepdims=True)
    scale = np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(1e-5))
    normed: Float = centred / scale * weight
    return normed


def _gelu(values: Float) -> Float:
    inner = np.float32(math.sqrt(2 / math.pi)) * (values + np.float32(0.044715) * values * values * values)
    activated: Float = np.float32(0.5) * values * (1 + np.tanh(inner))
    return activated


def network_from(folder: Path, manifest: Manifest) -> TrajectoryNetwork:
    """The network of a weights folder, verified.

    Raises:
        WeightsError: A file is not the one that the manifest names, or the files do not fit together.
    """
    try:
        arrays = load(verified(folder, manifest, ARRAYS))
        table = json.loads(verified(folder, manifest, TABLES))
        network = TrajectoryNetwork(
            **{name: table[name] for name in ("layers", "heads", "context", "no_event_years", "once")},
            events=tuple(Event(**each) for each in table["events"]),
            arrays={name: each.astype(np.float32) for name, each in arrays.items()},
        )
        _check(network)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise WeightsError(f"{TABLES}: does not fit {ARRAYS} ({type(error).__name__})") from None
    return network


def _check(network: TrajectoryNetwork) -> None:
    if not all(np.isfinite(each).all() for each in network.arrays.values()):
        raise ValueError("an array has what is no number")
    if not FIRST_DISEASE <= network.death < len(network.events):
        raise ValueError("death is no event")
    alone = Row(events=np.array([FEMALE, NO_EVENT]), ages=np.array([0, 20000], np.float32))
    if network.log_rates([alone]).shape != (1, len(network.events)):
        raise ValueError("the network gives another number of rates than there are events")


def to_table(network: TrajectoryNetwork) -> dict[str, Any]:
    """What `network_from` reads beside the arrays."""
    return {
        "layers": network.layers,
        "heads": network.heads,
        "context": network.context,
        "no_event_years": network.no_event_years,
        "once": network.once,
        "events": [{"code": each.code, "name": each.name, "seen": each.seen} for each in network.events],
    }

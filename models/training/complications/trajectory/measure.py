"""What a network is measured by: losses of the next event, and how well it tells people of one age apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np
import torch
from numpy.typing import NDArray

from models.complications._trajectory_forecast import log_rates, risks
from models.complications._trajectory_network import FIRST_DISEASE, TrajectoryNetwork
from models.training.complications.trajectory.batches import Cutting, reading_batches
from models.training.complications.trajectory.export import trainable
from models.training.complications.trajectory.histories import History
from models.training.complications.trajectory.landmarks import Landmarks, adjusted_auc, draws
from models.training.complications.trajectory.network import Network, losses
from models.training.loop import device

FEWEST_CASES = 50
DRAWS = 200
_READING_SIZE = 128
_SEED = 13

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Figures of one network; intervals are (estimate, low, high), 95%, over draws of people.

    Attributes:
        which, how_long, total: Loss in nats per event.
        auc_mean, auc_median: Over the diseases of `aucs`.
        aucs: By event number, for diseases with `FEWEST_CASES` or more.
        milliseconds: Processor time for one person's risks within 1 to 5 years.
    """

    parameters: int
    which: tuple[float, float, float]
    how_long: tuple[float, float, float]
    total: tuple[float, float, float]
    auc_mean: tuple[float, float, float]
    auc_median: tuple[float, float, float]
    aucs: dict[int, float]
    milliseconds: float


def measure(network: TrajectoryNetwork, people: Sequence[History], marks: Landmarks) -> Measured:
    """All figures of a network.

    Args:
        people: Whose next events are told.
        marks: The same people at the landmark ages.
    """
    which, how_long, total = loss_intervals(network, people)
    aucs = auc_draws(network, marks)
    table = np.array(list(aucs.values()))
    return Measured(
        parameters=network.parameters,
        which=which,
        how_long=how_long,
        total=total,
        auc_mean=interval(np.nanmean(table, 0)),
        auc_median=interval(np.nanmedian(table, 0)),
        aucs={event: float(values[0]) for event, values in aucs.items()},
        milliseconds=milliseconds(network, marks),
    )


def interval(values: Float) -> tuple[float, float, float]:
    """The first value, and between which the middle 95% of the others lie."""
    low, high = np.percentile(values[1:], (2.5, 97.5))
    return float(values[0]), float(low), float(high)


def auc_draws(network: TrajectoryNetwork, marks: Landmarks) -> dict[int, Float]:
    """The AUC among people of one age and sex by event number: of everybody, then of each draw of people."""
    cases = (marks.within & ~marks.before).sum(0)
    scores = log_rates(network, marks.told)[0].astype(np.float64)
    weights = draws(marks.people, DRAWS, _SEED)
    return {
        event: adjusted_auc(scores[:, event], marks, event, weights)
        for event in range(FIRST_DISEASE, len(network.events))
        if cases[event] >= FEWEST_CASES
    }


def next_event_losses(
    network: Network, people: Sequence[History], cutting: Cutting
) -> tuple[Float, NDArray[np.int64]]:
    """Sums of the losses of each person's next diseases ("which event", "how long"), and their number."""
    network.to(device()).eval()
    sums, counts = [], []
    with torch.inference_mode():
        for batch in reading_batches(people, cutting, _READING_SIZE):
            each, counted = losses(network, batch.to(device()), diseases_only=True)
            rows = counted.nonzero()[:, 0]
            summed = torch.zeros(len(counted), 2, device=each.device).index_add(0, rows, each)
            sums.append(summed.cpu().double().numpy())
            counts.append(counted.sum(1).cpu().numpy())
    return np.concatenate(sums), np.concatenate(counts)


def loss_intervals(
    network: TrajectoryNetwork, people: Sequence[History]
) -> tuple[tuple[float, float, float], ...]:
    """Losses in nats per event, each with its interval: which event, how long, and their sum."""
    cutting = Cutting(context=network.context, no_event_years=network.no_event_years)
    sums, counts = next_event_losses(trainable(network), people, cutting)
    weights = draws(np.arange(len(people)), DRAWS, _SEED)
    means = (weights.T @ sums) / (weights.T @ counts)[:, None]
    return tuple(interval(each) for each in (means[:, 0], means[:, 1], means.sum(1)))


def milliseconds(network: TrajectoryNetwork, marks: Landmarks) -> float:
    """Processor time of one person's risks, the median over some of the people."""
    some = marks.told[:: max(1, len(marks.told) // 50)][:50]
    taken = []
    for told in some:
        begun = process_time()
        risks(network, [told], 5)
        taken.append(process_time() - begun)
    return float(np.median(taken)) * 1000

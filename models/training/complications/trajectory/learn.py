"""One training run: the network of a recipe on the histories of a file, the best epoch kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import NamedTuple

import torch
from torch import nn

from models.training.complications.trajectory.batches import Batch, Cutting, training_batches
from models.training.complications.trajectory.histories import History
from models.training.complications.trajectory.incidence import count_curves
from models.training.complications.trajectory.measure import next_event_losses
from models.training.complications.trajectory.network import Network, Shape, losses
from models.training.loop import Progress, Schedule, device, train


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How long and how fast.

    Attributes:
        epoch_steps: Steps between two looks at the development set.
        patience: Epochs without a better development loss before it stops; 0 never stops early.
        average: Decay of the running average of the weights that is judged and kept; 0 has none.
    """

    steps: int
    batch: int
    learning_rate: float
    warm_up: float = 0.1
    weight_decay: float = 0.2
    second_beta: float = 0.99
    epoch_steps: int = 250
    patience: int = 0
    average: float = 0.0
    epsilon: float = 1e-8
    cosine: bool = False
    last: float = 0.0
    kept: tuple[str, ...] = ()


class Learned(NamedTuple):
    """What a run came to.

    Attributes:
        loss: On the development set, in nats per event.
        seconds: Processor time of all its epochs, however often it was interrupted.
    """

    network: Network
    loss: float
    seconds: float


def learn(
    shape: Shape,
    cutting: Cutting,
    learning: Learning,
    people: Sequence[History],
    held_out: Sequence[History],
    *,
    seed: int,
    state: Path,
    progress: Progress,
) -> Learned:
    """Trains until the steps are done or the development loss rises; the best network counts."""
    torch.manual_seed(seed)
    network = Network(shape)
    count_curves(network, people, cutting.no_event_years)
    run = _Run(network, learning)
    best_path = state.with_name(f"{state.stem}.best.pt")
    best_path.parent.mkdir(parents=True, exist_ok=True)

    def after_epoch(epoch: int) -> bool:
        sums, counts = next_event_losses(run.judged, held_out, cutting)
        which, how_long = sums.sum(0) / counts.sum()
        progress.scores({"which event": which, "how long": how_long})
        best = run.look(epoch, which + how_long)
        if best == epoch:
            torch.save(run.judged.state_dict(), best_path)
        return bool(learning.patience) and epoch - best >= learning.patience

    def step(batch: Batch) -> torch.Tensor:
        each, _ = losses(network, batch)
        return each.sum() / len(each)

    train(
        run,
        lambda epoch: training_batches(
            people, cutting, learning.batch, learning.epoch_steps, seed * 1000 + epoch
        ),
        step,
        _schedule(learning),
        seed=seed,
        state=state,
        progress=progress,
        stage="trajectory",
        after_step=run.follow,
        after_epoch=after_epoch,
    )
    network.load_state_dict(torch.load(best_path, map_location=device(), weights_only=True))
    return Learned(network, float(run.looks.min()), float(run.seconds.sum()))


def _schedule(learning: Learning) -> Schedule:
    return Schedule(
        epochs=learning.steps // learning.epoch_steps,
        learning_rate=learning.learning_rate,
        warm_up=learning.warm_up,
        weight_decay=learning.weight_decay,
        second_beta=learning.second_beta,
        epsilon=learning.epsilon,
        cosine=learning.cosine,
        last=learning.last,
        kept=learning.kept,
    )


class _Run(nn.Module):
    """The network, its running average, development losses and times: all that a resumed run needs."""

    looks: torch.Tensor
    seconds: torch.Tensor

    def __init__(self, network: Network, learning: Learning) -> None:
        super().__init__()
        self.network, self.decay = network, learning.average
        self.average = deepcopy(network).requires_grad_(False)
        epochs = learning.steps // learning.epoch_steps
        self.register_buffer("looks", torch.full((epochs,), math.inf))
        self.register_buffer("seconds", torch.zeros(epochs))
        self.register_buffer("steps", torch.zeros(1))
        self._since = process_time()

    @property
    def judged(self) -> Network:
        """The network that is measured and kept."""
        return self.average if self.decay else self.network

    def look(self, epoch: int, loss: float) -> int:
        """Notes the development loss of an epoch and the time since the last; the best epoch so far."""
        self.looks[epoch], self.seconds[epoch] = loss, process_time() - self._since
        self._since = process_time()
        return int(self.looks.argmin())

    @torch.no_grad()
    def follow(self) -> None:
        """Moves the average towards the network; early on it forgets faster, so as not to keep the start."""
        steps = self.get_buffer("steps").add_(1)
        decay = min(self.decay, float(steps) / (float(steps) + 10))
        for mean, value in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)

"""The training loop that every stage shares: optimiser, schedule, running average, resuming, progress."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol, Self, TypeVar

import torch
from torch import nn

_CLIP = 1.0


class Movable(Protocol):
    """A batch: tensors that go to the device together."""

    def to(self, device: torch.device) -> Self:
        """The same batch on the device."""
        ...


B = TypeVar("B", bound=Movable)


class Progress(Protocol):
    """Where a run reports to; a progress bar or a test."""

    def begin(self, stage: str, epoch: int, epochs: int, batches: int) -> None:
        """An epoch begins."""

    def step(self, loss: float) -> None:
        """One batch is done."""

    def scores(self, scores: Mapping[str, float]) -> None:
        """Development scores at the end of an epoch, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Linear warm-up over a share of all steps, then decay.

    Attributes:
        layer_decay: Factor of the learning rate from each encoder layer to the one below it.
        second_beta: Decay of the optimiser's average of squared gradients.
        cosine: Decays along half a cosine instead of a line.
        last: Share of the learning rate that the decay ends at.
        kept: Parameters with such a word in their name are spared from weight decay.
    """

    epochs: int
    learning_rate: float
    warm_up: float
    layer_decay: float = 1.0
    weight_decay: float = 0.01
    second_beta: float = 0.98
    epsilon: float = 1e-6
    cosine: bool = False
    last: float = 0.0
    kept: tuple[str, ...] = ()


def device() -> torch.device:
    """A GPU when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@cache
def bfloat16_is_faster() -> bool:
    """Whether half precision pays on this machine; a CPU without matrix units often does it by emulation."""
    if device().type == "cuda":
        return True
    seconds = {dtype: _product_seconds(dtype) for dtype in (torch.float32, torch.bfloat16)}
    return seconds[torch.bfloat16] < seconds[torch.float32]


def _product_seconds(dtype: torch.dtype) -> float:
    left, right = torch.ones(1024, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
    timings = []
    for _ in range(8):
        begun = perf_counter()
        left @ right
        timings.append(perf_counter() - begun)
    return min(timings)


def autocast() -> AbstractContextManager[Any]:
    """bfloat16 for the matrix products where that is faster; the weights stay float32."""
    return torch.autocast(device().type, dtype=torch.bfloat16, enabled=bfloat16_is_faster())


def train(
    model: nn.Module,
    epoch_batches: Callable[[int], Sequence[B]],
    step: Callable[[B], torch.Tensor],
    schedule: Schedule,
    *,
    seed: int,
    state: Path,
    progress: Progress,
    stage: str,
    after_step: Callable[[], None] = lambda: None,
    after_epoch: Callable[[int], bool] = lambda epoch: False,
) -> list[float]:
    """Runs the epochs that are left, saving after each.

    Args:
        epoch_batches: The batches of an epoch; the same for the same epoch, so that a resumed run
            continues as the uninterrupted one would.
        step: The loss of a batch.
        state: Resumed from when it exists.
        stage: Its name, for the progress report.
        after_step: Called when the weights have changed.
        after_epoch: Told the number of the epoch that ended; True stops early.

    Returns:
        Mean loss of each epoch.
    """
    model.to(device())
    optimiser = torch.optim.AdamW(
        _groups(model, schedule),
        weight_decay=schedule.weight_decay,
        betas=(0.9, schedule.second_beta),
        eps=schedule.epsilon,
        fused=True,
    )
    peaks = [group["lr"] for group in optimiser.param_groups]
    losses: list[float] = []
    if state.is_file():
        saved = torch.load(state, map_location=device(), weights_only=True)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        losses = saved["losses"]
        if saved["stopped"]:
            return losses
    for epoch in range(len(losses), schedule.epochs):
        torch.manual_seed(seed * 1000 + epoch)
        batches = epoch_batches(epoch)
        progress.begin(stage, epoch, schedule.epochs, len(batches))
        model.train()
        total = 0.0
        with _denormals_flushed():
            for number, batch in enumerate(batches):
                rate = _rate((epoch + number / len(batches)) / schedule.epochs, schedule)
                for group, peak in zip(optimiser.param_groups, peaks, strict=True):
                    group["lr"] = peak * rate
                loss = step(batch.to(device()))
                optimiser.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
                optimiser.step()
                after_step()
                total += float(loss.detach())
                progress.step(float(loss.detach()))
        losses.append(total / max(1, len(batches)))
        stopped = after_epoch(epoch)
        _save(state, model, optimiser, losses, stopped)
        if stopped:
            break
    return losses


@contextmanager
def _denormals_flushed() -> Iterator[None]:
    """The moments of embeddings that are not seen fade into denormal numbers, which a CPU adds up slowly.

    The setting is the process's, so it is taken back.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _rate(done: float, schedule: Schedule) -> float:
    if done < schedule.warm_up:
        return done / schedule.warm_up
    left = (1 - done) / (1 - schedule.warm_up)
    if schedule.cosine:
        left = (1 - math.cos(math.pi * left)) / 2
    return schedule.last + (1 - schedule.last) * left


def _groups(model: nn.Module, schedule: Schedule) -> list[dict[str, Any]]:
    """One group for each depth: heads at the full rate, each encoder layer below them at a smaller one.

    Those without weight decay make groups of their own.
    """
    depths: dict[tuple[int, bool], list[nn.Parameter]] = {}
    learned = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    layers = 1 + max((_layer(name) for name, _ in learned), default=0)
    for name, parameter in learned:
        kept = any(word in name for word in schedule.kept)
        depths.setdefault((_depth(name, layers), kept), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": schedule.learning_rate * schedule.layer_decay**depth,
            "weight_decay": 0.0 if kept else schedule.weight_decay,
        }
        for (depth, kept), parameters in sorted(depths.items())
    ]


def _layer(name: str) -> int:
    _, _, after = name.partition("encoder.layer.")
    return int(after.partition(".")[0]) if after else -1


def _depth(name: str, layers: int) -> int:
    if "embeddings." in name:
        return layers + 1
    layer = _layer(name)
    return layers - layer if layer >= 0 else 0


def _save(
    state: Path, model: nn.Module, optimiser: torch.optim.Optimizer, losses: list[float], stopped: bool
) -> None:
    state.parent.mkdir(parents=True, exist_ok=True)
    partial = state.with_suffix(".partial")
    torch.save(
        {
            "model": model.state_dict(),
            "optimiser": optimiser.state_dict(),
            "losses": losses,
            "stopped": stopped,
        },
        partial,
    )
    partial.replace(state)

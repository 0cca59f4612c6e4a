"""The schedule of the shared training loop, seen from the steps that a parameter takes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from models.training.loop import Schedule, train

STEPS = 100


class Nothing:
    """A batch without content."""

    def to(self, device: torch.device) -> Nothing:
        return self


class Silent:
    def begin(self, stage: str, epoch: int, epochs: int, batches: int) -> None: ...

    def step(self, loss: float) -> None: ...

    def scores(self, scores: Mapping[str, float]) -> None: ...


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.plain, self.norm = (nn.Parameter(torch.ones(1)) for _ in range(2))


def run(schedule: Schedule, state: Path, slope: float) -> list[tuple[float, float]]:
    """The parameters after each step, of a loss with the same slope everywhere."""
    model = Two()
    seen = [(1.0, 1.0)]
    train(
        model,
        lambda epoch: [Nothing()] * STEPS,
        lambda _batch: slope * (model.plain + model.norm).sum(),
        schedule,
        seed=1,
        state=state / "state.pt",
        progress=Silent(),
        stage="test",
        after_step=lambda: seen.append((float(model.plain.detach()), float(model.norm.detach()))),
    )
    return seen


@pytest.mark.parametrize(("cosine", "last"), [(False, 0.0), (True, 0.0), (True, 0.1)])
def test_the_steps_grow_then_shrink_to_the_last_share(tmp_path: Path, cosine: bool, last: float) -> None:
    schedule = Schedule(epochs=1, learning_rate=1e-3, warm_up=0.2, weight_decay=0.0, cosine=cosine, last=last)
    seen = run(schedule, tmp_path, slope=1.0)
    steps = [(before[0] - after[0]) / 1e-3 for before, after in pairwise(seen)]
    assert steps[10] == pytest.approx(0.5, abs=0.01)
    assert max(steps) == pytest.approx(1.0, abs=0.01)
    assert steps[60] == pytest.approx(last + (1 - last) * 0.5, abs=0.01)  # halfway down either way
    three_quarters = 0.25 if not cosine else (1 - 0.5**0.5) / 2
    assert steps[80] == pytest.approx(last + (1 - last) * three_quarters, abs=0.01)


def test_weight_decay_spares_what_is_kept(tmp_path: Path) -> None:
    schedule = Schedule(epochs=1, learning_rate=1e-2, warm_up=0.1, weight_decay=0.5, kept=("norm",))
    plain, norm = run(schedule, tmp_path, slope=0.0)[-1]
    assert norm == 1.0
    assert plain < 0.9

"""The transformer over dated events: each place gives the log-rate (per day) of every event.

After Shmatko A et al., Nature 2025, doi:10.1038/s41586-025-09529-3: ages are encoded instead of places,
events of one date do not see each other, and the waiting times of all events compete, each exponential
with its own rate until the next event is told. Two things are ours, and can be switched off: curves over age
that hold what age and sex alone tell, and that an event which is recorded once only never comes again.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from models.complications._trajectory_network import (
    DAYS_PER_YEAR,
    FEMALE,
    MALE,
    NO_EVENT,
    OLDEST_YEARS,
    PADDING,
    TRAITS,
)
from models.training.complications.trajectory.batches import Batch
from models.training.loop import autocast

# Added to waiting times, in days, so that events of one date have a finite likelihood.
_SHORTEST_WAIT = 0.1

# Person and place of each.
Places = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Size of the network.

    Attributes:
        layers: 0 leaves the curves alone: what age and sex tell.
        age_curves: Knots of the curve over age that each event has for each sex, added to its log-rate: how
            often it comes at that age and sex. They are counted, not learned. 0 has none, as in the
            publication.
        once: Whether an event that was told has no rate any more, "no event" excepted.
    """

    events: int
    layers: int
    heads: int
    width: int
    dropout: float = 0.0
    age_curves: int = 0
    once: bool = False


class Network(nn.Module):
    """Pre-norm transformer whose input and output share the embedding of events."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        if shape.layers:
            self.embedding = nn.Embedding(shape.events, shape.width)
            self.age = nn.Linear(shape.width, shape.width, bias=False)
            self.dropout = Dropout(shape.dropout)
            self.blocks = nn.ModuleList([Block(shape) for _ in range(shape.layers)])
            self.norm = nn.LayerNorm(shape.width, bias=False)
            pace = torch.exp(torch.arange(0, shape.width, 2) * (-math.log(10000.0) / shape.width))
            self.register_buffer("pace", pace / DAYS_PER_YEAR, persistent=False)
        self.curves = None
        if shape.age_curves:
            curves = torch.zeros(2, shape.age_curves, shape.events)
            self.curves = nn.Parameter(curves, requires_grad=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                last = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * shape.layers) if last else 0.02)

    def forward(self, batch: Batch, sees: torch.Tensor, asked: Places) -> torch.Tensor:
        """Log-rates per day at some places, (places asked, events).

        Args:
            sees: Which place sees which, (people, places, places).
        """
        events = batch.events
        rates = torch.zeros(())
        if self.shape.layers:
            rates = functional.linear(self._learned(batch, sees)[asked], self.embedding.weight)
        if self.curves is not None:
            rates = rates + at_age_and_sex(self.curves, batch, asked)
        if self.shape.once:
            # "No event" is never told: it comes again.
            told = sees[asked] & (events > NO_EVENT)[asked[0]]
            number, past = told.nonzero(as_tuple=True)
            gone = (number, events[asked[0][number], past])
            rates = rates.index_put(gone, rates.new_tensor(-math.inf))
        return rates

    def _learned(self, batch: Batch, sees: torch.Tensor) -> torch.Tensor:
        turns = batch.ages[..., None] * self.get_buffer("pace")
        encoded = torch.stack((turns.sin(), turns.cos()), dim=-1).flatten(-2)
        hidden = self.dropout(self.embedding(batch.events) + self.age(encoded))
        for block in self.blocks:
            hidden = block(hidden, sees[:, None])
        normed: torch.Tensor = self.norm(hidden)
        return normed


class Block(nn.Module):
    """Attention, then two linear layers with a GELU between."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width, bias=False), nn.LayerNorm(width, bias=False)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)
        self.dropout = Dropout(shape.dropout)

    def forward(self, hidden: torch.Tensor, sees: torch.Tensor) -> torch.Tensor:
        """The hidden states after the block, (people, places, width)."""
        people, places, width = hidden.shape
        parts = self.qkv(self.norm_1(hidden)).view(people, places, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        scores = (query @ key.transpose(-1, -2)) / math.sqrt(query.shape[-1])
        mixed = self.dropout(scores.masked_fill(~sees, -math.inf).softmax(-1)) @ value
        hidden = hidden + self.dropout(self.out(mixed.transpose(1, 2).reshape(people, places, width)))
        wide = functional.gelu(self.up(self.norm_2(hidden)), approximate="tanh")
        after: torch.Tensor = hidden + self.dropout(self.down(wide))
        return after


class Dropout(nn.Module):
    """Drops a share of the numbers in training, in steps of 1/256: random bytes come much faster on a CPU."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.dropped = round(rate * 256)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """The values, those left scaled up."""
        if not self.training or not self.dropped:
            return values
        words = torch.empty(-(-values.numel() // 8), dtype=torch.int64, device=values.device)
        drawn = words.random_(-(2**63), None).view(torch.uint8)[: values.numel()].view(values.shape)
        return values * (drawn >= self.dropped) * (256 / (256 - self.dropped))


def hats(ages: torch.Tensor, knots: int) -> torch.Tensor:
    """Piecewise linear basis over 0 to 90 years, (..., knots)."""
    place = (ages / (OLDEST_YEARS * DAYS_PER_YEAR)).clamp(0, 1) * (knots - 1)
    return (1 - (place[..., None] - torch.arange(knots, device=ages.device)).abs()).clamp(min=0)


def at_age_and_sex(curves: torch.Tensor, batch: Batch, asked: Places) -> torch.Tensor:
    """The curves (2 sexes, knots, events) at the places asked; halfway where no sex was told."""
    female, male = ((batch.events == each).any(-1) for each in (FEMALE, MALE))
    share = (0.5 + 0.5 * (male.to(curves) - female.to(curves)))[asked[0]]
    knots = hats(batch.ages[asked], curves.shape[1])
    by_sex = torch.stack((1 - share, share), -1)[:, :, None] * knots[:, None]
    rates: torch.Tensor = by_sex.flatten(1) @ curves.flatten(0, 1)
    return rates


def visible(batch: Batch) -> torch.Tensor:
    """Which place sees which: itself and earlier ones, without padding and without the date of its target."""
    places = batch.events.shape[1]
    earlier = torch.ones(places, places, dtype=torch.bool, device=batch.events.device).tril()
    told = batch.events != PADDING
    sees = earlier & told[:, None, :]
    sees = sees & (batch.ages[:, None, :] != batch.next_ages[:, :, None])
    alone = ~sees.any(-1, keepdim=True)
    return sees | (alone & torch.eye(places, dtype=torch.bool, device=sees.device))


def targets(batch: Batch, *, diseases_only: bool = False) -> torch.Tensor:
    """The places whose next event is a target, (people, places): never a trait.

    Args:
        diseases_only: As the publication validates: nor "no event".
    """
    return ~torch.isin(batch.next_events, _never_targets(batch, diseases_only=diseases_only))


def losses(
    network: Network, batch: Batch, *, diseases_only: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Losses of the targets, in nats, of which event came next and of how long it took; and which they are.

    Args:
        diseases_only: As `targets`; what is no target then takes no part in the race either.

    Returns:
        Shape (targets, 2), and (people, places).
    """
    sees, told = visible(batch), targets(batch, diseases_only=diseases_only)
    people, _ = told.nonzero(as_tuple=True)
    # Asked is the last place that is seen: a place of the target's own date would tell of that date.
    asked = (people, (sees[told] * torch.arange(sees.shape[-1], device=sees.device)).amax(-1))
    with autocast() if network.training else nullcontext():
        rates = network(batch, sees, asked)
    rates = rates.float()
    if diseases_only:
        rates = rates.index_fill(-1, _never_targets(batch, diseases_only=True), -math.inf)
    total = rates.logsumexp(-1)
    which = total - rates.gather(1, batch.next_events[told][:, None])[:, 0]
    waits = (batch.next_ages[told] - batch.ages[asked]).clamp(min=1.0) + _SHORTEST_WAIT
    total = -torch.log(torch.exp(-total) + _SHORTEST_WAIT)
    return torch.stack((which, torch.exp(total) * waits - total), -1), told


def _never_targets(batch: Batch, *, diseases_only: bool) -> torch.Tensor:
    never = (PADDING, *TRAITS, *((NO_EVENT,) if diseases_only else ()))
    return torch.tensor(never, device=batch.events.device)

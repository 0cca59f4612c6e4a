"""What a cue does to a mention, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal[
    "absent",
    "possible",
    "conditional",
    "planned",
    "past",
    "family",
    "other",
    "affirmed",  # says in so many words that the thing is there
    "present",  # says that it is of now, after all
    "stop",
    "inert",
]
Side = Literal["before", "after", "none"]
# What a cue's effect passes over, from little to much.
Reach = Literal["item", "event", "list", "denial", "history", "relative", "sentence"]


@dataclass(frozen=True, slots=True)
class CueKind:
    """A group of phrases that act alike.

    Attributes:
        effect: What the cue says of a mention in its reach.
        group: Name of the group, for explanations and for the learned part.
        side: Where the cue stands, seen from the mention.
        reach: What the effect passes over.
        most: Words between cue and mention at most.
    """

    effect: Effect
    group: str
    side: Side
    reach: Reach
    most: int

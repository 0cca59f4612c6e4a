"""Everything that the rules and the learned part know of one mention."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fhir_adapters.record import MentionType, Span
from models.notes.assertion.marks import Mark
from models.notes.assertion.scope import Heard

# Orders and treatments are planned, stopped and refused; problems and findings are not.
ORDERED = frozenset(("medication", "procedure", "test", "dosage"))
TREATED = frozenset(("medication", "procedure", "dosage"))


def nearest(heard: Iterable[Heard], wanted: Callable[[Heard], bool]) -> Heard | None:
    """Of cues that are wanted the one nearest to the mention."""
    return min(filter(wanted, heard), key=lambda one: one.gap, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What bears on a mention.

    Attributes:
        type: Type of the mention.
        name: Its words, in lower case.
        before: The words before it in its sentence, the nearest last; not more than a rule looks back.
        after: The words after it, the nearest first.
        heard: The cues that reach it.
        mark: The sign of a form beside it.
        section: Kind of its section, "" when unknown.
        heading: The section's heading in lower case.
        heading_span: Where the heading stands; None when it was not found.
        bare: True when the mention is all that its sentence says.
        starts: Characters at which the words of `heard` start, by word; with `ends`, for the cues' spans.
    """

    type: MentionType
    name: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    heard: tuple[Heard, ...]
    mark: Mark
    section: str
    heading: str
    heading_span: Span | None
    bare: bool
    starts: list[int]
    ends: list[int]

    def span_of(self, heard: Heard) -> Span:
        """Where in the note the words of a cue stand."""
        return Span(self.starts[heard.cue.start], self.ends[heard.cue.end - 1])

    def nearest(self, wanted: Callable[[Heard], bool]) -> Heard | None:
        """The nearest cue that is wanted."""
        return nearest(self.heard, wanted)

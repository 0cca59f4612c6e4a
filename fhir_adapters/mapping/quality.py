"""What was sent and not used, and why, kept short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from fhir_adapters.record import DataQualityNote

Problem = Literal[
    "unavailable",
    "incomplete",
    "unreadable",
    "unconvertible",
    "implausible",
    "future",
    "wrong-patient",
    "not-used",
    "duplicate",
    "approximate",
    "restricted",
]

# The reason for values of a wrong type, wherever they are.
SHAPELESS = "does not have the shape of a FHIR resource"
# So many notes of one kind are listed one by one; of the rest the number is told.
LISTED_OF_ONE_KIND = 20


class SetAsideError(Exception):
    """A resource, or a part of one, can't be used; becomes a DataQualityNote.

    Attributes:
        problem: See DataQualityNote.
        reason: In our words, without patient data.
    """

    def __init__(self, problem: Problem, reason: str) -> None:
        super().__init__(reason)
        self.problem: Problem = problem
        self.reason = reason


def unreadable(reason: str) -> SetAsideError:
    """The error for a malformed resource."""
    return SetAsideError("unreadable", reason)


# What a status that keeps an entry out of use means; only FHIR's own codes, so that no text gets through.
_WHY_NOT = {
    "entered-in-error": "was entered in error",
    "refuted": "was refuted",
    "cancelled": "was cancelled",
    "superseded": "was superseded by another",
    "registered": "is not final yet",
    "partial": "is not final yet",
    "preliminary": "is not final yet",
    "planned": "has not taken place",
    "preparation": "has not taken place",
    "not-done": "was not done",
    "not-taken": "is not taken",
}


def not_used(*statuses: object) -> SetAsideError:
    """The error for an entry whose own status says not to use it."""
    reasons = (_WHY_NOT[status] for status in statuses if isinstance(status, str) and status in _WHY_NOT)
    return SetAsideError("not-used", next(reasons, "has a status that is not used"))


class QualityNotes:
    """Collects DataQualityNotes; a thousand of one kind cost twenty and a count.

    Args:
        most: So many of one kind are listed one by one.
    """

    def __init__(self, most: int = LISTED_OF_ONE_KIND) -> None:
        self._most = most
        self._listed: list[DataQualityNote] = []
        self._seen: Counter[tuple[Problem, str, str]] = Counter()

    def add(self, problem: Problem, source: str, reason: str) -> None:
        """Notes one resource that was set aside, or used with less precision than usual."""
        kind = (problem, source.partition("/")[0], reason)
        self._seen[kind] += 1
        if self._seen[kind] <= self._most:
            self._listed.append(DataQualityNote(problem, source, reason))

    def set_aside(self, source: str, error: SetAsideError) -> None:
        """Notes what a mapper refused."""
        self.add(error.problem, source, error.reason)

    def all(self) -> tuple[DataQualityNote, ...]:
        """The notes, and one for each kind of which there are more."""
        return (*self._listed, *self._counts())

    def _counts(self) -> Iterable[DataQualityNote]:
        for (problem, resource, reason), count in self._seen.items():
            if count > self._most:
                yield DataQualityNote(problem, resource, f"{reason} ({count - self._most} more)")

"""What is told of one request: names, numbers and codes of our own, nothing of the patient or the client."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from cds_hooks.timing import Stopwatch
from models.finding import Abstention

Refusal = Literal["overload", "rate", "slow"]
UNKNOWN = "unknown"


@dataclass(slots=True, kw_only=True)
class RequestAccount:
    """Filled while a request is answered, and told of when that ends, well or badly.

    Attributes:
        arrived: When it came to this process, in seconds on the monotonic clock.
        waited_ms: How long it waited for a thread since.
        began: When it arrived, in nanoseconds since 1970.
        service: Id of a service that there is; "unknown" until one was found.
        route: The route's template; "none" where none fits.
        indicators: Severities of the cards that were given.
        abstentions: How many models abstained, by registry name and cause.
        fhir_errors: Codes of `fhir_adapters.errors`, one for each query that failed.
        is_call: True for a hook call.
    """

    correlation_id: str
    arrived: float
    waited_ms: float = field(init=False)
    began: int = field(init=False)
    watch: Stopwatch = field(default_factory=Stopwatch)
    service: str = UNKNOWN
    route: str = "none"
    method: str = ""
    status: int = 0
    elapsed_ms: float = 0.0
    is_call: bool = False
    indicators: Sequence[str] = ()
    abstentions: Counter[tuple[str, str]] = field(default_factory=Counter)
    fhir_errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        waited_s = max(0.0, time.monotonic() - self.arrived)
        self.waited_ms = round(waited_s * 1000, 2)
        self.began = time.time_ns() - round(waited_s * 1e9)

    def add_abstentions(self, abstentions: Iterable[Abstention]) -> None:
        """Counts the models that did not answer."""
        self.abstentions.update((each.model.name, each.cause) for each in abstentions)


class Recorder(Protocol):
    """Is told what happens; must not fail and must not wait."""

    def finished(self, account: RequestAccount) -> None:
        """A request was answered."""

    def refused(self, why: Refusal) -> None:
        """A request was refused before any service saw it, or given up."""

    def queue(self, in_flight: int, waiting: int) -> None:
        """How many calls this process is answering, and how many wait for a thread."""


@dataclass(frozen=True, slots=True)
class Recorders:
    """Tells several recorders, in order; without any, nobody."""

    recorders: tuple[Recorder, ...] = ()

    def finished(self, account: RequestAccount) -> None:
        """Passes it on."""
        for each in self.recorders:
            each.finished(account)

    def refused(self, why: Refusal) -> None:
        """Passes it on."""
        for each in self.recorders:
            each.refused(why)

    def queue(self, in_flight: int, waiting: int) -> None:
        """Passes it on."""
        for each in self.recorders:
            each.queue(in_flight, waiting)

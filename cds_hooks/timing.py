"""How long each stage of a call took."""

from __future__ import annotations

import time


class Stopwatch:
    """Measures stages that follow one another, in milliseconds."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.stages: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Ends a stage: it took from the end of the stage before to now."""
        now = time.perf_counter()
        self.stages[stage] = round((now - self._last) * 1000, 2)
        self._last = now

    def header(self) -> str:
        """The stages as a Server-Timing header: names and milliseconds only."""
        return ", ".join(f"{stage};dur={elapsed:g}" for stage, elapsed in self.stages.items())

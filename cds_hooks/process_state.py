"""What one worker process is doing: shared by the server that fills it and the routes that tell of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class ProcessState:
    """The state of one process; each worker has its own copy after the fork.

    Attributes:
        draining: True once the process was told to stop: it finishes its calls and is no longer ready.
    """

    draining: bool = False

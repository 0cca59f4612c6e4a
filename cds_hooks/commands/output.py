"""Writing to the terminal."""

from __future__ import annotations

import shutil
import sys

_MAX_WIDTH = 100


def width() -> int:
    """Characters in a line: the terminal's, but never more than reads well."""
    return min(shutil.get_terminal_size().columns, _MAX_WIDTH)


def say(text: str) -> None:
    """Writes text at once, ended by a line break."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()

"""ONNX Runtime, loaded so that it tells nobody: the only place that imports it.

From version 1.29 on its packages for Linux report each process, session and model to their maker. Importing
them makes an identifier of the machine and a database in the home directory and starts a thread that sends
what is in it; at the end of a forked worker that thread is missed, and the worker aborts. With this variable,
set before the import, there is none of it.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

# Set whatever the environment says: nothing may leave.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort  # type: ignore[import-untyped]

__all__ = ["adds_in_16_bits", "ort"]

_PROCESSOR: Final = Path("/proc/cpuinfo")


def adds_in_16_bits() -> bool:
    """True where the runtime adds two products of bytes in 16 bits, which cuts off large sums.

    That is any x86 processor without VNNI, and one of which nothing is known. An unsigned byte times a signed
    one, twice, can need 17 bits; on such a processor a fifth of the sums of a layer may be wrong, and a note
    would be read otherwise than on the next machine.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    try:
        return "vnni" not in _PROCESSOR.read_text(encoding="ascii", errors="replace")
    except OSError:
        return True

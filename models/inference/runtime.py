"""ONNX Runtime, loaded so that it tells nobody: the only place that imports it.

From version 1.29 on its packages for Linux report each process, session and model to their maker. Importing
them makes an identifier of the machine and a database in the home directory and starts a thread that sends
what is in it; at the end of a forked worker that thread is missed, and the worker aborts. With this variable,
set before the import, there is none of it.
"""

from __future__ import annotations

import os

# Set whatever the environment says: nothing may leave.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort  # type: ignore[import-untyped]

__all__ = ["ort"]

"""What the service tells of itself: metrics, traces and the log of answers; see the README.

`metrics` and `tracing` are imported where they are put together, not here: the first must not be imported
before its shared folder is known, and the second needs packages that are optional.
"""

from cds_hooks.telemetry.call import UNKNOWN, Recorder, Recorders, Refusal, RequestAccount

__all__ = ["UNKNOWN", "Recorder", "Recorders", "Refusal", "RequestAccount"]

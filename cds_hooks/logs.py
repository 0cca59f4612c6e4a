"""Logs: one JSON object a line, without patient data, tokens, URLs or the text of foreign errors."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from traceback import walk_tb

import orjson

# What a log line may say beside its message; everything else that is attached to a record is dropped.
_EXTRAS = (
    "correlation_id",
    "method",
    "route",
    "status",
    "reason",
    "elapsed_ms",
    "error",
    "where",
    "model",
    "service",
    "stages_ms",
    "cards",
    "abstentions",
    "fhir_errors",
)


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON.

    Exceptions appear by type and place only: their texts may repeat what they were given.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line break."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: record.__dict__[name] for name in _EXTRAS if name in record.__dict__}
        if record.exc_info and record.exc_info[1] is not None:
            line |= {"error": type(record.exc_info[1]).__name__, "where": where(record.exc_info[1])}
        return orjson.dumps(line, default=str).decode()


def where(error: BaseException) -> str:
    """Where an error was raised: module, line and function of the innermost frames, none of its text."""
    frames = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return " < ".join(reversed(frames[-4:]))


def configure(level: int = logging.INFO) -> None:
    """Sends the logs of this process to standard error as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO lines hold URLs with patient ids

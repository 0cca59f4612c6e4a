"""Time: one deadline per call, and retries that fit into it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from fhir_adapters.errors import FhirUnavailable, ServerError


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, in seconds; all work for one call shares it."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that is `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - time.monotonic())

    @property
    def expired(self) -> bool:
        """True when no time is left."""
        return self.remaining() == 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a GET is sent again: a busy server, and a connection that broke.

    Other statuses and malformed answers are never retried: the same question gets the same answer.

    Attributes:
        busy_retries: At most this many after 429 and 503.
        connection_retries: At most this many after a refused or broken connection.
        busy_wait_s: Seconds to wait when a busy server names no time.
        margin_s: Seconds that must be left after the wait for the answer to be of use.
    """

    busy_retries: int = 2
    connection_retries: int = 1
    busy_wait_s: float = 0.2
    margin_s: float = 0.05

    def wait_s(self, error: ServerError, earlier: int, deadline: Deadline) -> float | None:
        """Seconds to wait before the next try; None when there must be none.

        Args:
            error: What the last try ended with.
            earlier: How many retries were made before.
            deadline: The wait is only taken if it leaves `margin_s` before the deadline.
        """
        if not isinstance(error, FhirUnavailable) or error.kind == "failed":
            return None
        if earlier >= (self.busy_retries if error.kind == "busy" else self.connection_retries):
            return None
        wait = 0.0
        if error.kind == "busy":
            wait = self.busy_wait_s if error.retry_after_s is None else error.retry_after_s
        return wait if wait + self.margin_s < deadline.remaining() else None


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for; None when it is absent or unreadable.

    Source: RFC 9110 section 10.2.3: delay in seconds, or an HTTP date. A date in the past is 0.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())

"""Everything that the service answers other than 200, as one tree of typed errors.

    CallError                       status  FHIR issue type
    ├── BadRequest                  400     required | structure | value | invalid | too-long
    ├── Unauthorized                401     login
    ├── Forbidden                   403     forbidden
    ├── UnknownService, UnknownCard 404     not-found
    ├── DataUnavailable             412     incomplete
    ├── BodyTooLarge                413     too-long
    ├── UnsupportedBody             415     not-supported
    ├── HttpError                   any     what the HTTP layer refuses by itself: address, method
    ├── TooManyRequests             429     throttled
    ├── InternalError               500     exception
    ├── ModelsFailed                500     exception
    ├── OutOfTime                   503     timeout
    ├── Overloaded                  503     throttled
    ├── Draining                    503     transient
    └── LedgerUnavailable           503     transient

The texts are ours and hold no value from the request or the chart, so each may be logged and sent.
"""

# ruff: noqa: N818 - the names say what is answered, as the specification and HTTP word it
from __future__ import annotations

from math import ceil
from typing import Literal

from werkzeug.exceptions import HTTPException

from fhir_adapters.errors import FhirError
from fhir_adapters.errors import RequestError as BadFhirField

IssueType = Literal[
    "required",
    "structure",
    "value",
    "invalid",
    "too-long",
    "login",
    "forbidden",
    "not-found",
    "not-supported",
    "incomplete",
    "exception",
    "timeout",
    "transient",
    "throttled",
]


class CallError(Exception):
    """A call that is answered with an OperationOutcome.

    Attributes:
        status: HTTP status.
        issue: FHIR issue type (http://hl7.org/fhir/issue-type).
        text: Why, in our own words, without patient data.
        field: The element of the request at fault, e.g. "context.patientId"; "" when none is.
        retry_after_s: After how many seconds the same request may succeed; 0 when that is not known.
    """

    status: int = 500
    issue: IssueType = "exception"
    retry_after_s: int = 0

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.field = field


class BadRequest(CallError):
    """The request is malformed; the answer names the element at fault."""

    status = 400
    issue: IssueType = "invalid"

    def __init__(self, field: str, problem: str, *, issue: IssueType = "invalid") -> None:
        super().__init__(f"{field}: {problem}" if field else problem, field=field)
        self.issue = issue


class Unauthorized(CallError):
    """The request does not prove who calls.

    Attributes:
        reason: Why, for our log and audit only: an answer that told it would help to guess.
    """

    status = 401
    issue = "login"

    def __init__(self, reason: str) -> None:
        super().__init__("the caller is not known to this service")
        self.reason = reason


class Forbidden(CallError):
    """The caller is known, and may not do this."""

    status = 403
    issue = "forbidden"


class UnknownService(CallError):
    """No service has this id."""

    status = 404
    issue = "not-found"


class UnknownCard(CallError):
    """Feedback names a card that this service never gave."""

    status = 404
    issue = "not-found"


class DataUnavailable(CallError):
    """Required chart data is neither prefetched nor to be had from the FHIR server."""

    status = 412
    issue = "incomplete"


class BodyTooLarge(CallError):
    """The body is larger than the service accepts."""

    status = 413
    issue = "too-long"


class UnsupportedBody(CallError):
    """The body has another media type, character set or content encoding than JSON in UTF-8."""

    status = 415
    issue = "not-supported"


class HttpError(CallError):
    """The HTTP layer refuses the request before any service sees it."""

    def __init__(self, status: int, issue: IssueType, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.issue = issue


class TooManyRequests(CallError):
    """The client calls more often than it may."""

    status = 429
    issue = "throttled"

    def __init__(self, wait_s: float) -> None:
        super().__init__("this client calls more often than the service allows")
        self.retry_after_s = max(1, ceil(wait_s))


class InternalError(CallError):
    """A defect of ours; what it was is in the log under the correlation id, and nowhere else."""


class ModelsFailed(CallError):
    """Every model of the service failed on the chart, so silence would be mistaken for an answer."""


class OutOfTime(CallError):
    """The deadline of the call came before any model could answer."""

    status = 503
    issue = "timeout"
    retry_after_s = 1


class Overloaded(CallError):
    """As many calls are in hand as this process takes on; nothing of this one was read."""

    status = 503
    issue = "throttled"
    retry_after_s = 1

    def __init__(self) -> None:
        super().__init__("the service has as many calls in hand as it takes on")


class Draining(CallError):
    """The process was told to stop: it finishes its calls, and should get no new ones."""

    status = 503
    issue = "transient"
    retry_after_s = 1

    def __init__(self) -> None:
        super().__init__("this process is about to stop")


class LedgerUnavailable(CallError):
    """The ledger can't be written; a call that can't be accounted for is not answered."""

    status = 503
    issue = "transient"
    retry_after_s = 1


_HTTP: dict[int, tuple[IssueType, str]] = {
    404: ("not-found", "there is nothing at this address"),
    405: ("not-supported", "this address does not answer this method"),
    413: ("too-long", "the request is too large"),
}


def as_call_error(error: Exception) -> CallError:
    """Turns whatever was raised into an error that may be sent.

    Nothing of an error that we did not write ourselves is sent: its text could hold patient data.
    """
    if isinstance(error, CallError):
        return error
    if isinstance(error, BadFhirField):
        return BadRequest(error.field, str(error).removeprefix(f"{error.field}: "), issue="value")
    if isinstance(error, FhirError):
        return DataUnavailable(str(error))
    if isinstance(error, HTTPException) and error.code is not None:
        issue, text = _HTTP.get(error.code, ("invalid", "the request can't be answered"))
        return HttpError(error.code, issue, text)
    return InternalError("the service failed on this call")

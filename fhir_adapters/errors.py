"""What can go wrong between a hook call and a PatientRecord.

    FhirError
    ├── ChartError                    the chart can't be used for this call
    │   ├── RequiredDataUnavailable   FHIR-4120  required data could not be had by prefetch or by query
    │   ├── WrongPatientError         FHIR-4121  the Patient that arrived is not the patient of the call
    │   ├── UnreadablePatientError    FHIR-4122  no Patient arrived, or it can't be read
    │   └── RestrictedPatientError    FHIR-4123  the Patient is labelled as confidential
    ├── RequestError                  the caller sent something that can't be right
    │   ├── BadPrefetch               FHIR-4000  a prefetch value is not a resource, a Bundle or null
    │   └── BadAuthorization          FHIR-4001  fhirAuthorization lacks a field or has one of a wrong type
    └── ServerError                   one exchange with the FHIR server failed
        ├── UntrustedServer           FHIR-4030  the address is not one that this service may call
        ├── NotPermitted              FHIR-4031  the server, or the token's scope, does not permit the query
        ├── FhirRefused               FHIR-4040  the server will not answer this query (another 4xx)
        ├── FhirProtocolError         FHIR-5020  the answer is not FHIR JSON, too large, or a redirect
        │   └── OtherPatientsData     FHIR-5021  the answer holds data of other patients
        ├── FhirUnavailable           FHIR-5030  no connection, or the server says that it can't serve now
        └── FhirTimeout               FHIR-5040  the deadline passed first

Codes are stable: a code is never reused for another meaning. No message holds patient data, a token, a
URL or a body: texts are fixed, and what is put into them is a prefetch key, a field name or a number.
"""

# ruff: noqa: N818 - the names say what happened, as the specification words it

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal


class FhirError(Exception):
    """Root of the tree; `str()` is always safe to log and to show to an integrator."""

    code: ClassVar[str] = "FHIR-5000"
    default: ClassVar[str] = "the chart could not be read"

    def __init__(self, message: str = "") -> None:
        self.message = message or self.default
        super().__init__(self.message)


class ChartError(FhirError):
    """The chart of this call can't be used; the edge answers 412."""


class RequiredDataUnavailable(ChartError):
    """Required data could not be had by either road.

    Attributes:
        missing: Why, by prefetch key, e.g. {"patient": "the server did not answer in time"}.
        resources: The FHIR resource types of those keys.
    """

    code = "FHIR-4120"

    def __init__(self, missing: Mapping[str, str], resources: tuple[str, ...] = ()) -> None:
        self.missing = dict(missing)
        self.resources = resources
        reasons = "; ".join(f"{key}: {reason}" for key, reason in self.missing.items())
        super().__init__(f"Required data could not be obtained ({reasons})")


class WrongPatientError(ChartError):
    """The Patient resource is not the patient that the call names."""

    code = "FHIR-4121"
    default = "The Patient resource is not the patient that the call names"


class UnreadablePatientError(ChartError):
    """There is no Patient resource, or it can't be read."""

    code = "FHIR-4122"
    default = "No readable Patient resource was obtained"


class RestrictedPatientError(ChartError):
    """The Patient resource is labelled as confidential, and this site leaves such resources out."""

    code = "FHIR-4123"
    default = "The Patient resource is labelled as confidential, and such resources are not used here"


class RequestError(FhirError):
    """The caller sent something that can't be right; the edge answers 400.

    Attributes:
        field: Path of the field in the request, e.g. "prefetch.observations".
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(f"{field}: {message}")


class BadPrefetch(RequestError):
    """A prefetch value is neither a resource of the asked type, nor a Bundle, nor null."""

    code = "FHIR-4000"

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(f"prefetch.{key}", message)


class BadAuthorization(RequestError):
    """`fhirAuthorization` lacks a required field or has one of a wrong type."""

    code = "FHIR-4001"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"fhirAuthorization.{name}" if name else "fhirAuthorization", message)


class ServerError(FhirError):
    """One exchange with the FHIR server failed; what it was for becomes a gap, or a 412."""


class UntrustedServer(ServerError):
    """The address is not one that this service may call; nothing was sent."""

    code = "FHIR-4030"
    default = "the FHIR server is not on the list of trusted servers"


class NotPermitted(ServerError):
    """The server answered 401 or 403, or the token's scope does not cover the query.

    Attributes:
        token_refused: True for 401: the token is at fault, and not what was asked.
    """

    code = "FHIR-4031"
    default = "the FHIR server did not permit the query"

    def __init__(self, message: str = "", *, token_refused: bool = False) -> None:
        self.token_refused = token_refused
        super().__init__(message)


class FhirRefused(ServerError):
    """The server will not answer this query: a 4xx other than 401, 403 and 429.

    Attributes:
        status: HTTP status; None when the refusal came in an answer with status 200, or from here.
    """

    code = "FHIR-4040"
    default = "the FHIR server refused the query"

    def __init__(self, message: str = "", *, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


class FhirProtocolError(ServerError):
    """The answer is not what FHIR prescribes: no JSON, another resource type, too large, a redirect."""

    code = "FHIR-5020"
    default = "the FHIR server's answer could not be read"


class OtherPatientsData(FhirProtocolError):
    """The server ignored the patient filter; what is about others was dropped and no more was read."""

    code = "FHIR-5021"
    default = "the FHIR server sent data of other patients, which was not used"


class FhirUnavailable(ServerError):
    """No connection could be made or kept, or the server says that it can't serve now.

    Attributes:
        retry_after_s: How long the server asks to wait, in seconds; None when it does not say.
        kind: "connection" when none was made or it broke, "busy" for 429 and 503, "failed" for another 5xx.
    """

    code = "FHIR-5030"
    default = "the FHIR server could not be reached"

    def __init__(
        self,
        message: str = "",
        *,
        kind: Literal["connection", "busy", "failed"] = "connection",
        retry_after_s: float | None = None,
    ) -> None:
        self.kind = kind
        self.retry_after_s = retry_after_s
        super().__init__(message)


class FhirTimeout(ServerError):
    """The deadline passed before the answer was complete."""

    code = "FHIR-5040"
    default = "the FHIR server did not answer in time"

"""What the embedded server answers: a reply, and refusals as OperationOutcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

FHIR_JSON = "application/fhir+json; charset=utf-8"
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer without an HTTP library."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The value of a header, whatever its case; "" when it is not there."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """A request that can't be served.

    Args:
        status: HTTP status, 4xx.
        code: FHIR issue type ("not-found", "invalid", "not-supported"...).
        diagnostics: Why, in words without patient data.
        headers: Further headers of the answer.
    """

    def __init__(
        self, status: int, code: str, diagnostics: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(diagnostics)
        self.status = status
        self.code = code
        self.diagnostics = diagnostics
        self.headers = headers

    def outcome(self) -> Resource:
        """The refusal as an OperationOutcome."""
        return {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": self.code, "diagnostics": self.diagnostics}],
        }

    def reply(self) -> Reply:
        """The refusal as an HTTP answer."""
        return json_reply(self.status, self.outcome(), self.headers)


def json_reply(status: int, content: Any, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A FHIR JSON answer; `content` is anything that orjson writes."""
    return Reply(status, (("Content-Type", FHIR_JSON), *headers), orjson.dumps(content))

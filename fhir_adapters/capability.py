"""What a FHIR server says of itself: version, software, how it is authorised, what can be searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir_adapters.versions.detect import FhirVersion, version_named

Json = dict[str, Any]

_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_STATEMENTS = ("CapabilityStatement", "Conformance")  # Conformance: DSTU2
_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """A CapabilityStatement (DSTU2: Conformance), reduced to what this client needs.

    Attributes:
        version: None for one that is not known.
        stated_version: As sent, e.g. "4.0.1".
        software, publisher: As sent, cut short; "" when not said.
        security: Codes of the security services, e.g. "SMART-on-FHIR".
        token_url: OAuth token endpoint; "" when not said.
        searches: Search parameters by resource type; a type without a list of them is not in it.
        interactions: By resource type.
    """

    version: FhirVersion | None = None
    stated_version: str = ""
    software: str = ""
    publisher: str = ""
    security: tuple[str, ...] = ()
    token_url: str = ""
    searches: Mapping[str, frozenset[str]] = field(default_factory=dict)
    interactions: Mapping[str, frozenset[str]] = field(default_factory=dict)


def is_statement(resource: Json) -> bool:
    """True for a CapabilityStatement or a Conformance."""
    return resource.get("resourceType") in _STATEMENTS


def read_capability(statement: Json) -> Capability:
    """Reads the statement; what has another shape than expected counts as not said."""
    software = statement.get("software")
    rest = next(
        (each for each in _dicts(statement.get("rest")) if each.get("mode", "server") == "server"), {}
    )
    security = rest.get("security")
    security = security if isinstance(security, dict) else {}
    types = [each for each in _dicts(rest.get("resource")) if isinstance(each.get("type"), str)]
    stated = statement.get("fhirVersion")
    return Capability(
        version=version_named(stated),
        stated_version=_short(stated),
        software=_short(software.get("name")) if isinstance(software, dict) else "",
        publisher=_short(statement.get("publisher")),
        security=_services(security),
        token_url=_token_url(security),
        searches={
            each["type"]: _names(each.get("searchParam"), "name") for each in types if each.get("searchParam")
        },
        interactions={each["type"]: _names(each.get("interaction"), "code") for each in types},
    )


def _services(security: Json) -> tuple[str, ...]:
    codings = [coding for each in _dicts(security.get("service")) for coding in _dicts(each.get("coding"))]
    return tuple(_short(coding.get("code")) for coding in codings if isinstance(coding.get("code"), str))


def _token_url(security: Json) -> str:
    for extension in _dicts(security.get("extension")):
        if extension.get("url") == _OAUTH:
            for part in _dicts(extension.get("extension")):
                if part.get("url") == "token":
                    return _short(part.get("valueUri"))
    return ""


def _names(value: object, key: str) -> frozenset[str]:
    return frozenset(each[key] for each in _dicts(value) if isinstance(each.get(key), str))


def _dicts(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _short(value: object) -> str:
    """The printable characters of a text, cut short: it is shown, and the server wrote it."""
    return "".join(filter(str.isprintable, value[:_LONGEST])) if isinstance(value, str) else ""

"""Search values of a resource: tokens, date intervals, folded strings and references."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from fhir_adapters.embedded.reply import Resource
from fhir_adapters.embedded.search_parameters import PARAMETERS, SearchParameter

Interval = tuple[float, float]  # seconds since 1970, start included, end excluded
IndexValue = frozenset[str] | tuple[Interval, ...] | tuple[str, ...]

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?\Z"
)
_ALWAYS = (float("-inf"), float("inf"))


def index_of(resource: Resource) -> dict[str, IndexValue]:
    """The search values of a resource by parameter name; parameters without a value are absent."""
    found: dict[str, IndexValue] = {}
    for name, parameter in PARAMETERS[resource["resourceType"]].items():
        values = _values(resource, parameter)
        if values:
            found[name] = values
    return found


def _values(resource: Resource, parameter: SearchParameter) -> IndexValue:
    elements = [element for path in parameter.paths for element in _elements(resource, path)]
    match parameter.kind:
        case "date":
            return tuple(interval for interval in map(_interval_of, elements) if interval)
        case "string":
            return tuple(fold(element) for element in elements if isinstance(element, str))
        case "reference":
            return frozenset(_references(elements, parameter.target))
        case _:
            return frozenset(token for element in elements for token in _tokens(element))


def _elements(resource: Resource, path: str) -> list[Any]:
    nodes: list[Any] = [resource]
    for name in path.split("."):
        children = [node[name] for node in nodes if isinstance(node, dict) and name in node]
        nodes = [item for child in children for item in (child if isinstance(child, list) else (child,))]
    return nodes


def _tokens(element: Any) -> Iterable[str]:
    """The ways in which a query may name an element: code, system|code, |code, system|."""
    if isinstance(element, str):
        yield from (element, f"|{element}")
    elif isinstance(element, dict):
        codings = element.get("coding")
        for coding in codings if isinstance(codings, list) else (element,):
            code = coding.get("code", coding.get("value")) if isinstance(coding, dict) else None
            if isinstance(code, str):
                system = coding.get("system", "")
                yield from (code, f"{system}|{code}", f"{system}|")


def _references(elements: list[Any], target: str) -> Iterable[str]:
    for element in elements:
        reference = element.get("reference") if isinstance(element, dict) else None
        if isinstance(reference, str):
            resource_type, _, resource_id = reference.rpartition("/")
            resource_type = resource_type.rpartition("/")[2]
            if not target or resource_type == target:
                yield from (resource_id, f"{resource_type}/{resource_id}")


def patient_of(resource: Resource) -> str:
    """The id of the patient whom a resource is about; "" when it is about no patient."""
    for name in ("subject", "patient", "beneficiary", "individual"):
        element = resource.get(name)
        reference = element.get("reference") if isinstance(element, dict) else None
        if isinstance(reference, str):
            head, _, patient_id = reference.rpartition("/")
            if head.rpartition("/")[2] == "Patient":
                return patient_id
    return ""


def fold(text: str) -> str:
    """Text for comparison: without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _interval_of(element: Any) -> Interval | None:
    if isinstance(element, str):
        return date_interval(element)
    if isinstance(element, dict):
        start, end = element.get("start"), element.get("end")
        first = date_interval(start) if isinstance(start, str) else None
        last = date_interval(end) if isinstance(end, str) else None
        return (first or _ALWAYS)[0], (last or _ALWAYS)[1]
    return None


def date_interval(text: str) -> Interval | None:
    """The time that a FHIR date or dateTime covers at its precision; None when it is not one.

    A time without a zone counts as UTC.
    """
    found = _DATE.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        start = datetime.fromisoformat(
            f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}"
            + ("+00:00" if zone in (None, "Z") else zone)
        )
        begin = start.timestamp() + (float(f"0.{fraction}") if fraction else 0.0)
        return begin, begin + _width(start, month, day, hour, second, fraction)
    except ValueError:  # the 30th of February, or a year beyond the calendar
        return None


def _width(start: datetime, *given: str | None) -> float:
    month, day, hour, second, fraction = given
    if fraction:
        return 0.001
    if second:
        return 1.0
    if hour:
        return 60.0
    if day:
        return timedelta(days=1).total_seconds()
    if month:
        following = datetime(start.year + start.month // 12, start.month % 12 + 1, 1, tzinfo=UTC)
        return (following - start).total_seconds()
    return (datetime(start.year + 1, 1, 1, tzinfo=UTC) - start).total_seconds()

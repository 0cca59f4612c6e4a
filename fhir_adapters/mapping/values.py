"""Tolerant readers of the FHIR data types: what can't be read is absent, never an exception."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from fhir_adapters.record import Coding, Concept
from fhir_adapters.record.coding import NO_CONCEPT
from fhir_adapters.terminology.code_systems import canonical_system

Json = dict[str, Any]

# What a value of the wrong type raises in code that assumes the shape of a resource; costs that resource.
SHAPE_ERRORS = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)

# Some systems write "unknown" as the first day of their calendar (0001-01-01, 1753-01-01).
FIRST_YEAR = 1850
LENGTH_OF_A_DATE = 10
# Codes of terminologies are short; a text posing as one is not kept in a cache that outlives the chart.
_LONGEST_CACHED = 160

_NUMBER = re.compile(r"\s*[+-]?\d{1,15}(\.\d{1,15})?\s*", re.ASCII)


class Moment(NamedTuple):
    """A FHIR date or dateTime.

    Attributes:
        at: Its first instant, with the sender's zone; UTC where none was given.
        precision: "time", or how much of a date there is.
    """

    at: datetime
    precision: Literal["time", "day", "month", "year"]


def text_of(value: object) -> str:
    """The string itself, or "" for anything else."""
    return value if isinstance(value, str) else ""


def dicts(value: object) -> list[Json]:
    """The objects of a list; a single object counts as a list of one, anything else as an empty one."""
    if type(value) is list:
        return [item for item in value if type(item) is dict]
    return [value] if isinstance(value, dict) else []


@lru_cache(maxsize=4096)
def _cached_coding(system: str, code: str, display: str) -> Coding:
    return Coding(canonical_system(system), code, display)


def coding(value: Json) -> Coding | None:
    """A Coding under its system's canonical URI; None without a code."""
    code, system, display = value.get("code"), value.get("system"), value.get("display")
    if not isinstance(code, str) or not code:
        return None
    system = system if isinstance(system, str) else ""
    display = display if isinstance(display, str) else ""
    if len(display) + len(code) + len(system) > _LONGEST_CACHED:
        return Coding(canonical_system(system), code, display)
    return _cached_coding(system, code, display)


def concept(value: object) -> Concept:
    """A CodeableConcept; empty when there is nothing in it."""
    if not isinstance(value, dict):
        return NO_CONCEPT
    found = [coding(item) for item in dicts(value.get("coding"))]
    return Concept(tuple([item for item in found if item is not None]), text_of(value.get("text")))


def codes(value: object) -> tuple[str, ...]:
    """The codes of a status-like CodeableConcept, or of a list of them.

    A bare string counts as a code (FHIR releases before R4 send one), and a text without coding too.

    Raises:
        AttributeError: `coding` holds something other than Codings; a status decides too much to be guessed.
    """
    if type(value) is list and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        found = [item.get("code") for item in value.get("coding") or ()]
        if len(found) == 1 and found[0]:
            return (found[0],)
        return tuple([code for code in found if code]) if found else codes(text_of(value.get("text")).lower())
    if isinstance(value, list):
        return tuple(code for item in value for code in codes(item))
    return (value,) if isinstance(value, str) and value else ()


def relative(reference: object) -> str:
    """A reference as `Type/id`, without server and version; "" when there is none.

    A `urn:`, a contained (`#id`) and a conditional reference (`Type?query`) stay as sent.
    """
    text = text_of(reference)
    if text.count("/") == 1:
        return text
    if not text or text.startswith(("urn:", "#")) or "?" in text:
        return text
    parts = text.partition("/_history/")[0].rstrip("/").split("/")
    return "/".join(parts[-2:])


def reference_to(value: object) -> str:
    """The `Type/id` of a Reference; "" when there is none."""
    return relative(value.get("reference")) if isinstance(value, dict) else ""


def iso_time(text: str) -> datetime | None:
    """A full date or dateTime, in UTC where it has no zone; None for one that is partial or none at all."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.year < FIRST_YEAR:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def moment(value: object) -> Moment | None:
    """A date, dateTime or instant of any precision; None when absent or not one."""
    if not isinstance(value, str):
        return None
    at = iso_time(value)
    if at is None:
        return _unusual_moment(value)
    return Moment(at, "day" if len(value) <= LENGTH_OF_A_DATE else "time")


def _unusual_moment(text: str) -> Moment | None:
    if ":60" in text:  # a leap second, which Python's clock does not have
        return moment(text.replace(":60", ":59"))
    year, _, month = text.partition("-")
    if len(text) not in (4, 7) or not year.isdecimal() or (month and not month.isdecimal()):
        return None
    try:
        at = datetime(int(year), int(month or 1), 1, tzinfo=UTC)
    except ValueError:
        return None
    return Moment(at, "month" if month else "year") if at.year >= FIRST_YEAR else None


def end_of(value: object) -> datetime | None:
    """The last instant of a date, dateTime or instant, as the end of a Period means it."""
    found = moment(value)
    if found is None:
        return None
    if found.precision == "time":
        return found.at
    return datetime.combine(last_day(found), datetime.max.time(), found.at.tzinfo)


def last_day(when: Moment) -> date:
    """The last day that a moment of its precision can mean."""
    day = when.at.date()
    if when.precision == "year":
        return day.replace(month=12, day=31)
    if when.precision == "month":
        return day.replace(day=monthrange(day.year, day.month)[1])
    return day


def period(value: object) -> tuple[object, object]:
    """The raw start and end of a Period."""
    return (value.get("start"), value.get("end")) if isinstance(value, dict) else (None, None)


def number(value: object) -> float | None:
    """A JSON number, or a string that is nothing but one; None for anything else, booleans included."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None

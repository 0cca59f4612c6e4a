"""How single settings are checked: each check says what is wrong with a value, "" when nothing is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any], str]


def string(pattern: str, meaning: str) -> Check:
    """A text that a regular expression matches as a whole."""
    compiled = re.compile(pattern)
    return lambda value: "" if isinstance(value, str) and compiled.fullmatch(value) else f"must be {meaning}"


def number(low: float, high: float, *, whole: bool) -> Check:
    """A number within limits, both of which it may be."""
    kinds = (int,) if whole else (int, float)
    meaning = f"must be {'a whole number' if whole else 'a number'} from {low:g} to {high:g}"

    def check(value: Any) -> str:
        fits = isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high
        return "" if fits else meaning

    return check


def one_of(*allowed: str) -> Check:
    """One of several texts."""
    return lambda value: "" if value in allowed else f"must be one of {', '.join(allowed)}"


def flag(value: Any) -> str:
    """True or false."""
    return "" if isinstance(value, bool) else "must be true or false"


def list_of(check: Check) -> Check:
    """A list of values of one kind; the first one that is wrong is told."""

    def check_all(value: Any) -> str:
        if not isinstance(value, list):
            return "must be a list"
        return next((f"entry {n + 1} {fault}" for n, item in enumerate(value) if (fault := check(item))), "")

    return check_all


def origin(value: Any) -> str:
    """An exact web origin."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        exact = parts is not None and f"{parts.scheme}://{parts.netloc}" == value and bool(parts.hostname)
    except ValueError:
        exact = False
    if not exact or parts is None or parts.scheme not in ("https", "http") or "*" in value or "@" in value:
        return "must be an exact origin such as https://ehr.example.org, without a path or a wildcard"
    return ""


def setting(default: Any, check: Check) -> Any:
    """A field of a settings class, with its default and how it is checked."""
    return field(default=default, metadata={"check": check})

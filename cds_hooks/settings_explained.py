"""Every setting with its default, its value, where that comes from, and what it means.

Meanings are read from the docstrings of the settings' own classes: there is no second text to keep true.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from cds_hooks.settings import Settings

Source = Literal["default", "file"]
_ENTRY = re.compile(r"^ {8}(?P<names>\w+(?:, \w+)*): (?P<text>\S.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedSetting:
    """One setting.

    Attributes:
        key: "section.name", as in the file.
        default: In TOML's words; None where the setting has no default of its own.
        value: As `default`; what is secret in it is left out.
        meaning: In words.
    """

    key: str
    default: Any
    value: Any
    source: Source
    meaning: str


def explain(settings: Settings, document: Mapping[str, Any]) -> tuple[ExplainedSetting, ...]:
    """Explains the settings.

    Args:
        settings: As they were made of `document`.
        document: The parsed file; empty when there is none.
    """
    return tuple(
        _explained(section, item, getattr(settings, section), document.get(section, {}))
        for section in _sections(settings)
        for item in fields(getattr(settings, section))
    )


def document_of(path: Path | None) -> Mapping[str, Any]:
    """The parsed file; empty without one. It was read and checked before, as settings."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path else {}


def meanings(kind: type) -> Mapping[str, str]:
    """What each attribute of a class means, by the "Attributes" part of its docstring."""
    found: dict[str, str] = {}
    names: tuple[str, ...] = ()
    for line in inspect.cleandoc(kind.__doc__ or "").splitlines():
        entry = _ENTRY.match("    " + line)
        if entry:
            names = tuple(entry["names"].split(", "))
            found |= dict.fromkeys(names, entry["text"])
        elif names and line.startswith(" " * 8):
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
        else:
            names = ()
    return found


def _sections(settings: Settings) -> Iterator[str]:
    for item in fields(settings):
        if is_dataclass(getattr(settings, item.name)):
            yield item.name


def _explained(section: str, item: Field[Any], values: Any, given: Mapping[str, Any]) -> ExplainedSetting:
    key, value = f"{section}.{item.name}", getattr(values, item.name)
    meaning = meanings(type(values)).get(item.name, "")
    guideline = item.metadata.get("guideline")
    return ExplainedSetting(
        key=key,
        default=None if item.default is MISSING else _shown(item.default),
        value=_shown(value),
        source="file" if item.name in given else "default",
        meaning=f"{meaning} ({guideline})" if guideline else meaning,
    )


def _shown(value: Any) -> Any:
    """A value as it may be printed: a URL without its password, a table without what it holds."""
    if isinstance(value, str):
        return _without_password(value)
    if isinstance(value, tuple):
        return [_shown(each) for each in value]
    if isinstance(value, Mapping):
        # Of an account, only whose it is: headers and ids may be secrets of the site.
        return {name: value[name] for name in ("server", "method") if name in value}
    return value


def _without_password(value: str) -> str:
    if "://" not in value:
        return value
    parts = urlsplit(value)
    if parts.password is None and not parts.query:
        return value
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}:***@" if parts.password is not None else parts.netloc[: -len(host) or None]
    query = "***" if parts.query else ""
    return urlunsplit((parts.scheme, f"{user}{host}", parts.path, query, ""))

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

from cds_hooks.security.client import Client
from cds_hooks.settings import Settings
from fhir_adapters.server_account import FhirServer

Source = Literal["default", "file"]
# What is secret stands elsewhere, and the table says where.
_ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "secret": ("secret_env", "The environment variable that holds it: "),
    "key": ("key_file", "The file that holds it: "),
}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedKey:
    """One key of a table that may be there several times.

    Attributes:
        table: As in the file, e.g. "[[clients]]".
        key: Its name there.
        default: In TOML's words; None where the key is needed.
        meaning: In words.
    """

    table: str
    key: str
    default: Any
    meaning: str


def explain_tables() -> tuple[ExplainedKey, ...]:
    """The keys of the tables that may be there several times: who may call, and accounts at FHIR servers."""
    return (*_keys("[[clients]]", Client, {}), *_keys("[[fhir.servers]]", FhirServer, _ELSEWHERE))


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


def _keys(table: str, kind: type, elsewhere: Mapping[str, tuple[str, str]]) -> Iterator[ExplainedKey]:
    told = meanings(kind)
    for item in fields(kind):
        key, where = elsewhere.get(item.name, (item.name, ""))
        given = item.default_factory() if item.default_factory is not MISSING else item.default
        default = None if given is MISSING else _shown(given)
        yield ExplainedKey(table=table, key=key, default=default, meaning=f"{where}{told[item.name]}")


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

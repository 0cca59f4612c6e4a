"""`cuecard settings --explain`: every setting, its value, where that comes from, and what it means."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from textwrap import fill
from typing import Any

import orjson

from cds_hooks.commands.output import say, width
from cds_hooks.environment import is_set, variables
from cds_hooks.settings import Settings, load_settings
from cds_hooks.settings_explained import ExplainedSetting, document_of, explain, explain_tables


def run(options: Namespace) -> None:
    """Prints the settings of a file, or the defaults; with `--explain` what each means.

    Raises:
        SettingsError: The file has faults; all of them are listed.
    """
    settings = load_settings(options.config) if options.config else Settings()
    document = document_of(options.config)
    explained, secrets = explain(settings, document), variables(document)
    if options.json:
        say(_as_json(explained, secrets, explained_too=options.explain))
    else:
        say("\n".join(_lines(explained, secrets, explained_too=options.explain)))


def _as_json(
    explained: Sequence[ExplainedSetting], secrets: Sequence[tuple[str, str]], *, explained_too: bool
) -> str:
    rows = [asdict(each) for each in explained]
    if not explained_too:
        rows = [{name: row[name] for name in ("key", "value", "source")} for row in rows]
    named = [{"key": key, "variable": name, "is_set": is_set(name)} for key, name in secrets]
    tree: dict[str, Any] = {"settings": rows, "environment": named}
    if explained_too:
        tree["tables"] = [asdict(each) for each in explain_tables()]
    return orjson.dumps(tree, option=orjson.OPT_INDENT_2).decode()


def _lines(
    explained: Sequence[ExplainedSetting], secrets: Sequence[tuple[str, str]], *, explained_too: bool
) -> Iterator[str]:
    for each in explained:
        origin = "default" if each.source == "default" else f"file; default: {_toml(each.default)}"
        yield f"{each.key} = {_toml(each.value)}   # {origin}"
        if explained_too:
            yield fill(each.meaning, width(), initial_indent="    ", subsequent_indent="    ")
    if explained_too:
        yield from _table_lines()
    for key, name in secrets:
        yield f"{key} = ${name}   # environment: {'set, never shown' if is_set(name) else 'not set'}"


def _table_lines() -> Iterator[str]:
    """The keys of the tables that may be there several times; whose values, by design, are not shown."""
    for table, keys in groupby(explain_tables(), lambda each: each.table):
        yield f"{table}   # as many as there are"
        for each in keys:
            origin = "is needed" if each.default is None else f"default: {_toml(each.default)}"
            yield f"{each.key}   # {origin}"
            yield fill(each.meaning, width(), initial_indent="    ", subsequent_indent="    ")


def _toml(value: object) -> str:
    """A value as it stands in the file; "none" for what is left out there."""
    return "none" if value is None else orjson.dumps(value).decode()

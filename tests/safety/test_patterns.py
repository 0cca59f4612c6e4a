"""Every pattern against long hostile text: its time grows with the length, not with its square."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import cds_hooks
import fhir_adapters
import models
from tests.growth import least_s

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (cds_hooks, fhir_adapters, models)
# What trains a model, and what only Alembic can import.
LEFT_OUT = ("models.training", "cds_hooks.ledger.migrations.")
AT_ONE_PLACE = {"match", "fullmatch"}
DIRECT = {"match", "search", "sub", "subn", "finditer", "fullmatch", "split", "findall"}
# Patterns in tables, or that a loop names: the code calls only match or fullmatch, once for a text.
MATCHED_ONLY = {
    "cds_hooks.risk_assessments._YEARS": "fullmatch of a horizon, by a loop over the three units",
    "cds_hooks.risk_assessments._DAYS": "fullmatch of a horizon, by a loop over the three units",
    "cds_hooks.risk_assessments._HOURS": "fullmatch of a horizon, by a loop over the three units",
    "fhir_adapters.mapping.quantity._REFUSED": "match at the start of a value",
    "models.notes.repairing._TESTED": "match behind a mention, by a name for it or _MEASURED",
    "models.notes.repairing._MEASURED": "match behind a mention, by a name for it or _TESTED",
}
# Patterns that the code gives a short piece of a text only.
BOUNDED = {
    "fhir_adapters.notes.sections._INLINE": "the LONGEST_HEADING characters before a colon",
}
SHORT, LONGER = 2_000, 6_000
LONG, LONGEST = 50_000, 100_000
FAST = 0.050
CHARACTERS = (
    *"aA19 \n\t-[](){}.,:;/|*_'\"<\\&=+?!~^@%#é",
    *("1a", "a ", "1 ", "A ", "a.", "1.", "1,", "a-", "a\n", "\n ", "- ", "a'", " \n"),
)


@dataclasses.dataclass(frozen=True)
class Found:
    """A pattern, the module-level name that it is found under, and whether it is tried at one place only."""

    name: str
    pattern: re.Pattern[Any]
    at_one_place: bool


def _names() -> Iterator[str]:
    for package in PACKAGES:
        yield package.__name__
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.startswith(LEFT_OUT) and not module.name.endswith(".__main__"):
                yield module.name


def _inside(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4:
        parts: Iterable[object] = ()
        if isinstance(value, dict):
            parts = (*value.keys(), *value.values())
        elif isinstance(value, tuple | list | set | frozenset):
            parts = value
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            parts = [getattr(value, field.name, None) for field in dataclasses.fields(value)]
        for part in parts:
            if not isinstance(part, str | int | float | None):
                yield from _inside(part, depth + 1)


@cache
def _sources() -> tuple[tuple[Path, ast.Module], ...]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package.__name__).rglob("*.py"))]
    kept = [path for path in paths if not path.is_relative_to(ROOT / "models/training")]
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in kept)


def _imported_names(tree: ast.Module) -> set[str]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {f"{node.module}.{alias.name}" for node in imports for alias in node.names}


def _matched_names(tree: ast.Module) -> set[str]:
    """The names of a module that nothing is done with but to call match or fullmatch."""
    loads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    calls = {id(node.value): node.attr for node in attributes}
    used = {node.id for node in loads}
    return used - {node.id for node in loads if calls.get(id(node)) not in AT_ONE_PLACE}


@cache
def _matched_only() -> frozenset[str]:
    matched: set[str] = set()
    imported: set[str] = set()
    for path, tree in _sources():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        matched |= {f"{module}.{name}" for name in _matched_names(tree)}
        imported |= _imported_names(tree)
    return frozenset(matched - imported)


@cache
def _patterns() -> tuple[Found, ...]:
    found: dict[int, Found] = {}
    for module in _names():
        for name, value in vars(importlib.import_module(module)).items():
            full = f"{module}.{name}"
            for pattern in _inside(value) if not name.startswith("__") else ():
                only = full in _matched_only() or full in MATCHED_ONLY
                known = found.get(id(pattern))
                if known is None or (known.at_one_place and not only and not known.name.endswith(name)):
                    found[id(pattern)] = Found(full, pattern, only)
    return tuple(found.values())


def _literals(parts: Any) -> Iterator[str]:
    """The texts that a parsed pattern names letter by letter."""
    word = ""
    for kind, value in parts:
        if str(kind) == "LITERAL":
            word += chr(value)
            continue
        yield word
        word = ""
        for inner in value if isinstance(value, tuple) else (value,):
            for each in inner if isinstance(inner, list) else (inner,):
                if isinstance(each, _parser.SubPattern):
                    yield from _literals(each)
    yield word


def _pieces(pattern: re.Pattern[Any]) -> list[str]:
    """What hostile texts repeat: single characters, pairs, and the pattern's own words."""
    words = {word for word in _literals(_parser.parse(pattern.pattern, pattern.flags)) if word}
    spaced = sorted(words, key=lambda word: (-len(word), word))[:8]
    return list(dict.fromkeys((*CHARACTERS, *sorted(words)[:16], *(f"{word} " for word in spaced))))


def _text(piece: str, size: int, pattern: re.Pattern[Any]) -> Any:
    # The last character is one that no pattern reads: what has matched so far is tried in all other ways.
    text = (piece * (size // len(piece) + 1))[:size] + "\x00"
    return text.encode("utf-8") if isinstance(pattern.pattern, bytes) else text


def _read(found: Found, text: Any) -> None:
    if found.at_one_place:
        found.pattern.match(text)
        found.pattern.fullmatch(text)
    else:
        for _ in found.pattern.finditer(text):
            pass


def _grows(found: Found, piece: str, sizes: tuple[int, int], times: float, fast: float) -> bool:
    """True when the longer of two texts takes more than `fast` seconds and `times` the shorter, each time."""
    short, long = (_text(piece, size, found.pattern) for size in sizes)
    for runs in (1, 2, 4):
        longer = least_s(lambda: _read(found, long), runs)
        if longer <= fast or longer <= times * least_s(lambda: _read(found, short), runs):
            return False
    return True


def _too_slow(found: Found) -> str:
    """The piece whose repeats take a time that grows faster than their length; "" when there is none."""
    cost: dict[str, float] = {}
    for piece in _pieces(found.pattern):
        # Three times the length takes nine times as long where the time is quadratic.
        if _grows(found, piece, (SHORT, LONGER), 5, 0.001):
            return piece
        text = _text(piece, LONGER, found.pattern)
        cost[piece] = least_s(lambda text=text: _read(found, text), 1)  # type: ignore[misc]
    slowest = max(cost, key=cost.__getitem__)
    return slowest if _grows(found, slowest, (LONG, LONGEST), 3, FAST) else ""


def test_no_pattern_takes_long_on_any_text() -> None:
    found = _patterns()
    assert len(found) > 150
    slow = {each.name: piece for each in found if each.name not in BOUNDED and (piece := _too_slow(each))}
    assert not slow, f"time grows faster than the text, a repeat of: {slow}"


def test_a_quadratic_pattern_is_found() -> None:
    assert _too_slow(Found("searched", re.compile(r"\d+x"), at_one_place=False))
    assert not _too_slow(Found("matched", re.compile(r"\d+x"), at_one_place=True))
    assert _too_slow(Found("nested", re.compile(rb"[a-z]*[a-z]*;"), at_one_place=True))


def test_what_is_said_of_patterns_is_true_of_some() -> None:
    assert {*MATCHED_ONLY, *BOUNDED} <= {found.name for found in _patterns()}
    assert not set(MATCHED_ONLY) & _matched_only()


def test_patterns_are_compiled_where_they_are_found() -> None:
    """A pattern given as text to `re` itself would not be among those that are tried."""
    inline = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in DIRECT
    ]
    taken = [path for path, tree in _sources() if {f"re.{name}" for name in DIRECT} & _imported_names(tree)]
    assert not inline
    assert not taken

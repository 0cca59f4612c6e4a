"""A search as values: parsed from a query string, matched against the store, answered as a searchset."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from fhir_adapters.embedded.indexing import IndexValue, Interval, date_interval, fold
from fhir_adapters.embedded.reply import Refusal
from fhir_adapters.embedded.search_parameters import PARAMETERS, SearchParameter
from fhir_adapters.embedded.store import Store, Stored

DEFAULT_COUNT = 100
MAX_COUNT = 1000
MAX_FIELDS = 500
OFFSET = "_offset"
_PAGING = ("_count", OFFSET)
_FORMATTING = ("_format", "_pretty")
_UNESCAPED_COMMA = re.compile(r"(?<!\\),")
_MODIFIERS = {"string": ("exact", "contains"), "reference": ("Patient", "Encounter")}

Test = Callable[[IndexValue], bool]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One parameter with its values: a resource matches when any value does."""

    parameter: str
    test: Test
    values: tuple[str, ...]

    def holds(self, stored: Stored) -> bool:
        """True for a resource that has the parameter's element and a matching value."""
        indexed = stored.index.get(self.parameter)
        return indexed is not None and self.test(indexed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A parsed search; `applied` holds the parameters that took effect, for the self link."""

    resource_type: str
    criteria: tuple[Criterion, ...]
    sort: tuple[tuple[str, bool], ...]  # (parameter, newest or last first)
    count: int
    offset: int
    only_total: bool
    applied: tuple[tuple[str, str], ...]


def parse_search(resource_type: str, query: str, *, strict: bool) -> Search:
    """Reads a query string.

    Args:
        resource_type: A served type.
        query: As in the URL or a form body, percent-encoded.
        strict: Refuse what is not understood instead of leaving it out.

    Raises:
        Refusal: 400 for a malformed value or an unknown modifier, and for unknown parameters when strict.
    """
    criteria: list[Criterion] = []
    applied: list[tuple[str, str]] = []
    control = {"_sort": "", "_count": "", OFFSET: "", "_summary": ""}
    known = PARAMETERS[resource_type]
    for name, value in _pairs(query):
        base, _, modifier = name.partition(":")
        if name in control and (name != "_summary" or value == "count"):
            control[name] = value
        elif base in known and value:
            criteria.append(_criterion(known[base], modifier, value))
        elif name in _FORMATTING:
            continue
        elif strict:
            raise Refusal(400, "not-supported", f"search parameter not supported: {base[:40]}")
        else:
            continue
        if name not in _PAGING:
            applied.append((name, value))
    return Search(
        resource_type=resource_type,
        criteria=tuple(criteria),
        sort=_sort_keys(control["_sort"], known),
        count=min(_whole_number("_count", control["_count"], DEFAULT_COUNT), MAX_COUNT),
        offset=_whole_number(OFFSET, control[OFFSET], 0),
        only_total=control["_summary"] == "count",
        applied=tuple(applied),
    )


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Refusal(400, "too-costly", f"more than {MAX_FIELDS} search parameters") from None


def _whole_number(name: str, text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refusal(400, "value", f"{name} must be a whole number of 0 or more")
    return int(text)


def _sort_keys(text: str, known: dict[str, SearchParameter]) -> tuple[tuple[str, bool], ...]:
    keys = []
    for key in filter(None, text.split(",")):
        name = key.removeprefix("-")
        if name not in known or known[name].kind == "reference":
            raise Refusal(400, "not-supported", f"can't sort by {name[:40]}")
        keys.append((name, key.startswith("-")))
    return tuple(keys)


def _criterion(parameter: SearchParameter, modifier: str, text: str) -> Criterion:
    if modifier and modifier not in _MODIFIERS.get(parameter.kind, ()):
        raise Refusal(400, "not-supported", f"modifier not supported on {parameter.name}")
    values = tuple(
        part.replace("\\,", ",").replace("\\|", "|").replace("\\$", "$").replace("\\\\", "\\")
        for part in _UNESCAPED_COMMA.split(text)
        if part
    )
    match parameter.kind:
        case "date":
            test = _date_test(parameter.name, values)
        case "string":
            test = _string_test(values, modifier)
        case "reference":
            values = tuple(_reference_key(value, modifier) for value in values)
            test = _set_test(frozenset(values))
        case "code":
            test = _set_test(frozenset(value.rpartition("|")[2] for value in values))
        case _:
            test = _set_test(frozenset(values))
    return Criterion(parameter.name, test, values)


def _reference_key(value: str, modifier: str) -> str:
    """`Type/id`, or the bare id where the type was not said."""
    tail = value.rstrip("/").split("/")[-2:]
    return "/".join(tail) if len(tail) == 2 or not modifier else f"{modifier}/{tail[0]}"


def _set_test(wanted: frozenset[str]) -> Test:
    def test(indexed: IndexValue) -> bool:
        return not wanted.isdisjoint(indexed)

    return test


def _string_test(values: tuple[str, ...], modifier: str) -> Test:
    wanted = tuple(fold(value) for value in values)

    def test(indexed: IndexValue) -> bool:
        texts: list[str] = [text for text in indexed if isinstance(text, str)]
        if modifier == "exact":
            return any(text in wanted for text in texts)
        if modifier == "contains":
            return any(part in text for text in texts for part in wanted)
        return any(text.startswith(wanted) for text in texts)

    return test


def _date_test(name: str, values: tuple[str, ...]) -> Test:
    tests = [_one_date_test(name, value) for value in values]

    def test(indexed: IndexValue) -> bool:
        intervals = [interval for interval in indexed if isinstance(interval, tuple)]
        return any(one(interval) for one in tests for interval in intervals)

    return test


def _one_date_test(name: str, value: str) -> Callable[[Interval], bool]:
    prefix, text = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
    wanted = date_interval(text.replace(" ", "+"))
    if wanted is None or prefix not in _COMPARISONS:
        raise Refusal(400, "value", f"{name} must be a date, with a prefix eq, ne, ge, le, gt, lt, sa or eb")
    compare = _COMPARISONS[prefix]

    def test(interval: Interval) -> bool:
        return compare(interval, wanted)

    return test


# FHIR R4 3.1.1.4.5: how the time of a resource (r) and the time of the query (q) compare.
_COMPARISONS: dict[str, Callable[[Interval, Interval], bool]] = {
    "eq": lambda r, q: q[0] <= r[0] and r[1] <= q[1],
    "ne": lambda r, q: not (q[0] <= r[0] and r[1] <= q[1]),
    "gt": lambda r, q: r[1] > q[1],
    "ge": lambda r, q: r[1] > q[0],
    "lt": lambda r, q: r[0] < q[0],
    "le": lambda r, q: r[0] < q[1],
    "sa": lambda r, q: r[0] >= q[1],
    "eb": lambda r, q: r[1] <= q[0],
}


def run_search(store: Store, search: Search) -> list[Stored]:
    """All matches, sorted; without a sort, in the order in which they were first stored."""
    found = [
        stored
        for stored in store.candidates(search.resource_type, _only(search, "_id"), _patients(search))
        if all(criterion.holds(stored) for criterion in search.criteria)
    ]
    for name, descending in reversed(search.sort):
        present = [stored for stored in found if name in stored.index]
        absent = [stored for stored in found if name not in stored.index]
        present.sort(key=lambda stored: _sort_value(stored, name), reverse=descending)
        found = present + absent
    return found


def _sort_value(stored: Stored, name: str) -> Any:
    return min(stored.index[name])  # values of one parameter are of one type


def _only(search: Search, name: str) -> tuple[str, ...] | None:
    values = [criterion.values for criterion in search.criteria if criterion.parameter == name]
    return tuple(dict.fromkeys(values[0])) if values else None


def _patients(search: Search) -> tuple[str, ...] | None:
    wanted = _only(search, "patient") or _only(search, "subject")
    return tuple(dict.fromkeys(value.rpartition("/")[2] for value in wanted)) if wanted else None


def searchset(search: Search, found: list[Stored], base_url: str) -> dict[str, Any]:
    """The page of matches that was asked for, as a Bundle ready for orjson."""
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    bundle["link"] = [{"relation": "self", "url": _link(search, base_url, search.offset)}]
    if search.only_total or search.count == 0:
        return bundle
    after = search.offset + search.count
    if after < len(found):
        bundle["link"].append({"relation": "next", "url": _link(search, base_url, after)})
    page = found[search.offset : after]
    if page:  # FHIR has no empty arrays
        bundle["entry"] = [
            {
                "fullUrl": f"{base_url}/{stored.resource_type}/{stored.resource_id}",
                "resource": orjson.Fragment(stored.body),
                "search": {"mode": "match"},
            }
            for stored in page
        ]
    return bundle


def _link(search: Search, base_url: str, offset: int) -> str:
    pairs = [*search.applied, ("_count", str(search.count))]
    if offset:
        pairs.append((OFFSET, str(offset)))
    return f"{base_url}/{search.resource_type}?{urlencode(pairs)}"

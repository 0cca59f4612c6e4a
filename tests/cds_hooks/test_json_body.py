from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.errors import BadRequest
from cds_hooks.json_body import MAX_DEPTH, parse_json

TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=6) | st.sampled_from(
    ['":', '": "', "\\", '"', "a:b", " :", '\\":']
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"a": 1',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1,}',
        b"{'a': 1}",
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\x00"}',
        b'{"a": 1} {}',
    ],
)
def test_what_is_not_json_in_utf_8_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest, match="not valid JSON"):
        parse_json(raw)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1000, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    with pytest.raises(BadRequest, match="nested too deeply"):
        parse_json(b"[" * depth + b"]" * depth)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a"  :1,"a":2}',
        b'{"a"\t:1,"a"\n:2}',
        b'{"a":1,"\\u0061":2}',
        b'{"x":[{"a":{},"a":{}}]}',
        # an escaped colon in a string must not make up for the one that is lost with the key
        b'{"a":1,"a":2,"b":"\\u003a"}',
        b'{"a":1,"a":2,"b":"\\u003A"}',
        b'{"a":":","a":"::"}',
    ],
)
def test_a_key_that_is_given_twice_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest, match="same key twice"):
        parse_json(raw)


@pytest.mark.parametrize(
    "raw",
    [b'{"a":"\\u003a","b":"\\u0022:"}', b'{ "a" : "\\": :" , "b" : 1.50 }', b'{"a":{"b":1},"b":{"a":1}}'],
)
def test_keys_that_only_look_alike_are_read(raw: bytes) -> None:
    assert parse_json(raw) == json.loads(raw)


@given(TREES, st.sampled_from([None, 2]), st.booleans())
def test_every_way_of_writing_a_tree_is_read_back(tree: Any, indent: int | None, ascii_only: bool) -> None:
    raw = json.dumps(tree, indent=indent, ensure_ascii=ascii_only, separators=(" ,", " : ")).encode()
    assert parse_json(raw) == orjson.loads(raw)


@given(st.dictionaries(TEXT, LEAVES, min_size=1, max_size=5), LEAVES, st.booleans(), st.data())
def test_a_repeated_key_is_found_in_every_way_of_writing(
    members: dict[str, Any], value: Any, ascii_only: bool, data: st.DataObject
) -> None:
    twice = data.draw(st.sampled_from(sorted(members)))
    pairs = [*members.items(), (twice, value)]
    colon = data.draw(st.sampled_from([":", " :", ": ", "\n\t: "]))
    texts = (f"{json.dumps(key, ensure_ascii=ascii_only)}{colon}{json.dumps(item)}" for key, item in pairs)
    with pytest.raises(BadRequest, match="same key twice"):
        parse_json(("{" + ",".join(texts) + "}").encode())

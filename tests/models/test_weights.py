"""Weights are used only when they are what their manifest says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.weights import (
    MANIFEST,
    WeightsError,
    digest_of,
    load_manifest,
    load_network_manifest,
    tokenizer_of,
    verified,
)

_HASH = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # of b"hello"


def _table(**changes: Any) -> dict[str, Any]:
    return {
        "name": "notes",
        "version": "1",
        "files": {"a.bin": _HASH},
        "heads": {"clinical": ["O", "B-problem", "I-problem"]},
        "max_positions": 512,
        "word_shapes": True,
        "trained_on": ["x"],
        **changes,
    }


def _folder(tmp_path: Path, table: object, content: bytes = b"hello") -> Path:
    (tmp_path / MANIFEST).write_text(json.dumps(table), encoding="utf-8")
    (tmp_path / "a.bin").write_bytes(content)
    return tmp_path


def test_a_file_with_the_hash_of_the_manifest_is_given(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _table())
    assert verified(folder, load_manifest(folder), "a.bin") == b"hello"


def test_a_changed_file_is_refused_without_naming_the_path(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _table(), b"hellp")
    with pytest.raises(WeightsError, match=r"^a\.bin: ") as caught:
        verified(folder, load_manifest(folder), "a.bin")
    assert str(tmp_path) not in str(caught.value)


def test_a_file_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _table())
    (folder / "b.bin").write_bytes(b"hello")
    with pytest.raises(WeightsError, match="does not name"):
        verified(folder, load_manifest(folder), "b.bin")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _table(files={"gone.bin": _HASH}))
    with pytest.raises(WeightsError, match=r"gone\.bin"):
        verified(folder, load_manifest(folder), "gone.bin")


def test_what_the_manifest_says_besides_is_kept(tmp_path: Path) -> None:
    assert load_network_manifest(_folder(tmp_path, _table())).details == {"trained_on": ["x"]}


@pytest.mark.parametrize("name", ["../a.bin", "/etc/passwd", "sub/a.bin", "..", "..\\a.bin"])
def test_a_file_name_with_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightsError, match="folder"):
        load_manifest(_folder(tmp_path, _table(files={name: _HASH})))


@pytest.mark.parametrize("key", ["name", "version", "files", "heads", "max_positions", "word_shapes"])
def test_a_manifest_that_lacks_something_is_refused(tmp_path: Path, key: str) -> None:
    table = _table()
    del table[key]
    with pytest.raises(WeightsError, match=key):
        load_network_manifest(_folder(tmp_path, table))


@pytest.mark.parametrize(
    "changes", [{"files": {"a.bin": "short"}}, {"heads": {"clinical": "O"}}, {"max_positions": True}]
)
def test_a_manifest_with_a_value_of_the_wrong_kind_is_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(WeightsError):
        load_network_manifest(_folder(tmp_path, _table(**changes)))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_manifest_that_is_no_json_object_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(WeightsError, match=MANIFEST):
        load_manifest(tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=MANIFEST):
        load_manifest(tmp_path)


def test_something_that_is_no_tokenizer_is_refused() -> None:
    with pytest.raises(WeightsError, match="tokenizer"):
        tokenizer_of(b"{}")


def test_the_digest_changes_with_any_file() -> None:
    assert len({digest_of(["a", "b"]), digest_of(["a", "c"]), digest_of(["b", "a"]), digest_of(["ab"])}) == 4

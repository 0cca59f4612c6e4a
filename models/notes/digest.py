"""What names a note's text, and what names the rules that read it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

_RULES: Final = frozenset({".py", ".json", ".safetensors"})


def digest_of(text: str) -> str:
    """SHA-256 of a note's text, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def rules_digest() -> str:
    """SHA-256 of the code, word lists and vocabularies that make mentions of spans, hexadecimal."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _RULES):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

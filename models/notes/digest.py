"""What names a note's text, and what names the rules that read it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

_RULES: Final = frozenset({".py", ".json", ".safetensors"})
_ELSEWHERE: Final = Path(__file__).resolve().parents[2] / "fhir_adapters"
# What decides readings and is kept elsewhere: the cut into sections, and how values of tests are converted.
OUTSIDE: Final = (
    "notes/section_kinds.py",
    "notes/sections.py",
    "terminology/analyte.py",
    "terminology/analytes.py",
    "terminology/laboratory.py",
    "terminology/unit_spellings.csv",
    "terminology/units.py",
    "terminology/vital_signs.py",
)


def digest_of(text: str) -> str:
    """SHA-256 of a note's text, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def rules_digest() -> str:
    """SHA-256 of the code, word lists and vocabularies that make mentions of a text, hexadecimal.

    Raises:
        OSError: A file of `OUTSIDE` is not where it belongs.
    """
    folder = Path(__file__).parent
    own = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in _RULES]
    digest = hashlib.sha256()
    for root, names in ((folder, sorted(own)), (_ELSEWHERE, OUTSIDE)):
        for name in names:
            digest.update(name.encode())
            digest.update(hashlib.sha256((root / name).read_bytes()).digest())
    return digest.hexdigest()

"""How the name of a condition or a result is compared: whole, and without what only looks different."""

from __future__ import annotations

import re
import unicodedata

_TAG = re.compile(r"(?<!\s)\s*\((?:disorder|finding|disease|situation|morphologic abnormality)\)\s*$")
_PUNCTUATION = re.compile(r"[\s\-–,.;:()'’/]+")
_BRITISH = (("aemi", "emi"), ("haem", "hem"), ("oedem", "edem"), ("ischaem", "ischem"), ("oesoph", "esoph"))


def folded(name: str) -> str:
    """A name without case, punctuation, SNOMED CT's tag "(disorder)" and British spelling.

    A question mark stays, so that a suspicion is another name.
    """
    text = _TAG.sub("", unicodedata.normalize("NFKC", name).casefold())
    for british, american in _BRITISH:
        text = text.replace(british, american)
    return _PUNCTUATION.sub(" ", text).strip()

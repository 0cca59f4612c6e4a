"""Words of a clinical phrase, folded so that spellings of the same name are the same words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

# A run of letters and digits; a possessive s belongs to its word. One pass, nothing to go back over.
WORD = re.compile(r"[^\W_]+(?:['’]s(?![^\W_]))?")
# Longer runs are noise, never a name.
LONGEST = 40

# British to American, by the letters that differ; only for words that hold a digraph.
_BRITISH = (
    ("aem", "em"),
    ("haem", "hem"),
    ("oede", "ede"),
    ("oeso", "eso"),
    ("oest", "est"),
    ("rrhoea", "rrhea"),
    ("pnoea", "pnea"),
    ("paed", "ped"),
    ("paenia", "penia"),
    ("aesth", "esth"),
    ("faec", "fec"),
    ("caec", "cec"),
    ("gynaec", "gynec"),
    ("coeli", "celi"),
    ("foet", "fet"),
    ("tumour", "tumor"),
    ("leucoc", "leukoc"),
    ("sulph", "sulf"),
)


# Letters that only folded words lack.
_ODD = re.compile(r"[^\x00-\x7f]|'|ae|oe|tumour|leucoc|sulph")


def fold(word: str) -> str:
    """One word in lower case, without accents, possessive s or British digraphs."""
    low = word.lower()
    if _ODD.search(low) is None:
        return low
    if not low.isascii():
        low = low.replace("’s", "'s")
        low = "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))
    if low.endswith("'s"):
        low = low[:-2]
    for british, american in _BRITISH:
        low = low.replace(british, american)
    return low


def words_of(text: str) -> list[str]:
    """The folded words of a phrase, in order."""
    return [fold(word) for word in WORD.findall(text) if len(word) <= LONGEST]


def plurals(word: str) -> Iterator[str]:
    """The plural of a word as medical English forms it, and the word itself.

    Nothing is made of short words, of numbers and of words that already end in s.
    """
    yield word
    if len(word) < 4 or not word.isalpha():
        return
    if word.endswith(("sis", "xis")):
        yield word[:-2] + "es"
    elif word.endswith(("s", "x", "z", "ch", "sh")):
        yield word + "es"
    elif word.endswith("y") and word[-2] not in "aeiou":
        yield word[:-1] + "ies"
    else:
        yield word + "s"
    if word.endswith("oma"):
        yield word + "ta"


def canonical_forms(vocabulary: Iterable[str]) -> dict[str, str]:
    """Every form of the vocabulary's words, to the one form that names are kept under.

    Where a vocabulary holds both a word and its plural, the shorter one stands for both.
    """
    forms: dict[str, str] = {}
    for word in sorted(set(vocabulary), key=lambda w: (len(w), w)):
        if word in forms:
            continue
        for form in plurals(word):
            forms.setdefault(form, word)
    return forms

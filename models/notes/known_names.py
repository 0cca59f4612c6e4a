"""Names that the training documents marked: where a text has one, less is needed to mark the whole of it.

A network of this size does not know by heart every name it was shown; it overlooks some and cuts words off
others. On the development part of BC5CDR, read by a network that had not seen it, strict F1 rises from 85.9
to 86.3; on a development tenth of MACCROBAT from 63.1 to 63.7 (both with `agreement.py`).

A name is kept as a hash: the file holds no text of a corpus.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import exp

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.notes.decoding import Float, LabelledRun

# Among some ten thousand names and the pieces of a note, two alike by chance are less than one in 10^11.
_BYTES = 8
_WRAP, _PRIME = (1 << 64) - 1, 0x9E3779B97F4A7C15
# How much less likely the whole name may be than what was decoded there, in log-odds.
_MARGIN = 4.0


@dataclass(frozen=True, slots=True, repr=False)
class KnownNames:
    """The names of one head.

    Attributes:
        types: Type by hash of the name.
        longest: Words of the longest name by hash of its first word.
    """

    types: Mapping[int, str]
    longest: Mapping[int, int]

    def longest_at(self, hashes: Sequence[int], start: int) -> tuple[int, str] | None:
        """End and type of the longest name that begins at a word."""
        found, value = None, 0
        longest = self.longest[hashes[start]]
        for end in range(start + 1, min(start + longest, len(hashes)) + 1):
            value = _joined(value, hashes[end - 1])
            if value in self.types:
                found = end, self.types[value]
        return found


def word_hashes(words: Sequence[str]) -> list[int]:
    """A hash for each word; words are in lower case, as `Tokens.words` gives them."""
    known = {
        word: hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=_BYTES)
        for word in set(words)
    }
    values = {word: int.from_bytes(each.digest(), "big") for word, each in known.items()}
    return [values[word] for word in words]


def name_hash(words: Sequence[str]) -> int:
    """The hash of a name by those of its words."""
    return reduce(_joined, word_hashes(words), 0)


def _joined(value: int, word: int) -> int:
    return (value * _PRIME + word) & _WRAP


def with_known_names(
    runs: Sequence[LabelledRun],
    scores: Float,
    labels: Sequence[str],
    hashes: Sequence[int],
    names: KnownNames,
) -> list[LabelledRun]:
    """The runs, with names marked that were unmarked or marked in part, where the network was near to it.

    A run of another type, one that reaches beyond the name, and two runs within it stay as they are.

    Args:
        runs: As `decode` gives them.
        scores: Log-probabilities, shape (words, labels).
        labels: Of the head.
        hashes: Of the text's words.

    Returns:
        Disjoint runs in order. Scores are the model's own, as in `decode`.
    """
    column = {label: number for number, label in enumerate(labels)}
    covering = {word: run for run in runs for word in range(run.start, run.end)}
    kept = set(runs)
    behind = 0
    for start in _near(scores, column, runs):
        known = start >= behind and hashes[start] in names.longest
        found = names.longest_at(hashes, start) if known else None
        if found is None:
            continue
        end, type_ = found
        behind = end
        inside = {covering[word] for word in range(start, end) if word in covering}
        if len(inside) < 2 and all(_within(run, start, end, type_) for run in inside):
            begin, go_on = column[f"B-{type_}"], column[f"I-{type_}"]
            whole = _sum(scores, start, [begin, *[go_on] * (end - start - 1)])
            path = [column["O"]] * (end - start)
            for run in inside:
                path[run.start - start : run.end - start] = [begin, *[go_on] * (run.end - run.start - 1)]
            if whole > _sum(scores, start, path) - _MARGIN:
                kept -= inside
                kept.add(LabelledRun(start, end, type_, exp(whole / (end - start))))
    return sorted(kept, key=lambda run: run.start)


def _near(scores: Float, column: Mapping[str, int], runs: Sequence[LabelledRun]) -> list[int]:
    """Words that a name may begin at: in a run, up to two before one, or where the network can imagine it."""
    begins = [number for label, number in column.items() if label.startswith("B-")]
    odds = scores[:, begins].max(axis=1) - scores[:, column["O"]]
    near = odds > -_MARGIN
    for run in runs:
        near[max(0, run.start - 2) : run.end] = True
    return np.flatnonzero(near).tolist()


def _within(run: LabelledRun, start: int, end: int, type_: str) -> bool:
    return run.type == type_ and start <= run.start and run.end <= end and run.end - run.start < end - start


def _sum(scores: Float, start: int, path: Sequence[int]) -> float:
    return float(scores[range(start, start + len(path)), path].sum())


def to_file(names: Mapping[str, Mapping[tuple[str, ...], str]], heads: Mapping[str, Sequence[str]]) -> bytes:
    """Type by name of each head, as the file of a weights folder.

    Args:
        names: By head; each name as its words in lower case.
        heads: Labels by head.
    """
    arrays = {}
    for head, by_name in names.items():
        types = types_of(heads[head])
        hashed = sorted((name_hash(name), types.index(type_)) for name, type_ in by_name.items())
        longest: dict[int, int] = {}
        for name in by_name:
            (first,) = word_hashes(name[:1])
            longest[first] = max(longest.get(first, 0), len(name))
        arrays[f"{head}.names"] = np.array([each for each, _ in hashed], np.uint64)
        arrays[f"{head}.types"] = np.array([number for _, number in hashed], np.uint8)
        arrays[f"{head}.firsts"] = np.array(sorted(longest), np.uint64)
        arrays[f"{head}.longest"] = np.array([longest[each] for each in sorted(longest)], np.uint8)
    return save(arrays)


def from_file(content: bytes, heads: Mapping[str, Sequence[str]]) -> dict[str, KnownNames]:
    """The names by head, from what `to_file` gave.

    Raises:
        ValueError: It is no such file, or not of these heads.
    """
    try:
        arrays = load(content)
        found = {}
        for head in {key.rpartition(".")[0] for key in arrays}:
            types = types_of(heads[head])
            numbers = [types[number] for number in arrays[f"{head}.types"].tolist()]
            found[head] = KnownNames(
                types=dict(zip(arrays[f"{head}.names"].tolist(), numbers, strict=True)),
                longest=dict(
                    zip(arrays[f"{head}.firsts"].tolist(), arrays[f"{head}.longest"].tolist(), strict=True)
                ),
            )
    except (SafetensorError, LookupError, ValueError) as error:
        raise ValueError(type(error).__name__) from None
    return found


def types_of(labels: Sequence[str]) -> list[str]:
    """The types of a head, in the order of its labels."""
    return [label[2:] for label in labels if label.startswith("B-")]

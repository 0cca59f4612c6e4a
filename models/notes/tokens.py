"""Text to word pieces that know where they came from: the same for training and for serving."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Int = NDArray[np.int64]

# Word shapes, fed to the encoder in the place of its segment ids: an uncased vocabulary forgets capitals, and
# capitals tell a drug name or an abbreviation from a word. Row 0 is the encoder's own first segment.
SHAPES = ("lower", "capitalised", "capitals", "mixed", "digits")
# A line with a larger share of capitals than this is shouted: its capitals mean nothing.
_SHOUTED = 0.6
# Half of a character, which JSON can carry and UTF-8 can't; replaced one for one, so that offsets stay.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The word pieces of one text.

    Attributes:
        ids: Vocabulary ids, without special tokens, shape (n,).
        starts: Character offset of each piece in the text, shape (n,).
        ends: Character offset behind each piece, shape (n,).
        first: True where a piece begins a word (a run of letters and digits, or one punctuation mark).
        shapes: Index into `SHAPES` of the word a piece belongs to, shape (n,).
        cuts: Token indices at which a window may begin: after a line or a sentence, ascending.
    """

    ids: Int
    starts: Int
    ends: Int
    first: NDArray[np.bool_]
    shapes: Int
    cuts: Int

    def __len__(self) -> int:
        return len(self.ids)

    def words(self, text: str) -> list[str]:
        """The words of the text that was cut, as it has them."""
        begins = np.flatnonzero(self.first)
        lasts = np.append(begins[1:], len(self))[: len(begins)] - 1
        edges = zip(self.starts[begins].tolist(), self.ends[lasts].tolist(), strict=True)
        return [text[start:end] for start, end in edges]


class NoteTokenizer:
    """A `tokenizers` file with its baked-in truncation and padding switched off.

    The file that comes with the backbone cuts every text at 128 pieces; a note must never be cut silently.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # "[SEP]" typed into a note is punctuation and letters, not the end of what the encoder reads.
        tokenizer.encode_special_tokens = True
        self.tokenizer = tokenizer
        self.cls_id = self._id("[CLS]")
        self.sep_id = self._id("[SEP]")
        self.pad_id = self._id("[PAD]")

    @classmethod
    def from_file(cls, path: Path) -> NoteTokenizer:
        """Reads tokenizer.json. Raises OSError or ValueError when it can't be read."""
        if not path.is_file():
            raise OSError(f"no tokenizer at {path.name}")
        return cls(Tokenizer.from_file(str(path)))

    def encode(self, text: str) -> Tokens:
        """Cuts a whole text, however long, into word pieces."""
        encoding = self.tokenizer.encode(_whole_characters(text), add_special_tokens=False)
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        words = np.asarray([-1 if w is None else w for w in encoding.word_ids], dtype=np.int64)
        starts, ends = offsets[:, 0], offsets[:, 1]
        first = np.ones(len(words), dtype=np.bool_)
        first[1:] = words[1:] != words[:-1]
        return Tokens(
            ids=np.asarray(encoding.ids, dtype=np.int64),
            starts=starts,
            ends=ends,
            first=first,
            shapes=_shapes(text, starts, ends, first),
            cuts=_cuts(text, starts, ends, first),
        )

    @property
    def mask_id(self) -> int:
        """Stands for a word that is hidden while training. Raises ValueError when there is none."""
        return self._id("[MASK]")

    def _id(self, token: str) -> int:
        found = self.tokenizer.token_to_id(token)
        if found is None:
            raise ValueError(f"the tokenizer has no {token}")
        return found


def _whole_characters(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text)
    return text


def _shapes(text: str, starts: Int, ends: Int, first: NDArray[np.bool_]) -> Int:
    heads = np.flatnonzero(first)
    if not len(heads):
        return np.zeros(len(starts), dtype=np.int64)
    shouted = _shouted_lines(text)
    lasts = np.append(heads[1:], len(starts)) - 1
    edges = zip(starts[heads].tolist(), ends[lasts].tolist(), strict=True)
    of_words = [_shape(text[start:end], bool(shouted) and _within(shouted, start)) for start, end in edges]
    shapes: Int = np.asarray(of_words, dtype=np.int64)[np.cumsum(first) - 1]
    return shapes


def _shape(word: str, shouted: bool) -> int:
    if word.islower() and word.isalpha():
        return 0
    if any(map(str.isdigit, word)):
        return 4
    if shouted or not word.isalpha() or word.islower():
        return 0
    if word.isupper():
        return 2 if len(word) > 1 else 1
    return 1 if word[0].isupper() and word[1:].islower() else 3


def _shouted_lines(text: str) -> list[tuple[int, int]]:
    spans, start = [], 0
    for line in text.split("\n"):
        upper, lower = sum(map(str.isupper, line)), sum(map(str.islower, line))
        if upper > _SHOUTED * (upper + lower):
            spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def _within(spans: list[tuple[int, int]], position: int) -> bool:
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        if spans[middle][1] < position:
            low = middle + 1
        else:
            high = middle
    return low < len(spans) and spans[low][0] <= position


def _cuts(text: str, starts: Int, ends: Int, first: NDArray[np.bool_]) -> Int:
    heads = np.flatnonzero(first)
    cuts = []
    for before, head in zip((heads - 1).tolist(), heads.tolist(), strict=True):
        if before < 0:
            cuts.append(head)
            continue
        gap_start, gap_end = int(ends[before]), int(starts[head])
        if gap_end == gap_start:
            continue
        gap = text[gap_start:gap_end]
        if "\n" in gap or text[gap_start - 1] in ".?!;":
            cuts.append(head)
    return np.asarray(cuts, dtype=np.int64)

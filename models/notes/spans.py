"""A note's text to typed spans: cut into windows, read by the network, put together, decoded as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from models.inference.contract import EncodedWindow, Engine, Float
from models.notes.abbreviations import as_defined, definitions_of
from models.notes.agreement import agreed
from models.notes.decoding import decode, log_softmax
from models.notes.known_names import with_known_names, word_hashes
from models.notes.tokens import NoteTokenizer, Tokens
from models.notes.windows import Window, windows_of

# Longer windows cost more attention and, trained on windows like these, mark no better; a window begins with
# a sentence where it can, so that nothing has to be read twice.
WINDOW = 126
OVERLAP = 0
# Windows between two looks at the clock.
_TOGETHER = 4
# A longer text is read in parts of about this many characters: memory stays bounded and the clock is seen.
_PART = 40_000
# A part may end this much earlier to end with a line.
_SLACK = 4_000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModelSpan:
    """One span as a head marks it.

    Attributes:
        start, end: Characters of the text; both on edges of words.
        head: Name of the head.
        type: Its label without the prefix.
        score: 0 to 1, the model's probability of the labels (geometric mean over words).
    """

    start: int
    end: int
    head: str
    type: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Spans:
    """What the network found in a text.

    Attributes:
        found: In order of position within each head.
        reached: Characters [0, reached) of the text were read; less than all when time ran out.
        pieces: Word pieces that were read.
    """

    found: tuple[ModelSpan, ...]
    reached: int
    pieces: int


def find_spans(
    text: str,
    engine: Engine,
    tokenizer: NoteTokenizer,
    *,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Spans:
    """Marks the spans of all heads in a text of any length.

    Args:
        out_of_time: Asked before each few windows; once it says so, nothing more is read.

    Returns:
        Spans whose offsets index `text` as it was given.
    """
    found: list[ModelSpan] = []
    reached = pieces = 0
    for start, end in _parts(text):
        tokens = tokenizer.encode(text[start:end])
        read = _read(tokens, engine, out_of_time)
        found += _spans_of(text[start:end], tokens, read, engine, start)
        pieces += read.pieces
        if read.pieces < len(tokens):
            return Spans(found=tuple(found), reached=start + _reached(tokens, read.pieces), pieces=pieces)
        reached = end
    return Spans(found=tuple(found), reached=reached, pieces=pieces)


def _parts(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = start + _PART
        if end < len(text):
            cut = max(text.rfind("\n", end - _SLACK, end), text.rfind(". ", end - _SLACK, end))
            cut = cut if cut >= 0 else text.rfind(" ", end - _SLACK, end)
            end = cut + 1 if cut >= 0 else end
        yield start, min(end, len(text))
        start = end


@dataclass(frozen=True, slots=True)
class _Read:
    """Scores by head of the first `pieces` pieces, from the window where each is new."""

    logits: Mapping[str, Float]
    pieces: int


def _read(tokens: Tokens, engine: Engine, out_of_time: Callable[[], bool]) -> _Read:
    sizes = {name: len(labels) for name, labels in engine.heads.items()}
    logits = {name: np.empty((len(tokens), size), np.float32) for name, size in sizes.items()}
    windows = windows_of(tokens, WINDOW, OVERLAP)
    pieces = 0
    for number in range(0, len(windows), _TOGETHER):
        if out_of_time():
            break
        group = windows[number : number + _TOGETHER]
        for window, output in zip(group, engine.run([_encoded(tokens, w) for w in group]), strict=True):
            new, skipped = slice(window.keep, window.end), window.keep - window.start
            for name, scores in output.items():
                logits[name][new] = scores[skipped:]
            pieces = window.end
    return _Read({name: scores[:pieces] for name, scores in logits.items()}, pieces)


def _encoded(tokens: Tokens, window: Window) -> EncodedWindow:
    inside = slice(window.start, window.end)
    return EncodedWindow(tokens.ids[inside], tokens.shapes[inside])


def _reached(tokens: Tokens, pieces: int) -> int:
    return int(tokens.ends[pieces - 1]) if pieces else 0


def _spans_of(text: str, tokens: Tokens, read: _Read, engine: Engine, offset: int) -> Iterator[ModelSpan]:
    begins = np.flatnonzero(tokens.first[: read.pieces])
    lasts = np.append(begins[1:], read.pieces)[: len(begins)] - 1
    starts, ends = tokens.starts[begins].tolist(), tokens.ends[lasts].tolist()
    written = tokens.words(text)[: len(begins)]
    words = [word.lower() for word in written]
    hashes = word_hashes(words) if engine.names else []
    definitions = list(definitions_of(written))
    for head, labels in engine.heads.items():
        scores = log_softmax(read.logits[head][begins])
        runs = decode(scores, labels)
        if head in engine.names:
            runs = with_known_names(runs, scores, labels, hashes, engine.names[head])
        runs = as_defined(agreed(runs, scores, labels, words), written, definitions)
        for run in runs:
            start, end = starts[run.start] + offset, ends[run.end - 1] + offset
            yield ModelSpan(start=start, end=end, head=head, type=run.type, score=run.score)

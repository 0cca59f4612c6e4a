"""A network that knows a few words, for tests of what is made of its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from fhir_adapters.notes import sections_of
from fhir_adapters.record import Note
from models.inference import EncodedWindow, Scores
from models.notes.known_names import KnownNames
from models.notes.reader import NoteReader
from models.notes.tokens import NoteTokenizer

HEADS = {
    "clinical": (
        "O",
        *(f"{p}-{t}" for t in ("problem", "symptom", "medication", "test", "value") for p in "BI"),
    ),
    "bc5cdr": ("O", "B-Chemical", "I-Chemical", "B-Disease", "I-Disease"),
    "ncbi": ("O", "B-Disease", "I-Disease"),
}
_SPECIAL = ("[UNK]", "[CLS]", "[SEP]", "[PAD]")
_SURE, _GUESS = 12.0, 2.0

Labels = Mapping[str, str]


class KeywordEngine:
    """Gives the labels of words by head: {"clinical": {"cough": "B-symptom"}}; "?B-symptom" is a guess."""

    names: Mapping[str, KnownNames] = {}
    heads: Mapping[str, tuple[str, ...]] = HEADS

    def __init__(self, marks: Mapping[str, Labels], digest: str = "0" * 64) -> None:
        self.digest = digest
        self.runs = 0
        self._marks = marks
        words = sorted({word for labels in marks.values() for word in labels})
        self._words = [*_SPECIAL, *words]
        tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(self._words)}, unk_token="[UNK]"))
        tokenizer.normalizer = BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = BertPreTokenizer()
        self.tokenizer = NoteTokenizer(tokenizer)

    def run(self, windows: Sequence[EncodedWindow]) -> list[Scores]:
        self.runs += len(windows)
        return [self._output(window.ids.tolist()) for window in windows]

    def _output(self, ids: list[int]) -> Scores:
        logits = {}
        for head, labels in self.heads.items():
            scores = np.zeros((len(ids), len(labels)), np.float32)
            for row, number in enumerate(ids):
                said = self._marks.get(head, {}).get(self._words[number], "O")
                scores[row, labels.index(said.removeprefix("?"))] = _GUESS if said[0] == "?" else _SURE
            logits[head] = scores
        return logits


def reader(**marks: Labels) -> NoteReader:
    """A reader whose heads know the given words."""
    engine = KeywordEngine(marks)
    return NoteReader(engine, engine.tokenizer, "keywords 1")


def note(text: str, source: str = "DocumentReference/n1") -> Note:
    """A note as the chart would hold it."""
    return Note(source=source, text=text, at=None, sections=sections_of(text))

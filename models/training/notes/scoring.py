"""A quick look at how a network does on development documents, while it is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from models.notes.tokens import NoteTokenizer
from models.notes.windows import windows_of
from models.training.notes.corpora.document import Document, Entity
from models.training.notes.network import NoteNetwork

if TYPE_CHECKING:
    from models.training.notes.finetune import Task

_WINDOW, _OVERLAP = 254, 32


def strict_f1(network: NoteNetwork, tokenizer: NoteTokenizer, task: Task) -> float:
    """F1 of spans with the same start, end and type, over the task's development documents."""
    right = found = gold = 0
    for document in task.dev:
        spans = set(predict(network, tokenizer, document, task.settings.name))
        right += len(spans & set(document.entities))
        found += len(spans)
        gold += len(document.entities)
    return 2 * right / (found + gold) if found + gold else 0.0


@torch.inference_mode()
def predict(network: NoteNetwork, tokenizer: NoteTokenizer, document: Document, head: str) -> list[Entity]:
    """The spans that a head marks in a document; the best label of each word on its own."""
    network.eval()
    tokens = tokenizer.encode(document.text)
    best = np.zeros(len(tokens), dtype=np.int64)
    for window in windows_of(tokens, _WINDOW, _OVERLAP):
        span = slice(window.start, window.end)
        ids = np.concatenate(([tokenizer.cls_id], tokens.ids[span], [tokenizer.sep_id]))
        shapes = np.concatenate(([0], tokens.shapes[span], [0]))
        batch = [torch.from_numpy(part)[None] for part in (ids, np.ones_like(ids), shapes)]
        scores = network.logits(network.hidden(*batch), head)[0, 1:-1].argmax(-1).numpy()
        best[window.keep : window.end] = scores[window.keep - window.start :]
    labels = network.labels[head]
    words = np.flatnonzero(tokens.first)
    lasts = np.append(words[1:], len(tokens)) - 1
    entities: list[Entity] = []
    previous = "O"
    for word, last in zip(words.tolist(), lasts.tolist(), strict=True):
        label = labels[best[word]]
        end = int(tokens.ends[last])
        if label[:2] == "I-" and previous[2:] == label[2:]:
            entities[-1] = Entity(entities[-1].start, end, label[2:])
        elif label != "O":
            entities.append(Entity(int(tokens.starts[word]), end, label[2:]))
        previous = label
    return entities

"""Domain-adaptive pre-training: the encoder reads on, now clinical and biomedical text (Gururangan 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import BertModel

from models.notes.tokens import Int, NoteTokenizer, Tokens
from models.training.loop import Progress, Schedule, autocast, train
from models.training.notes.batches import Batch, Piece, batched, pieces_of
from models.training.notes.recipe import PretrainSettings
from models.training.notes.tagging import IGNORED


class MaskedLanguageModel(nn.Module):
    """An encoder with BERT's word-prediction head; the output layer shares the word embeddings."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        size = encoder.config.hidden_size
        self.encoder = encoder
        self.transform = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))

    def loss(self, batch: Batch) -> torch.Tensor:
        """Mean cross-entropy of the masked pieces; only they go through the vocabulary-wide layer."""
        hidden = self.encoder(
            input_ids=batch.ids, attention_mask=batch.mask, token_type_ids=batch.shapes
        ).last_hidden_state
        asked = batch.labels != IGNORED
        words = self.encoder.embeddings.word_embeddings.weight
        logits = functional.linear(self.transform(hidden[asked]), words, self.bias)
        return functional.cross_entropy(logits.float(), batch.labels[asked])


def pretrain(
    encoder: BertModel,
    tokenizer: NoteTokenizer,
    texts: Sequence[str],
    settings: PretrainSettings,
    *,
    seed: int,
    state: Path,
    progress: Progress,
) -> list[float]:
    """Trains the encoder in place on unlabelled texts.

    Args:
        texts: Whole documents; their order does not matter.
        state: File that an interrupted run resumes from.

    Returns:
        Mean loss of each epoch, in nats a masked piece.
    """
    model = MaskedLanguageModel(encoder)
    encoded = [tokenizer.encode(text) for text in texts]
    vocabulary = encoder.config.vocab_size
    mask_id = tokenizer.mask_id

    def epoch_batches(epoch: int) -> list[Batch]:
        rng = np.random.default_rng([seed, epoch])
        pieces: list[Piece] = []
        for tokens in encoded:
            ids, labels = mask(tokens, settings.masked, mask_id, vocabulary, rng)
            masked = Tokens(ids, tokens.starts, tokens.ends, tokens.first, tokens.shapes, tokens.cuts)
            pieces += pieces_of(masked, labels, tokenizer, settings.window)
        return [
            batch for batch in batched(pieces, settings.batch_tokens, tokenizer.pad_id, rng) if _asks(batch)
        ]

    def step(batch: Batch) -> torch.Tensor:
        with autocast():
            return model.loss(batch)

    schedule = Schedule(
        epochs=settings.epochs, learning_rate=settings.learning_rate, warm_up=settings.warm_up
    )
    return train(
        model, epoch_batches, step, schedule, seed=seed, state=state, progress=progress, stage="pretrain"
    )


def _asks(batch: Batch) -> bool:
    return bool((batch.labels != IGNORED).any())


def mask(
    tokens: Tokens, share: float, mask_id: int, vocabulary: int, rng: np.random.Generator
) -> tuple[Int, Int]:
    """Hides whole words: 80 % as [MASK], 10 % as a random piece, 10 % as they are (Devlin 2019).

    Returns:
        The pieces to read and the pieces to guess (`IGNORED` elsewhere), each of shape (n,).
    """
    words = np.cumsum(tokens.first) - 1
    chosen = (rng.random(int(words[-1]) + 1 if len(words) else 0) < share)[words]
    labels = np.where(chosen, tokens.ids, IGNORED)
    fate = rng.random(len(words))
    ids = tokens.ids.copy()
    ids[chosen & (fate < 0.8)] = mask_id
    random = chosen & (fate >= 0.9)
    ids[random] = rng.integers(0, vocabulary, int(random.sum()))
    return ids, labels

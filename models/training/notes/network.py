"""The network of the note reader: one encoder, one linear head for each annotated corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import nn
from transformers import BertModel


def bio_labels(types: Sequence[str]) -> tuple[str, ...]:
    """O, then B- and I- of each type: the order of a head's outputs."""
    return ("O", *(f"{prefix}-{name}" for name in types for prefix in "BI"))


class NoteNetwork(nn.Module):
    """Encoder and heads.

    Args:
        encoder: Segment embeddings are word shapes (`models.notes.tokens.SHAPES`).
        heads: Labels of each head by its name, as `bio_labels` orders them.
    """

    def __init__(self, encoder: BertModel, heads: Mapping[str, Sequence[str]], dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.labels = {name: tuple(labels) for name, labels in heads.items()}
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(encoder.config.hidden_size, len(labels)) for name, labels in self.labels.items()}
        )

    def hidden(self, ids: torch.Tensor, mask: torch.Tensor, shapes: torch.Tensor) -> torch.Tensor:
        """Last hidden states, shape (pieces, longest, hidden)."""
        states: torch.Tensor = self.encoder(
            input_ids=ids, attention_mask=mask, token_type_ids=shapes
        ).last_hidden_state
        return states

    def logits(self, hidden: torch.Tensor, head: str) -> torch.Tensor:
        """Scores of one head, shape (pieces, longest, labels)."""
        scores: torch.Tensor = self.heads[head](self.dropout(hidden))
        return scores

    def lean(self, amounts: Mapping[str, Mapping[str, float]], sign: float = -1.0) -> None:
        """Takes so much from the scores of a type's labels: a word needs that much more to be marked.

        Args:
            amounts: By head and type.
            sign: 1 gives it back.
        """
        with torch.no_grad():
            for head, by_type in amounts.items():
                leaning = torch.tensor([by_type.get(label[2:], 0.0) for label in self.labels[head]])
                cast(nn.Linear, self.heads[head]).bias.add_(sign * leaning)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, shapes: torch.Tensor) -> torch.Tensor:
        """What is served: the scores of all heads side by side, as `labels` has them."""
        hidden = self.hidden(ids, mask, shapes)
        return torch.cat([self.logits(hidden, name) for name in self.labels], dim=-1)

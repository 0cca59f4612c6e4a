"""Fine-tuning: all annotated corpora together, each with its own head on the one encoder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.notes.tokens import NoteTokenizer, Tokens
from models.training.loop import Progress, Schedule, autocast, train
from models.training.notes.batches import Batch, Piece, batched, pieces_of
from models.training.notes.corpora.document import Document
from models.training.notes.network import NoteNetwork
from models.training.notes.recipe import FinetuneSettings, TaskSettings
from models.training.notes.scoring import strict_f1
from models.training.notes.tagging import IGNORED, mapped, tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An annotated corpus, read and split; entities carry the head's labels."""

    settings: TaskSettings
    train: Sequence[Document]
    dev: Sequence[Document]

    def types(self) -> tuple[str, ...]:
        """The head's entity types, sorted."""
        return tuple(sorted({entity.label for document in self.train for entity in document.entities}))


@dataclass(frozen=True, slots=True)
class _Encoded:
    document: Document
    tokens: Tokens
    tags: np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def relabelled(documents: Iterable[Document], settings: TaskSettings) -> list[Document]:
    """The documents with the head's labels instead of the corpus's."""
    return [Document(key=d.key, text=d.text, entities=mapped(d.entities, settings.labels)) for d in documents]


def finetune(
    network: NoteNetwork,
    tokenizer: NoteTokenizer,
    tasks: Sequence[Task],
    settings: FinetuneSettings,
    *,
    seed: int,
    state: Path,
    progress: Progress,
) -> tuple[NoteNetwork, list[dict[str, float]]]:
    """Trains encoder and heads.

    Args:
        network: With a head for each task.
        state: File that an interrupted run resumes from.

    Returns:
        The trained network (the running average of the weights when the settings ask for one), and
        the loss and the development scores (strict F1 by task) of each epoch of this run.
    """
    encoded = {task.settings.name: _encode(network, tokenizer, task) for task in tasks}
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(settings.average))  # type: ignore[no-untyped-call]
    for parameter in averaged.parameters():
        parameter.requires_grad_(False)
    both = nn.ModuleDict({"live": network, "kept": averaged})
    history: list[dict[str, float]] = []

    def epoch_batches(epoch: int) -> list[Batch]:
        rng = np.random.default_rng([seed, epoch])
        pieces = [
            piece
            for task in tasks
            if not task.settings.until or epoch < task.settings.until
            for share in _passes(task.settings.share)
            for piece in _drawn(
                encoded[task.settings.name],
                task.settings.name,
                share,
                settings=settings,
                tokenizer=tokenizer,
                rng=rng,
            )
        ]
        return batched(pieces, settings.batch_tokens, tokenizer.pad_id, rng)

    weights = {task.settings.name: task.settings.weight for task in tasks}

    def step(batch: Batch) -> torch.Tensor:
        with autocast():
            logits = network.logits(network.hidden(batch.ids, batch.mask, batch.shapes), batch.task)
        asked = batch.labels != IGNORED
        loss = functional.cross_entropy(
            logits[asked].float(), batch.labels[asked], label_smoothing=settings.smoothing
        )
        return loss * weights[batch.task]

    def after_step() -> None:
        averaged.update_parameters(network)

    def after_epoch(epoch: int) -> bool:
        kept = _kept(network, averaged, settings)
        scores = {task.settings.name: strict_f1(kept, tokenizer, task) for task in tasks if task.dev}
        history.append(scores)
        progress.scores(scores)
        return _stalled(history, settings.patience)

    schedule = Schedule(
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        warm_up=settings.warm_up,
        layer_decay=settings.layer_decay,
    )
    train(
        both,
        epoch_batches,
        step,
        schedule,
        seed=seed,
        state=state,
        progress=progress,
        stage="finetune",
        after_step=after_step,
        after_epoch=after_epoch,
    )
    return _kept(network, averaged, settings), history


def _kept(network: NoteNetwork, averaged: AveragedModel, settings: FinetuneSettings) -> NoteNetwork:
    return cast(NoteNetwork, averaged.module) if settings.average else network


def _encode(network: NoteNetwork, tokenizer: NoteTokenizer, task: Task) -> list[_Encoded]:
    labels = network.labels[task.settings.name]
    encoded = []
    for document in task.train:
        tokens = tokenizer.encode(document.text)
        encoded.append(_Encoded(document, tokens, tag(tokens, document.entities, labels)))
    return encoded


def _passes(share: float) -> list[float]:
    return [1.0] * int(share) + ([share % 1] if share % 1 else [])


def _drawn(
    encoded: Sequence[_Encoded],
    task: str,
    share: float,
    *,
    settings: FinetuneSettings,
    tokenizer: NoteTokenizer,
    rng: np.random.Generator,
) -> list[Piece]:
    pieces: list[Piece] = []
    mask_id = tokenizer.mask_id
    for item in encoded:
        tokens = item.tokens
        ids, shapes = tokens.ids, tokens.shapes if settings.word_shapes else np.zeros_like(tokens.shapes)
        if settings.word_dropout and len(ids):
            words = np.cumsum(tokens.first) - 1
            hidden = (rng.random(int(words[-1]) + 1) < settings.word_dropout)[words]
            ids = np.where(hidden, mask_id, ids)
        shown = Tokens(ids, tokens.starts, tokens.ends, tokens.first, shapes, tokens.cuts)
        length = int(rng.choice(settings.windows))
        pieces += pieces_of(shown, item.tags, tokenizer, length, task)
    chosen = rng.permutation(len(pieces))[: round(share * len(pieces))]
    return [pieces[i] for i in chosen]


def _stalled(history: Sequence[dict[str, float]], patience: int) -> bool:
    if not patience or len(history) <= patience:
        return False
    means = [sum(scores.values()) / max(1, len(scores)) for scores in history]
    return max(means[-patience:]) <= max(means[:-patience])

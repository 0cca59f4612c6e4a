"""Trains the time model of the assertion part, and measures it out of fold."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fhir_adapters.record import Assertion, Section, Span
from models.notes.assertion.assertor import evidence_of
from models.notes.assertion.evidence import Evidence
from models.notes.assertion.features import features_of
from models.notes.assertion.learned import WEIGHTS, TimeModel, digest_of, revisable, revised_by
from models.notes.assertion.rules import assertion_of
from models.notes.typed_span import TypedSpan
from models.training.assertion.negex import Judged, judged_of

Sectioning = Callable[[str], Sequence[Section]]

_STEPS = 60
_SETTLED = 1e-6
_DECIMALS = 4
_LICENSE = "Apache-2.0"
_SOURCE = "NegEx and ConText test set (Harkema et al. 2009), half of its sentences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the time model is trained.

    Attributes:
        strength: Of the squared penalty on weights.
        fewest: Mentions that a feature needs to be used.
        threshold: Probability from which a mention is past.
        folds: Of the cross-validation.
        seed: Of the folds; the fit itself has no chance in it.
    """

    strength: float = 2.0
    fewest: int = 3
    threshold: float = 0.3
    folds: int = 10
    seed: int = 0


DEFAULT = Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A judged sentence and what the rules make of it."""

    judged: Judged
    evidence: Evidence
    ruled: Assertion

    @property
    def past(self) -> bool:
        """True when people judged the condition historical."""
        return self.judged.temporality == "Historical"


def examples_of(judged: Sequence[Judged], sections_of: Sectioning | None = None) -> list[Example]:
    """The examples of judged sentences, each read as a note of one sentence with one problem.

    Args:
        judged: The sentences.
        sections_of: Finds the sections of a text; without it a heading is part of the sentence.
    """
    examples = []
    for one in judged:
        sections = tuple(sections_of(one.text)) if sections_of else ()
        spans = [TypedSpan(one.start, one.end, "problem")]
        evidence = evidence_of(one.text, _sentences(one.text, sections), sections, spans)[0]
        examples.append(Example(judged=one, evidence=evidence, ruled=assertion_of(evidence)))
    return examples


def _sentences(text: str, sections: Sequence[Section]) -> list[Span]:
    edges = sorted({0, len(text)}.union(*((section.start, section.end) for section in sections)))
    return [Span(start, end) for start, end in pairwise(edges)]


def fit_time_model(examples: Sequence[Example], settings: Settings) -> TimeModel:
    """Fits a penalised logistic model of "past" by Newton's method.

    Args:
        examples: Of both kinds; those that the model may not revise are left out.
        settings: How.
    """
    used = [example for example in examples if revisable(example.evidence, example.ruled)]
    features = [features_of(example.evidence, example.ruled) for example in used]
    counts = Counter(name for names in features for name in names)
    kept = sorted(name for name, count in counts.items() if count >= settings.fewest)
    column = {name: place for place, name in enumerate(kept)}
    table = np.zeros((len(used), len(kept) + 1))
    table[:, -1] = 1.0
    for row, names in enumerate(features):
        table[row, [column[name] for name in names if name in column]] = 1.0
    past = np.array([example.past for example in used], dtype=np.float64)
    weights = _newton(table, past, settings.strength)
    rounded = {name: round(float(weights[place]), _DECIMALS) for name, place in column.items()}
    bias = round(float(weights[-1]), _DECIMALS)
    return TimeModel(
        bias=bias,
        weights={name: weight for name, weight in rounded.items() if weight},
        threshold=settings.threshold,
    )


def _newton(
    table: npt.NDArray[np.float64], past: npt.NDArray[np.float64], strength: float
) -> npt.NDArray[np.float64]:
    weights = np.zeros(table.shape[1])
    penalty = np.full(len(weights), strength)
    penalty[-1] = _SETTLED  # the bias is free
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (probability - past) + penalty * weights
        curve = (table.T * (probability * (1 - probability))) @ table + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < _SETTLED:
            break
    return weights


def out_of_fold(examples: Sequence[Example], settings: Settings) -> list[Assertion]:
    """What the rules and a time model that has not seen the sentence make of each example.

    Sentences that differ only in case, digits and spaces are in one fold.
    """
    groups = sorted({example.judged.group for example in examples})
    random.Random(settings.seed).shuffle(groups)  # noqa: S311 - folds, not secrets
    fold = {group: place % settings.folds for place, group in enumerate(groups)}
    answers: dict[int, Assertion] = {}
    for held in range(settings.folds):
        seen = [example for example in examples if fold[example.judged.group] != held]
        model = fit_time_model(seen, settings)
        for place, example in enumerate(examples):
            if fold[example.judged.group] == held:
                answers[place] = revised_by(model, example.evidence, example.ruled)
    return [answers[place] for place in range(len(examples))]


def f1_of(told: Sequence[bool], judged: Sequence[bool]) -> tuple[float, float, float]:
    """Precision, recall and F1; 0 where there is nothing to divide by."""
    right = sum(a and b for a, b in zip(told, judged, strict=True))
    precision = right / sum(told) if any(told) else 0.0
    recall = right / sum(judged) if any(judged) else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def train_assertion(
    source: Path, sections_of: Sectioning, target: Path = WEIGHTS, settings: Settings = DEFAULT
) -> dict[str, float]:
    """Fits the time model on a file of judged sentences and writes it with its figures.

    Every sentence is seen twice, with its heading found as a section and as part of the sentence, because
    notes come both ways.

    Args:
        source: A file as `negex.judged_of` reads it.
        sections_of: Finds the sections of a text.
        target: Where the weights go, as JSON.
        settings: How.

    Returns:
        Out-of-fold F1 of "past" and "absent" on the sentences with sections, of the rules and with the model.
    """
    judged = judged_of(source)
    sectioned, plain = examples_of(judged, sections_of), examples_of(judged)
    both = [*sectioned, *plain]
    figures = _figures(sectioned, out_of_fold(both, settings)[: len(judged)])
    model = fit_time_model(both, settings)
    written = {
        "what": "logistic model of 'past' over the features of models.notes.assertion.features",
        "trained_on": {"source": _SOURCE, "license": _LICENSE, "sentences": len(judged)},
        "settings": asdict(settings),
        "out_of_fold": figures,
        "sha256": digest_of(model.bias, model.threshold, model.weights),
        "bias": model.bias,
        "threshold": model.threshold,
        "weights": dict(sorted(model.weights.items())),
    }
    target.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return figures


def _figures(examples: Sequence[Example], answers: Sequence[Assertion]) -> dict[str, float]:
    past = [example.past for example in examples]
    absent = [example.judged.negation == "Negated" for example in examples]
    told = {
        "past_f1": f1_of([answer.when == "past" for answer in answers], past),
        "past_f1_of_rules": f1_of([example.ruled.when == "past" for example in examples], past),
        "absent_f1": f1_of([answer.presence == "absent" for answer in answers], absent),
    }
    return {name: round(figures[2], _DECIMALS) for name, figures in told.items()}

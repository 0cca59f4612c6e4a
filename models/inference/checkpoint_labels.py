"""Labels of somebody else's checkpoint to ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.inference.contract import Float
from models.weights import WeightsError

# The first word that a checkpoint's label contains decides, when the site does not say what its labels mean.
# "Treatment" of i2b2 2010 joins drugs and procedures; most are drugs.
_USUAL = (
    ("symptom", "symptom"),
    ("problem", "problem"),
    ("disease", "problem"),
    ("disorder", "problem"),
    ("diagnos", "problem"),
    ("condition", "problem"),
    ("dosage", "dosage"),
    ("strength", "dosage"),
    ("medication", "medication"),
    ("drug", "medication"),
    ("chemical", "medication"),
    ("treatment", "medication"),
    ("procedure", "procedure"),
    ("value", "value"),
    ("test", "test"),
    ("anatom", "anatomy"),
    ("biological_structure", "anatomy"),
    ("severity", "severity"),
    ("duration", "duration"),
    ("date", "date"),
)
# BIO, and what BILOU and BIOES add to it.
_BEGINS, _CONTINUES = frozenset("BUS"), frozenset("ILE")
# A checkpoint without B- and I- scores both alike; this makes one span of neighbouring words.
_PREFER_INSIDE = np.float32(1e-3)
_NEVER = np.float32(-1e4)


@dataclass(frozen=True, slots=True)
class LabelMap:
    """How the columns of a checkpoint become the columns of one BIO head.

    Attributes:
        labels: "O", then B- and I- of each of our types.
        sources: For each label, the checkpoint's columns that mean it; the best of them counts.
    """

    labels: tuple[str, ...]
    sources: tuple[tuple[int, ...], ...]
    penalties: tuple[np.float32, ...]

    def of(self, scores: Float) -> Float:
        """Scores of the checkpoint, shape (..., its labels), to scores of `labels`."""
        mapped = np.full((*scores.shape[:-1], len(self.labels)), _NEVER, dtype=np.float32)
        for column, (sources, penalty) in enumerate(zip(self.sources, self.penalties, strict=True)):
            if sources:
                mapped[..., column] = scores[..., list(sources)].max(axis=-1) - penalty
        return mapped


def clinical_labels(names: Sequence[str], site: Mapping[str, str] | None = None) -> LabelMap:
    """Maps the labels of a token classifier to the types of mentions.

    Args:
        names: Of the checkpoint's columns, in order: "B-DISEASE", "I_Drug", "L-problem", "SYMPTOM", "O".
        site: Checkpoint label, with or without its prefix, to one of our types; "" leaves it out. Labels that
            it does not name go by the words in them ("disease" is a problem, "drug" a medication), others
            are read as "O".

    Raises:
        WeightsError: No label means anything to us.
    """
    parts = [_parts(name) for name in names]
    types = [_type(name, bare, site or {}) for name, (_, bare) in zip(names, parts, strict=True)]
    found = sorted({name for name in types if name})
    if not found:
        raise WeightsError("config.json: none of the checkpoint's labels is mapped to a type of mention")
    sources = [tuple(i for i, name in enumerate(types) if not name)]
    penalties = [np.float32(0)]
    for name in found:
        own = [(i, parts[i][0]) for i, mapped in enumerate(types) if mapped == name]
        plain = any(not prefix for _, prefix in own)
        sources.append(tuple(i for i, prefix in own if not prefix or prefix in _BEGINS))
        sources.append(tuple(i for i, prefix in own if not prefix or prefix in _CONTINUES))
        penalties += [_PREFER_INSIDE if plain else np.float32(0), np.float32(0)]
    labels = ("O", *(f"{prefix}-{name}" for name in found for prefix in "BI"))
    return LabelMap(labels, tuple(sources), tuple(penalties))


def _parts(name: str) -> tuple[str, str]:
    if len(name) > 2 and name[1] in "-_" and name[0] in _BEGINS | _CONTINUES:
        return name[0], name[2:]
    return "", name


def _type(name: str, bare: str, site: Mapping[str, str]) -> str:
    for key in (name, bare):
        if key in site:
            return site[key]
    lowered = bare.lower()
    return next((ours for word, ours in _USUAL if word in lowered), "")

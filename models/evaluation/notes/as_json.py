"""Evaluations as JSON objects; offsets and keys of documents, never their words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from models.evaluation.notes.assertions import AssertionEvaluation
from models.evaluation.notes.entities import EntityEvaluation
from models.evaluation.notes.subject import Subject

_WORDS = ("before", "words", "after", "meant")


def as_json(subject: Subject, evaluation: EntityEvaluation | AssertionEvaluation) -> dict[str, Any]:
    """The evaluation and its subject as plain objects: shares from 0 to 1, null where there is none."""
    kind = "entities" if isinstance(evaluation, EntityEvaluation) else "assertions"
    described = asdict(subject)
    described["measured"] = subject.measured.isoformat()
    described["facts"] = dict(subject.facts)
    table = asdict(evaluation)
    for mistake in table["mistakes"]:
        for name in _WORDS:
            del mistake[name]
    return {"subject": described, kind: table}

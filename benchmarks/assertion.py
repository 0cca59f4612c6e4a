"""Compares our assertion of mentions with medspaCy's ConText on the NegEx sentences, in one run.

    python benchmarks/assertion.py ../shared/data/negex/sentences.tsv --peer /path/to/python

`--peer` is an interpreter that has medspaCy; without it only ours is measured, and the table says so. Our
learned part is measured out of fold: no sentence, nor a near copy of it, was seen by the model that reads
it. Intervals are 95 % bootstrap intervals over groups of near copies.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
_RESAMPLES = 1000
_SIDES = ("absent", "past", "not the patient's")


@dataclass(frozen=True)
class Answers:
    """What one system says of every sentence, by dimension, and how fast."""

    name: str
    told: dict[str, list[bool]]
    per_second: float


def ours(path: Path, settings_seed: int) -> tuple[list[Answers], dict[str, list[bool]], list[str]]:
    """Our rules, and rules with the learned part out of fold; the judgements; the groups."""
    sys.path.insert(0, str(HERE.parent))
    from fhir_adapters.notes.sections import sections_of
    from fhir_adapters.record import Span
    from models.notes.assertion import assert_spans
    from models.notes.typed_span import TypedSpan
    from models.training.assertion.negex import judged_of
    from models.training.assertion.train import Settings, examples_of, out_of_fold

    judged = judged_of(path)
    sectioned, plain = examples_of(judged, sections_of), examples_of(judged)
    learned = out_of_fold([*sectioned, *plain], Settings(seed=settings_seed))
    began = time.perf_counter()
    for one in judged:
        assert_spans(one.text, [Span(0, len(one.text))], (), [TypedSpan(one.start, one.end, "problem")])
    rate = len(judged) / (time.perf_counter() - began)
    rows = [
        ("rules", [example.ruled for example in sectioned]),
        ("rules + learned, out of fold", learned[: len(judged)]),
        ("the same, headings not cut off", learned[len(judged) :]),
    ]
    systems = [
        Answers(
            name,
            {
                "absent": [answer.presence == "absent" for answer in answers],
                "past": [answer.when == "past" for answer in answers],
                "not the patient's": [answer.whose != "patient" for answer in answers],
            },
            rate,
        )
        for name, answers in rows
    ]
    gold = {
        "absent": [one.negation == "Negated" for one in judged],
        "past": [one.temporality == "Historical" for one in judged],
        "not the patient's": [one.experiencer != "Patient" for one in judged],
    }
    return systems, gold, [one.group for one in judged]


def theirs(path: Path, python: Path) -> list[Answers]:
    """medspaCy's ConText with its default rules, each text one sentence, and cut by PyRuSH."""
    from models.training.assertion.negex import judged_of

    rows = [(one.text, one.start, one.end) for one in judged_of(path)]
    command = [str(python), str(Path(__file__).resolve()), "--as-peer"]
    done = subprocess.run(command, input=json.dumps(rows), capture_output=True, text=True, check=True)
    return [Answers(**answers) for answers in json.loads(done.stdout.splitlines()[-1])]


def as_peer() -> None:
    """Runs in the other interpreter: sentences from standard input, answers to standard output."""
    import medspacy  # noqa: F401 - registers its pipes
    import spacy

    rows: list[tuple[str, int, int]] = json.loads(sys.stdin.read())
    found = []
    for name, cutter in (("medspaCy ConText", None), ("medspaCy ConText, PyRuSH", "medspacy_pyrush")):
        language = spacy.blank("en")
        cut: Any = language.add_pipe(cutter) if cutter else None
        context: Any = language.add_pipe("medspacy_context")
        told: dict[str, list[bool]] = {side: [] for side in _SIDES}
        began = time.perf_counter()
        for text, start, end in rows:
            doc = language.make_doc(text)
            if cut is not None:
                doc = cut(doc)
            else:
                for token in doc:
                    token.is_sent_start = token.i == 0
            mention = doc.char_span(start, end, label="PROBLEM", alignment_mode="expand")
            doc.ents = (mention,)
            context(doc)
            told["absent"].append(bool(mention._.is_negated))
            told["past"].append(bool(mention._.is_historical))
            told["not the patient's"].append(bool(mention._.is_family))
        rate = len(rows) / (time.perf_counter() - began)
        found.append({"name": name, "told": told, "per_second": rate})
    sys.stdout.write("\n" + json.dumps(found) + "\n")


def f1(told: Sequence[bool], gold: Sequence[bool]) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    right = sum(a and b for a, b in zip(told, gold, strict=True))
    precision = right / max(1, sum(told))
    recall = right / max(1, sum(gold))
    return precision, recall, 2 * right / max(1, sum(told) + sum(gold))


def interval(told: Sequence[bool], gold: Sequence[bool], groups: Sequence[str]) -> tuple[float, float]:
    """95 % bootstrap interval of F1 over groups of near copies."""
    import numpy as np

    names = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    counts = np.zeros((len(names), 3))
    for answer, judged, group in zip(told, gold, groups, strict=True):
        counts[names[group]] += (answer and judged, answer, judged)
    draws = np.random.default_rng(1).integers(0, len(names), (_RESAMPLES, len(names)))
    sums = np.array([counts[draw].sum(0) for draw in draws])
    scores = 2 * sums[:, 0] / np.maximum(1, sums[:, 1] + sums[:, 2])
    low, high = np.quantile(scores, (0.025, 0.975))
    return float(low), float(high)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sentences", type=Path, nargs="?")
    parser.add_argument("--peer", type=Path, help="an interpreter that has medspaCy")
    parser.add_argument("--seed", type=int, default=0, help="of the folds")
    parser.add_argument("--as-peer", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.as_peer:
        as_peer()
        return
    systems, gold, groups = ours(args.sentences, args.seed)
    if args.peer:
        systems += theirs(args.sentences, args.peer)
    else:
        print("medspaCy was not measured: no --peer given\n")
    for side in _SIDES:
        print(f"{side}: {sum(gold[side])} of {len(groups)}")
        for system in systems:
            precision, recall, score = f1(system.told[side], gold[side])
            low, high = interval(system.told[side], gold[side], groups)
            print(
                f"  {system.name:32} "
                f"P {precision:.4f}  R {recall:.4f}  F1 {score:.4f} [{low:.3f}, {high:.3f}]"
            )
    print("sentences/s")
    for system in systems:
        print(f"  {system.name:32} {system.per_second:8.0f}")


if __name__ == "__main__":
    main()

"""An evaluation of the differential as a table for the terminal, as JSON, and as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from models.evaluation.differential.evaluate import DifferentialEvaluation
from models.evaluation.differential.measures import RESAMPLING, TOP, Recall
from models.evaluation.estimates import Estimate
from models.evaluation.page import environment
from models.evaluation.text import aligned, interval, percent


def as_text(evaluation: DifferentialEvaluation) -> str:
    """All scores in percent, then the recall of each condition, worst first."""
    return "\n".join(_lines(evaluation)) + "\n"


def _lines(evaluation: DifferentialEvaluation) -> Iterator[str]:
    shown_share = f"{evaluation.keep:.0%} of their findings shown, seed {evaluation.seed}"
    yield f"{evaluation.model} {evaluation.version} {evaluation.digest[:12]}"
    yield f"{evaluation.data}: {evaluation.patients} patients, {shown_share}"
    yield f"Beware: {evaluation.caution}"
    yield ""
    yield aligned(
        [
            ("ranking", *(f"top {k}" for k in TOP), "calibration error"),
            *(
                (each.name, *(shown(each.top[k]) for k in TOP), shown(each.calibration))
                for each in evaluation.scores
            ),
        ]
    )
    yield f"In percent, with 95% intervals of {RESAMPLING.draws} bootstrap draws of patients."
    yield ""
    yield aligned(
        [
            ("recall by condition", "patients", "first", "top 3"),
            *(
                (each.disease, str(each.patients), str(each.first), str(each.among_three))
                for each in _worst_first(evaluation)
            ),
        ]
    )


def shown(estimate: Estimate) -> str:
    """A share with its interval, in percent: "93.4 (92.1 to 94.6)"."""
    return f"{percent(estimate.value)} ({interval(estimate)})"


def as_json(evaluation: DifferentialEvaluation) -> dict[str, Any]:
    """Everything of an evaluation; shares from 0 to 1."""
    tree = asdict(evaluation)
    for scores in tree["scores"]:
        scores["top"] = {str(k): estimate for k, estimate in scores["top"].items()}
    return tree


def html_report(evaluation: DifferentialEvaluation) -> str:
    """One page that needs nothing else; it holds no patient's data."""
    made = environment("models.evaluation.differential")
    made.filters["shown"] = shown
    return made.get_template("own/report.html").render(
        evaluation=evaluation, tops=TOP, draws=RESAMPLING.draws, recalls=_worst_first(evaluation)
    )


def _worst_first(evaluation: DifferentialEvaluation) -> list[Recall]:
    return sorted(evaluation.recalls, key=lambda each: each.first / each.patients)

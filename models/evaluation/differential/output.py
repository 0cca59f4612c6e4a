"""An evaluation of the differential as a table for the terminal, as JSON, and as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from models.evaluation.differential.evaluate import DifferentialEvaluation
from models.evaluation.differential.measures import DRAWS, TOP, Measured


def as_text(evaluation: DifferentialEvaluation) -> str:
    """All scores in percent, then the recall of each condition, worst first."""
    return "\n".join(_lines(evaluation)) + "\n"


def _lines(evaluation: DifferentialEvaluation) -> Iterator[str]:
    yield f"{evaluation.model} {evaluation.version} {evaluation.digest[:12]}"
    shown_share = f"{evaluation.keep:.0%} of their findings shown, seed {evaluation.seed}"
    yield f"{evaluation.data}: {evaluation.patients} patients, {shown_share}"
    yield f"Beware: {evaluation.caution}"
    yield ""
    yield "".join([f"{'':22}", *(f"{f'top {k}':>22}" for k in TOP), f"{'calibration error':>22}"])
    for scores in evaluation.scores:
        cells = [*(scores.top[k] for k in TOP), scores.calibration]
        yield "".join([f"{scores.name:22}", *(f"{shown(cell):>22}" for cell in cells)])
    yield f"In percent, with 95% intervals of {DRAWS} bootstrap draws of patients."
    yield ""
    yield f"{'recall by condition':36}{'patients':>9}{'first':>8}{'top 3':>8}"
    for recall in sorted(evaluation.recalls, key=lambda each: each.first / each.patients):
        first, three = recall.first / recall.patients, recall.among_three / recall.patients
        yield f"{recall.disease:36}{recall.patients:9}{first:8.0%}{three:8.0%}"


def shown(measured: Measured) -> str:
    """A share with its interval, in percent: "93.4 (92.1-94.6)"."""
    return f"{100 * measured.value:.1f} ({100 * measured.low:.1f}-{100 * measured.high:.1f})"


def as_json(evaluation: DifferentialEvaluation) -> dict[str, Any]:
    """Everything of an evaluation; shares from 0 to 1."""
    tree = asdict(evaluation)
    for scores in tree["scores"]:
        scores["top"] = {str(k): measured for k, measured in scores["top"].items()}
    return tree


def html_report(evaluation: DifferentialEvaluation) -> str:
    """One page that needs nothing else; it holds no patient's data."""
    environment = Environment(
        loader=PackageLoader("models.evaluation.differential", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["shown"] = shown
    return environment.get_template("report.html").render(
        evaluation=evaluation,
        tops=TOP,
        draws=DRAWS,
        recalls=sorted(evaluation.recalls, key=lambda each: each.first / each.patients),
    )

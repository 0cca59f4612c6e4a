"""`cuecard evaluate differential`: how good the differential is on patients whose condition is known."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import orjson

import models
from cds_hooks.commands.output import say
from models.evaluation.differential.evaluate import evaluate_differential
from models.evaluation.differential.output import as_json, as_text, html_report
from models.evaluation.estimates import EvaluationError

_WEIGHTS = Path(models.__file__).parent / "weights"


def run(options: Namespace) -> None:
    """Prints the scores, and writes the report where one is asked for.

    Raises:
        EvaluationError: There is no place for the report.
        DataError: The data can't be read.
        WeightsError: The weights can't be used.
    """
    if options.report and not options.report.absolute().parent.is_dir():
        raise EvaluationError("--report: there is no such folder")
    shipped = _WEIGHTS / options.model
    folder = shipped if shipped.is_dir() else Path(options.model)
    evaluation = evaluate_differential(folder, options.data, keep=options.keep, seed=options.seed)
    if options.report:
        options.report.write_text(html_report(evaluation), encoding="utf-8")
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(as_json(evaluation), option=orjson.OPT_APPEND_NEWLINE))
    else:
        say(as_text(evaluation))

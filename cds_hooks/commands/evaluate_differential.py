"""`cuecard evaluate differential`: how good the differential is on patients whose condition is known."""

from __future__ import annotations

import sys
from argparse import Namespace

import orjson

from cds_hooks.commands.output import say
from cds_hooks.commands.weights_folders import folder_of
from models.evaluation.differential.evaluate import evaluate_differential
from models.evaluation.differential.output import as_json, as_text, html_report


def evaluate(options: Namespace) -> None:
    """Prints the scores, and writes the report where one is asked for.

    Raises:
        EvaluationError: There are no such weights.
        DataError: The data can't be read.
        WeightsError: The weights can't be used.
    """
    folder = folder_of(options.model)
    evaluation = evaluate_differential(folder, options.data, keep=options.keep, seed=options.seed)
    if options.report:
        options.report.write_text(html_report(evaluation), encoding="utf-8")
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(as_json(evaluation), option=orjson.OPT_APPEND_NEWLINE))
    else:
        say(as_text(evaluation))

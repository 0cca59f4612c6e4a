"""`cuecard evaluate complications`: how good a learned risk is on people whose outcomes are known."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import UTC, datetime

import orjson

from cds_hooks.commands.output import say
from cds_hooks.commands.weights_folders import card_facts, folder_of
from models.evaluation.complications.as_json import as_json
from models.evaluation.complications.measuring import measure
from models.evaluation.complications.report import html_report
from models.evaluation.complications.text_table import text_of
from models.training.complications.catalogue import DataError, trainer_of
from models.weights import load_manifest


def evaluate(options: Namespace) -> None:
    """Prints the measures, and writes the report where one is asked for.

    Raises:
        EvaluationError: There are no such weights, or risks and outcomes do not fit together.
        RecipeError: No trainer knows the model.
        DataError: The data can't be read, or hold nobody to measure on.
        WeightsError: The weights can't be used.
    """
    folder = folder_of(options.model)
    trainer = trainer_of(load_manifest(folder).name)
    if not options.data.exists():
        raise DataError(f"{options.data.name}: there is no such file or folder")
    evaluation = trainer.evaluate(folder, options.data)
    if not any(len(question.happened) for question in evaluation.questions):
        raise DataError(f"{options.data.name}: there is nobody to measure on")
    measured = measure(evaluation, card=card_facts(folder), measured=datetime.now(UTC).date())
    if options.report:
        options.report.write_text(html_report(measured), encoding="utf-8")
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(as_json(measured), option=orjson.OPT_APPEND_NEWLINE))
    else:
        say(text_of(measured))

"""`cuecard evaluate WHAT`: how good a model is on data with known answers."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module

from models.evaluation.estimates import EvaluationError


def run(options: Namespace) -> None:
    """Runs the command; each kind of model is imported when it is asked for.

    Raises:
        EvaluationError: The report can't be written where it should go; known before anything is measured.
    """
    if options.report and not options.report.absolute().parent.is_dir():
        raise EvaluationError("--report: there is no such folder")
    import_module(f"cds_hooks.commands.evaluate_{options.what}").evaluate(options)

"""`cuecard score`: a published score from JSON lines, one result or abstention for each."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

import orjson

from cds_hooks.chart_files import AsOf, ChartFileError, chart_of
from cds_hooks.settings import Settings, load_settings
from fhir_adapters.errors import FhirError
from models.calculate import calculate_line, calculator_for, record_score_for, score_record
from models.registry import load_models


def run(options: Namespace) -> None:
    """Reads lines from a file or standard input and prints one line for each.

    Raises:
        SettingsError: The settings can't be used.
        UnknownCalculatorError: There is no such score, or it can't be computed from a chart.
    """
    settings = load_settings(options.config) if options.config else Settings()
    opened = options.file.open("rb") if options.file else nullcontext(sys.stdin.buffer)
    with opened as lines:
        filled = (line for line in lines if line.strip())
        if options.fhir:
            as_of: AsOf = options.as_of or "last-entry"
            results = from_charts(options.name, filled, settings, as_of)
        else:
            results = from_inputs(options.name, filled)
        for result in results:
            sys.stdout.buffer.write(orjson.dumps(result, option=orjson.OPT_APPEND_NEWLINE))
            sys.stdout.buffer.flush()


def from_inputs(name: str, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The results for JSON objects of inputs. Raises UnknownCalculatorError when there is no such score."""
    calculator = calculator_for(name)
    return (calculate_line(calculator, line) for line in lines)


def from_charts(
    name: str, lines: Iterable[bytes], settings: Settings, as_of: AsOf
) -> Iterator[dict[str, Any]]:
    """The results for Bundles of one patient each; a line that is none gives an error in its place.

    "withheld" is the number of resources that were left out because they are labelled as confidential.

    Raises:
        UnknownCalculatorError: There is no such score, or it can't be computed from a chart.
    """
    score = record_score_for(name)
    needs = load_models().get(score.name).requires.needs
    for line in lines:
        try:
            labelled = settings.fhir.labelled
            chart = chart_of(line, needs, patient_id="", as_of=as_of, labelled=labelled)
        except (ChartFileError, FhirError) as error:
            yield {"error": {"reason": str(error)}}
        else:
            result = score_record(score, chart.record, settings.for_models())
            yield {**result, "withheld": chart.record.withheld} if chart.record.withheld else result

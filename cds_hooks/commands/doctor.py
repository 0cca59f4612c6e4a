"""`cuecard doctor`: examines a FHIR server, and what one of its charts is enough for."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import closing

import orjson

from cds_hooks.commands.fhir_access import access_of, client_for
from cds_hooks.commands.output import say, width
from cds_hooks.doctor import examine, print_report, report_json
from cds_hooks.platform import service_registry
from cds_hooks.settings import Settings, load_settings

_SUMMARY_ID, _HOOK = "chart-summary", "patient-view"
_UNHEALTHY = 1


def run(options: Namespace) -> int:
    """Prints the report.

    Returns:
        0 when every query was answered in full (without a patient: when the server answers), else 1.

    Raises:
        SettingsError: The settings or the address can't be used.
    """
    settings = load_settings(options.config) if options.config else Settings()
    service = service_registry(settings).hooks_of(_SUMMARY_ID)[_HOOK]
    with closing(client_for(options.fhir, settings)) as client:
        report = examine(
            client,
            access_of(options.fhir, options.patient),
            service,
            settings.for_models(),
            as_of=options.as_of or "now",
            labelled=settings.fhir.labelled,
        )
    if options.json:
        say(orjson.dumps(report_json(report), option=orjson.OPT_INDENT_2).decode())
    else:
        print_report(report, sys.stdout, width())
    return 0 if report.is_healthy else _UNHEALTHY

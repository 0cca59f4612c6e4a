"""`cuecard assess`: the cards of one chart, in the terminal."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import orjson

from cds_hooks.cards.builder import build_cards
from cds_hooks.cards.summary import summary_card
from cds_hooks.cards.terminal import render_text
from cds_hooks.chart_files import AsOf, chart_of
from cds_hooks.commands.fhir_access import access_of, client_for
from cds_hooks.commands.output import say, width
from cds_hooks.platform import service_registry
from cds_hooks.protocol.card import Card
from cds_hooks.protocol.response import cards_json
from cds_hooks.reading import note_service
from cds_hooks.risk_assessments import risk_assessments
from cds_hooks.services.registry import BoundService
from cds_hooks.settings import Settings, load_settings
from fhir_adapters.gather import ChartRequest, GatheredChart, gather
from fhir_adapters.record import PatientRecord
from fhir_adapters.record.needs import with_narratives
from fhir_adapters.resilience import Deadline
from models.finding import Assessment
from models.run import assess, results_of

_SERVICE_ID, _SUMMARY_ID, _HOOK = "chart-review", "chart-summary", "patient-view"
_DEADLINE_S = 30.0
_READING_S = 60.0
_NO_CARDS = "No cards: the chart was read and there is nothing to say."


def run(options: Namespace) -> None:
    """Prints the cards that the service would answer with, or everything that was assessed.

    Raises:
        SettingsError: The settings, the address or the weights of the note reader can't be used.
        ChartFileError, FhirError: The chart can't be read.
    """
    settings = load_settings(options.config) if options.config else Settings()
    services = service_registry(settings)
    everything = services.hooks_of(_SUMMARY_ID)[_HOOK]
    asked = everything if options.summary else services.hooks_of(_SERVICE_ID)[_HOOK]
    service = everything if options.fhir_out else asked
    if options.bundle:
        as_of: AsOf = options.as_of or "last-entry"
        text = Path(options.bundle).read_bytes()
        chart = chart_of(
            text,
            with_narratives(service.needs),
            patient_id=options.patient,
            as_of=as_of,
            labelled=settings.fhir.labelled,
        )
    else:
        chart = _fetched(settings, service, options.fhir, options.patient, options.as_of or "now")
    record = _with_readings(settings, chart.record)
    clinical = settings.for_models()
    if options.fhir_out:
        bundle = risk_assessments(record, results_of(record, everything.models, clinical))
        options.fhir_out.write_bytes(orjson.dumps(bundle, option=orjson.OPT_INDENT_2))
    assessment = assess(record, asked.models, clinical)
    if options.summary:
        cards = [summary_card(assessment, record, asked.models, clinical, str(uuid4())).card]
    else:
        cards = cards_of(settings, assessment, record)
    if options.json:
        say(orjson.dumps(cards_json(cards), option=orjson.OPT_INDENT_2).decode())
    else:
        say("\n\n".join(render_text(card, width()) for card in cards) or _NO_CARDS)


def cards_of(settings: Settings, assessment: Assessment, record: PatientRecord) -> list[Card]:
    """The cards of a chart that nobody has declined anything on."""
    built = build_cards(
        assessment,
        record,
        policy=settings.alerts.policy(),
        declined=(),
        hook_instance=str(uuid4()),
    )
    return [each.card for each in built]


def _with_readings(settings: Settings, record: PatientRecord) -> PatientRecord:
    # A chart without notes need not wait until the reader is loaded.
    notes = note_service(settings.notes, None) if record.notes else None
    if notes is None:
        return record
    return notes.read(record, _READING_S, Deadline.after(_READING_S)).record


def _fetched(
    settings: Settings, service: BoundService, url: str, patient_id: str, as_of: AsOf
) -> GatheredChart:
    access = access_of(url, patient_id)
    request = ChartRequest(patient_id=patient_id, fhir_server=url, access_token=access.token)
    deadline = Deadline.after(_DEADLINE_S)
    with closing(client_for(url, settings)) as client:
        return gather(
            request,
            with_narratives(service.needs),
            client,
            deadline,
            now=datetime.now(UTC),
            as_of=as_of,
            labelled=settings.fhir.labelled,
        )

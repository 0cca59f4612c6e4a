"""The main path: a call names a patient; the chart is gathered, read, assessed, and answered with cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cds_hooks.cards.builder import BuiltCard, build_cards
from cds_hooks.cards.completeness import subject_of
from cds_hooks.cards.orders import orders_by_reference
from cds_hooks.cards.summary import summary_card
from cds_hooks.data_quality import data_quality, quality_json
from cds_hooks.errors import ModelsFailed, OutOfTime
from cds_hooks.ledger import CallEntry
from cds_hooks.platform import Platform
from cds_hooks.protocol.request import HookCall
from cds_hooks.security.caller import Caller
from cds_hooks.services.registry import BoundService
from cds_hooks.telemetry import RequestAccount
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.record import PatientRecord
from fhir_adapters.record.needs import with_narratives
from fhir_adapters.resilience import Deadline
from models.finding import Assessment
from models.run import assess

# Of a call's time, kept for the models and the cards: so many seconds, but no larger share than this.
_ASSESSMENT_S, _ASSESSMENT_SHARE = 0.5, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The cards of one call, most pressing first, and in trials the data quality of its chart.

    No card: the chart was read and there is nothing to say.
    """

    cards: tuple[BuiltCard, ...]
    quality: Mapping[str, Any] | None = None


def invoke(
    service: BoundService, call: HookCall, platform: Platform, account: RequestAccount, caller: Caller
) -> Answer:
    """Answers one hook call and accounts for it.

    Args:
        account: Its correlation id names the call in the ledger, the logs and any error; the call's deadline
            runs from when it arrived. Is told how long each stage took, and what failed.
        caller: Who asks; may name the FHIR server that the call names.

    Raises:
        ChartError: Required chart data can't be had, or the chart is another patient's.
        BadPrefetch: A prefetch value is no FHIR resource.
        ModelsFailed, OutOfTime: No model could answer, or the call's time was up before its turn came.
        LedgerUnavailable: The call can't be accounted for, so it is not answered.
    """
    with platform.ledger.account(service.declared.id, call, account.correlation_id, caller) as entry:
        record = _review(service, call, platform, entry, account) if service.models else None
        entry.timings = dict(account.watch.stages)
    account.watch.lap("ledger")
    is_told = platform.settings.sandbox.data_quality
    quality = quality_json(data_quality(record)) if is_told and record is not None else None
    return Answer(cards=entry.cards, quality=quality)


def _review(
    service: BoundService, call: HookCall, platform: Platform, entry: CallEntry, account: RequestAccount
) -> PatientRecord:
    now = datetime.now(UTC)
    watch = account.watch
    seconds = service.declared.deadline_s or platform.settings.service.deadline_s
    deadline = Deadline(account.arrived + seconds)
    if deadline.expired:
        raise OutOfTime("the time for this call was used up before its turn came")
    # Neither a query that never answers nor a long note must use up the time in which the rest is assessed.
    reserved_from = Deadline(deadline.at - min(_ASSESSMENT_S, _ASSESSMENT_SHARE * seconds))
    chart = gather(
        _request(call),
        # Notes that are resources themselves are asked for only where notes are read.
        service.needs if platform.notes is None else with_narratives(service.needs),
        platform.client,
        reserved_from,
        now=now,
        as_of=platform.settings.sandbox.as_of,
        labelled=platform.settings.fhir.labelled,
    )
    entry.references = chart.references
    account.fhir_errors.extend(chart.failures)
    watch.lap("gather")
    record = _with_readings(chart.record, platform, entry, seconds, reserved_from)
    watch.lap("read")
    assessment = assess(record, service.models, platform.clinical, lambda: deadline.expired)
    entry.models += tuple(model.stamp for model in service.models)
    account.add_abstentions(assessment.abstentions)
    _refuse_silence(assessment, len(service.models))
    if service.declared.states_silence:
        assessment = _with_reasons(assessment, len(service.models))
    watch.lap("assess")
    if service.declared.form == "summary":
        entry.cards = (
            summary_card(
                assessment, record, service.models, platform.clinical, _instance(service, call, entry.caller)
            ),
        )
        watch.lap("cards")
        return record
    since = now - timedelta(days=platform.policy.repeat_after_days)
    declined = platform.ledger.declines(call, since, entry.caller) if assessment.findings else ()
    watch.lap("declines")
    entry.cards = build_cards(
        assessment,
        record,
        policy=platform.policy,
        declined=declined,
        hook_instance=_instance(service, call, entry.caller),
        now=now,
        orders=orders_by_reference(call.context.orders),
    )
    watch.lap("cards")
    return record


def _instance(service: BoundService, call: HookCall, caller: Caller) -> str:
    # Cards are named after it: another client that repeats the same ids must not get the same cards.
    who = f"{caller.issuer} {caller.tenant}/" if caller.issuer else ""
    return f"{who}{service.declared.id}/{call.context.patient_id}/{call.hook_instance}"


def _with_readings(
    record: PatientRecord, platform: Platform, entry: CallEntry, seconds: float, deadline: Deadline
) -> PatientRecord:
    if platform.notes is None:
        return record
    read = platform.notes.read(record, seconds, deadline)
    entry.readings = read.made
    if read.record.readings:
        entry.models = (platform.notes.stamp,)
    return read.record


def _request(call: HookCall) -> ChartRequest:
    return ChartRequest(
        patient_id=call.context.patient_id,
        fhir_server=call.fhir_server,
        access_token=call.authorization.access_token if call.authorization else None,
        prefetch=call.prefetch,
        scope=call.authorization.scope if call.authorization else "",
        drafts=call.context.orders,
        selections=call.context.selections,
        discharge=f"Encounter/{call.context.encounter_id}" if call.hook == "encounter-discharge" else "",
    )


def _with_reasons(assessment: Assessment, models: int) -> Assessment:
    """Marks what the call asked and no model answered, beside a finding or where none could answer at all."""
    silent = {each.model.name for each in assessment.abstentions if each.cause != "not-indicated"}
    if not assessment.findings and len(silent) < models:
        return assessment
    stated = tuple(
        replace(each, subject=subject_of(each)) if each.cause != "not-indicated" else each
        for each in assessment.abstentions
    )
    return Assessment(assessment.findings, stated)


def _refuse_silence(assessment: Assessment, models: int) -> None:
    # A call on which nothing worked must not look like a chart on which there is nothing to say. Where some
    # models worked, a card names the others.
    failed = [each for each in assessment.abstentions if each.cause in ("model-error", "out-of-time")]
    if assessment.findings or len({each.model.name for each in failed}) < models:
        return
    causes = {each.cause for each in failed}
    if causes == {"model-error"}:
        raise ModelsFailed("no model could assess the chart")
    raise OutOfTime("the time for this call was used up before any model could answer")

"""Connects, asks what the models need, and notes what came."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from cds_hooks.chart_files import AsOf
from cds_hooks.data_quality import data_quality
from cds_hooks.doctor.report import ModelReport, Report, SearchReport, Support
from cds_hooks.services.registry import BoundService
from fhir_adapters.capability import Capability
from fhir_adapters.client import Access, FhirClient
from fhir_adapters.errors import FhirError, ServerError
from fhir_adapters.gather import ChartRequest, GatheredChart, gather
from fhir_adapters.mapping.labels import Labelled
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.vendors.registry import vendor_of
from models.contract import ClinicalModel, ClinicalSettings
from models.finding import Abstention
from models.run import assess

DEADLINE_S = 30.0


def examine(
    client: FhirClient,
    access: Access,
    service: BoundService,
    settings: ClinicalSettings,
    *,
    as_of: AsOf = "now",
    labelled: Labelled = "leave-out",
) -> Report:
    """Examines a server, and with a patient id in `access` also what one chart is enough for.

    Args:
        client: That may call the server.
        access: Server, token and patient; without a patient id only the server itself is looked at.
        service: Whose models' needs are asked for.
        as_of: The time that the models' look-back counts from.
        labelled: What becomes of resources that are labelled as confidential.
    """
    report = _server(client, access)
    report = replace(report, searches=tuple(_stated(q, report.capability) for q in service.queries))
    if report.trouble or not access.patient_id:
        return report
    request = ChartRequest(
        patient_id=access.patient_id,
        fhir_server=access.server,
        access_token=access.token,
        scope=access.scope,
    )
    deadline = Deadline.after(DEADLINE_S)
    try:
        now = datetime.now(UTC)
        chart = gather(request, service.needs, client, deadline, now=now, as_of=as_of, labelled=labelled)
    except FhirError as error:
        return replace(report, trouble=error.message)
    return replace(
        report,
        searches=tuple(_searches(report.searches, service.queries, chart)),
        quality=data_quality(chart.record),
        models=() if chart.record.patient.deceased else _models(service.models, chart, settings),
        remark="the patient has died, so no model applies" if chart.record.patient.deceased else "",
    )


def _server(client: FhirClient, access: Access) -> Report:
    client.warm_up()
    began = time.monotonic()
    try:
        before = client.vendor(access)  # as a call knows it
        capability = client.capability(access, Deadline.after(DEADLINE_S))
    except ServerError as error:
        return Report(server=access.server, vendor=vendor_of(access.server).name, trouble=error.message)
    vendor = client.vendor(access)
    report = Report(
        server=access.server,
        vendor=vendor.name,
        is_vendor_hidden=vendor != before,
        capability=capability,
        milliseconds=(time.monotonic() - began) * 1000,
    )
    if capability.version is None:
        stated = capability.stated_version or "none that it states"
        return replace(report, trouble=f"its version of FHIR is not read here: {stated}")
    return report


def _stated(query: Query, capability: Capability | None) -> SearchReport:
    return SearchReport(resource=query.resource, supported=_support(query, capability))


def _support(query: Query, capability: Capability | None) -> Support:
    """Whether the server says that it answers the query."""
    if capability is None or not (capability.searches or capability.interactions):
        return "not stated"
    interactions = capability.interactions.get(query.resource)
    if query.resource == "Patient":
        return "yes" if interactions and "read" in interactions else "no" if interactions else "not stated"
    if interactions is None:
        return "no"
    wanted = {"patient"} | {name for name, _ in query.params if not name.startswith("_")}
    stated = capability.searches.get(query.resource)
    if stated is None:
        return "not stated"
    return "yes" if wanted <= stated or (wanted - {"patient"} | {"subject"}) <= stated else "no"


def _searches(
    stated: Sequence[SearchReport], queries: Sequence[Query], chart: GatheredChart
) -> Iterable[SearchReport]:
    counts = Counter(reference.partition("/")[0] for reference in chart.references)
    reasons = {gap.source: gap.reason for gap in chart.record.gaps}
    for search, query in zip(stated, queries, strict=True):
        yield replace(
            search,
            found=counts[query.resource],
            coverage=chart.record.coverage.get(query.resource, "not-asked"),
            milliseconds=chart.timings_ms.get(f"fetch.{query.key}"),
            reason=reasons.get(query.key, ""),
        )


def _models(
    models: Iterable[ClinicalModel], chart: GatheredChart, settings: ClinicalSettings
) -> tuple[ModelReport, ...]:
    return tuple(_model(model, chart, settings) for model in models)


def _model(model: ClinicalModel, chart: GatheredChart, settings: ClinicalSettings) -> ModelReport:
    said = assess(chart.record, (model,), settings)
    if said.findings:
        return ModelReport(name=model.name, outcome="finding")
    telling = [each for each in said.abstentions if each.cause != "not-indicated"] or list(said.abstentions)
    if not telling:
        return ModelReport(name=model.name, outcome="nothing to say")
    return _silent(model.name, telling)


def _silent(name: str, abstentions: Sequence[Abstention]) -> ModelReport:
    missing = dict.fromkeys(word for each in abstentions for word in each.missing)
    first = abstentions[0]
    return ModelReport(
        name=name, outcome="no answer", cause=first.cause, reason=first.reason, missing=tuple(missing)
    )

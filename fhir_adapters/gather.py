"""From a hook call to a PatientRecord: prefetch first, then what is missing, all within one deadline."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from fhir_adapters.answers import answer_of, coverage_of, gaps_of, is_open, limited, require
from fhir_adapters.client import Access, FhirClient, QueryResult
from fhir_adapters.errors import FhirError, UnreadablePatientError
from fhir_adapters.linked import fetch_linked
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.mapping.labels import Labelled, by_labels
from fhir_adapters.paging import Resource
from fhir_adapters.prefetch import Query, Supplied, is_patient_id, queries, resolve
from fhir_adapters.record.needs import Need
from fhir_adapters.record.patient_record import PatientRecord
from fhir_adapters.resilience import Deadline
from fhir_adapters.versions.shape import in_r4


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRequest:
    """Whose chart to read, and by which roads.

    Attributes:
        patient_id: The FHIR id that the hook call names.
        fhir_server: Base URL for what prefetch does not hold; None when the call names none.
        access_token: Bearer token for that server; None for an open one.
        prefetch: The call's `prefetch` object.
        scope: SMART scopes of the token; "" when unknown.
        drafts: Orders that the call carries, with what travels beside them.
        selections: References of those that the user selected; empty for all.
        discharge: Reference of the encounter that is being ended; "" when none is.
    """

    patient_id: str = field(repr=False)
    fhir_server: str | None = None
    access_token: str | None = field(default=None, repr=False)
    prefetch: Mapping[str, Any] = field(default_factory=dict, repr=False)
    scope: str = ""
    drafts: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    selections: tuple[str, ...] = ()
    discharge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredChart:
    """A record, and what the ledger keeps of its making.

    Attributes:
        record: The chart as models see it.
        references: "Type/id" of every resource that was read; what was left out was not.
        timings_ms: Milliseconds by stage ("prefetch", "fetch", "linked", "map") and, for each query
            that was sent, by "fetch.<key>".
        failures: Codes of `fhir_adapters.errors`, one for each query that failed.
    """

    record: PatientRecord
    references: tuple[str, ...] = field(repr=False)
    timings_ms: Mapping[str, float]
    failures: tuple[str, ...] = ()


def gather(
    request: ChartRequest,
    needs: Iterable[Need],
    client: FhirClient | None,
    deadline: Deadline,
    *,
    now: datetime,
    as_of: Literal["now", "last-entry"] = "now",
    labelled: Labelled = "leave-out",
) -> GatheredChart:
    """Reads what the needs name, once each, and maps it.

    Args:
        request: The patient, the server and what came as prefetch.
        needs: What the models read; nothing else is asked for or looked at.
        client: For what is missing; None when there is only prefetch.
        deadline: Optional data that is not there by then becomes a gap.
        now: The time of the call, with a zone.
        as_of: "last-entry" for sandboxes whose data is old.
        labelled: What becomes of resources that are labelled as confidential.

    Raises:
        RequiredDataUnavailable: Required data could not be had by either road.
        BadPrefetch: A prefetch value is of a wrong type.
        WrongPatientError: The Patient that arrived is another one.
        RestrictedPatientError: The Patient is labelled so that it is left out.
        UnreadablePatientError: The Patient can't be read, or the call's patient id is no FHIR id.
    """
    if not is_patient_id(request.patient_id):
        raise UnreadablePatientError("the patient id of the call is not a FHIR id")
    wanted = tuple(needs)
    asked = queries(wanted)
    watch = _Watch()
    supplied = resolve(asked, request.prefetch)
    access = _access(request)
    asked = _without_needless(asked, supplied, can_fetch=client is not None and access is not None)
    watch.lap("prefetch")
    fetched, why_not = _fetch(asked, supplied, access, client, deadline)
    watch.lap("fetch")
    joined = (answer_of(query, supplied[query.key], fetched.get(query.key), why_not) for query in asked)
    answers = [limited(answer, request.patient_id) for answer in joined]
    require(answers)
    resources = [resource for answer in answers for resource in answer.resources]
    drafts = [dict(draft) for draft in request.drafts]
    # What is left out is not followed either.
    linking = by_labels([*resources, *in_r4(drafts)], labelled).used
    linked = fetch_linked(linking, request.patient_id, access, client, deadline)
    resources.extend(linked.medications)
    watch.lap("linked")
    record = map_chart(
        request.patient_id,
        resources,
        now=now,
        as_of=as_of,
        analytes=frozenset(analyte for need in wanted for analyte in need.analytes),
        attachments=linked.attachments,
        gaps=(*gaps_of(answers), *linked.gaps),
        coverage=coverage_of(answers),
        drafts=drafts,
        selections=request.selections,
        discharge=request.discharge,
        labelled=labelled,
    )
    watch.lap("map")
    watch.laps.update({f"fetch.{key}": result.elapsed_ms for key, result in fetched.items()})
    return GatheredChart(
        record=record,
        references=_references(by_labels([*resources, *drafts], labelled).used),
        timings_ms=MappingProxyType(watch.laps),
        failures=tuple(result.error.code for result in fetched.values() if result.error is not None),
    )


def _without_needless(
    asked: tuple[Query, ...], supplied: Mapping[str, Supplied], *, can_fetch: bool
) -> tuple[Query, ...]:
    """The queries without those `if_held` that nobody supplied, unless the server is asked for notes anyway.

    A call that came with all that its templates name is answered without a query of ours.
    """
    fetches_notes = can_fetch and any(
        query.resource == "DocumentReference" and is_open(query, supplied[query.key]) for query in asked
    )
    return tuple(q for q in asked if not q.if_held or fetches_notes or supplied[q.key].state != "missing")


def _references(resources: Iterable[Resource]) -> tuple[str, ...]:
    named = (f"{r['resourceType']}/{r['id']}" for r in resources if isinstance(r.get("id"), str))
    return tuple(dict.fromkeys(named))


class _Watch:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Ends a stage."""
        now = time.perf_counter()
        self.laps[stage] = (now - self._last) * 1000
        self._last = now


def _fetch(
    asked: Iterable[Query],
    supplied: Mapping[str, Supplied],
    access: Access | None,
    client: FhirClient | None,
    deadline: Deadline,
) -> tuple[Mapping[str, QueryResult], str]:
    """The results by key, or none and the reason why nothing could be asked."""
    missing = [query for query in asked if is_open(query, supplied[query.key])]
    if not missing:
        return {}, ""
    if client is None or access is None:
        return {}, "there is no FHIR server to ask for what was not supplied"
    next_links = {query.key: supplied[query.key].next_link for query in missing}
    try:
        return client.fetch_all(missing, access, deadline, next_links=next_links), ""
    except FhirError as error:
        return {}, error.message


def _access(request: ChartRequest) -> Access | None:
    if request.fhir_server is None:
        return None
    return Access(
        server=request.fhir_server,
        patient_id=request.patient_id,
        token=request.access_token,
        scope=request.scope,
    )

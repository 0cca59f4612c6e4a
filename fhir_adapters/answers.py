"""What is known about each query once both roads have been tried: prefetch, and the FHIR server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import get_args

from fhir_adapters.client import QueryResult
from fhir_adapters.errors import OtherPatientsData, RequiredDataUnavailable
from fhir_adapters.paging import Resource, count_distinct, is_about_another, keep_newest, newest_first
from fhir_adapters.prefetch import Query, Supplied
from fhir_adapters.record.needs import ResourceType
from fhir_adapters.record.parts import DataQualityNote
from fhir_adapters.record.patient_record import Coverage
from fhir_adapters.versions.shape import in_r4

_ALL_RESOURCES: tuple[ResourceType, ...] = get_args(ResourceType)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answer:
    """The answer to one query.

    Attributes:
        resources: What was obtained, from both roads.
        coverage: How much of it that is.
        reason: Why it is not complete; "" when it is.
        others_data: True when data of other patients had to be dropped.
    """

    query: Query
    resources: tuple[Resource, ...] = ()
    coverage: Coverage = "complete"
    reason: str = ""
    others_data: bool = False


def is_open(query: Query, given: Supplied) -> bool:
    """True when the FHIR server has to be asked: nothing was supplied, or not all that is wanted."""
    if given.state == "missing":
        return True
    has_enough = query.newest is not None and count_distinct(given.resources) >= query.newest
    return bool(given.next_link) and not has_enough


def answer_of(query: Query, given: Supplied, result: QueryResult | None, why_not: str) -> Answer:
    """Joins what was supplied and what was fetched.

    Args:
        query: What was asked.
        given: What the client of the hook made of the template.
        result: What the FHIR server answered; None when it was not asked.
        why_not: Why the server was not asked although it should have been; "" when it need not be.
    """
    if given.state == "failed":
        return Answer(
            query=query, coverage="unavailable", reason="the client reports that it failed to read it"
        )
    resources = tuple(in_r4((*given.resources, *(result.resources if result else ()))))
    reason = _why_partial(given)
    if result is not None and result.error is not None:
        reason = result.error.message
    elif result is None and is_open(query, given):
        reason = why_not
    if not reason:
        return Answer(query=query, resources=resources)
    return Answer(
        query=query,
        resources=resources,
        coverage="partial" if resources or given.state == "supplied" else "unavailable",
        reason=reason,
        others_data=result is not None and isinstance(result.error, OtherPatientsData),
    )


def _why_partial(given: Supplied) -> str:
    if given.failed_in_part:
        return "the client reports a failure of a part of it"
    if given.unreadable:
        return f"{given.unreadable} entries of the Bundle hold no resource"
    return ""


def limited(answer: Answer, patient_id: str) -> Answer:
    """Cuts to the newest that are wanted, newest first, so that every road gives the same record.

    Observations become series, which have an order of their own.
    """
    query = answer.query
    if query.resource == "Observation" and query.newest is None:
        return answer
    matches = [r for r in answer.resources if r["resourceType"] == query.resource]
    companions = [r for r in answer.resources if r["resourceType"] != query.resource]
    if query.newest is None or len(answer.resources) <= query.newest:
        return replace(answer, resources=(*newest_first(matches, query.resource), *companions))
    own = [r for r in matches if not is_about_another(r, patient_id)]
    return replace(answer, resources=(*keep_newest(own, query.resource, query.newest), *companions))


def require(answers: Iterable[Answer]) -> None:
    """Passes when all that is required was obtained, in part at least.

    Raises:
        RequiredDataUnavailable: Something required was not; a Patient that does not exist counts.
    """
    missing = [answer for answer in answers if answer.query.required and _is_missing(answer)]
    if missing:
        raise RequiredDataUnavailable(
            {answer.query.key: answer.reason or "there is none" for answer in missing},
            tuple(answer.query.resource for answer in missing),
        )


def _is_missing(answer: Answer) -> bool:
    return answer.coverage == "unavailable" or (answer.query.resource == "Patient" and not answer.resources)


def coverage_of(answers: Iterable[Answer]) -> dict[ResourceType, Coverage]:
    """How each resource type was obtained; "not-asked" for those that no query is about."""
    coverage: dict[ResourceType, Coverage] = dict.fromkeys(_ALL_RESOURCES, "not-asked")
    coverage.update({answer.query.resource: answer.coverage for answer in answers})
    return coverage


def gaps_of(answers: Iterable[Answer]) -> tuple[DataQualityNote, ...]:
    """One note for each query that was not answered in full."""
    return tuple(_gap(answer) for answer in answers if answer.reason)


def _gap(answer: Answer) -> DataQualityNote:
    source, reason = answer.query.key, answer.reason
    if answer.others_data:
        return DataQualityNote(problem="wrong-patient", source=source, reason=reason)
    if answer.coverage == "partial":
        return DataQualityNote(problem="incomplete", source=source, reason=reason)
    return DataQualityNote(problem="unavailable", source=source, reason=reason)

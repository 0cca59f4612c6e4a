"""Condition -> Condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal, TypeVar, cast

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import not_used, unreadable
from fhir_adapters.mapping.thawed import twin
from fhir_adapters.mapping.values import Json, codes, concept, moment, period, reference_to
from fhir_adapters.record import Concept, Condition
from fhir_adapters.terminology.code_systems import is_standard
from fhir_adapters.terminology.condition_names import codes_of_name

T = TypeVar("T")

_ThawedCondition = twin(Condition)

_ClinicalStatus = Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved", ""]
_Verification = Literal["confirmed", "provisional", "differential", "unconfirmed", ""]
_Category = Literal["problem-list-item", "encounter-diagnosis", "health-concern", ""]

_NEVER_USED = frozenset({"refuted", "entered-in-error"})
_CLINICAL: dict[str, _ClinicalStatus] = {
    "active": "active",
    "recurrence": "recurrence",
    "relapse": "relapse",
    "inactive": "inactive",
    "remission": "remission",
    "resolved": "resolved",
}
_VERIFICATION: dict[str, _Verification] = {
    "confirmed": "confirmed",
    "provisional": "provisional",
    "differential": "differential",
    "unconfirmed": "unconfirmed",
}
# In order of weight: what is on the problem list stays there when it was also diagnosed at a visit.
_CATEGORIES: tuple[_Category, ...] = ("problem-list-item", "encounter-diagnosis", "health-concern")
_ENDED_WITHOUT_DATE = ("abatementAge", "abatementRange", "abatementString")
_ABATEMENTS = frozenset({"abatementDateTime", "abatementPeriod", "abatementBoolean", *_ENDED_WITHOUT_DATE})


def map_condition(resource: Json, source: str, chart: ChartContext) -> Condition:
    """Reads a Condition.

    Raises:
        SetAsideError: It is refuted or entered in error, has no code, is dated after now, or its verification
            can't be read.
    """
    verification = _status_codes(resource, "verificationStatus")
    if not _NEVER_USED.isdisjoint(verification):
        raise not_used(*verification)
    what = _meant(resource.get("code"))
    if not what.label:
        raise unreadable("has neither code nor text")
    abatement, ended = _abatement(resource, chart)
    cond = _ThawedCondition(
        source,
        what,
        _clinical_status(resource, source, chart, ended=ended),
        _first_known(_VERIFICATION, verification),
        _category(resource),
        chart.past(resource.get("onsetDateTime") or period(resource.get("onsetPeriod"))[0]),
        abatement,
        chart.past(resource.get("recordedDate")),
        reference_to(resource.get("encounter")),
    )
    cond.__class__ = Condition
    return cast("Condition", cond)


def _meant(value: object) -> Concept:
    """The concept; one that was sent in words only has the codes that it names."""
    what = concept(value)
    if what.codings and is_standard(what.codings[0].system):
        return what
    named = codes_of_name(what)
    return replace(what, by_name=named) if named else what


def _status_codes(resource: Json, key: str) -> tuple[str, ...]:
    """The codes of a status that decides about use: one of a wrong type costs the resource."""
    value = resource.get(key)
    if value is not None and not isinstance(value, dict | str):
        raise unreadable(f"{key} is not a code")
    return codes(value)


def _first_known(known: Mapping[str, T], sent: tuple[str, ...]) -> T | Literal[""]:
    for code in sent:
        if code in known:
            return known[code]
    return ""


def _clinical_status(resource: Json, source: str, chart: ChartContext, *, ended: bool) -> _ClinicalStatus:
    sent = _status_codes(resource, "clinicalStatus")
    status = _first_known(_CLINICAL, sent)
    if sent and not status:
        chart.quality.add(
            "approximate", source, "its clinical status is not known to FHIR; an abatement alone ends it"
        )
    if ended and status in ("active", "recurrence", "relapse", ""):
        return "inactive"
    return status


def _category(resource: Json) -> _Category:
    sent = codes(resource.get("category"))
    for category in _CATEGORIES:
        if category in sent:
            return category
    return ""


def _abatement(resource: Json, chart: ChartContext) -> tuple[datetime | None, bool]:
    """When it ended, and whether it ended at a time that isn't given; an expected end is not one yet."""
    if resource.keys().isdisjoint(_ABATEMENTS):
        return None, False
    when = moment(resource.get("abatementDateTime") or _end(resource.get("abatementPeriod")))
    if when is not None:
        return (None if chart.is_future(when) else when.at), False
    return None, any(resource.get(key) for key in _ENDED_WITHOUT_DATE) or (
        resource.get("abatementBoolean") is True
    )


def _end(value: object) -> object:
    start, end = period(value)
    return end or start

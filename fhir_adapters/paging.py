"""What one page of search results holds, and which of its resources are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from fhir_adapters.mapping.values import moment, reference_to
from fhir_adapters.record.needs import ResourceType
from fhir_adapters.versions.shape import r4_type

Resource = dict[str, Any]

_NEVER = float("-inf")

# Where the time of a resource stands, the best one first. The element of the search parameter that
# the server sorts by comes first, so that both ways of taking the newest agree.
_TIME_FIELDS: dict[ResourceType, tuple[str, ...]] = {
    "Observation": ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued"),
    "Condition": ("recordedDate", "onsetDateTime"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime", "effectivePeriod", "dateAsserted"),
    "AllergyIntolerance": ("recordedDate",),
    "Procedure": ("performedDateTime", "performedPeriod"),
    "Encounter": ("period",),
    "FamilyMemberHistory": ("date",),
    "DocumentReference": ("date",),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod", "issued"),
    "Composition": ("date",),
    "ClinicalImpression": ("date", "effectiveDateTime", "effectivePeriod"),
}

# What comes along with a resource type because it names it.
COMPANIONS: dict[str, str] = {"MedicationRequest": "Medication", "MedicationStatement": "Medication"}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Page:
    """One page of a search, or a whole Bundle that came as prefetch.

    Attributes:
        resources: Matches of the asked type; included resources and strangers are left out.
        companions: Medications that came along with orders which name them.
        outcomes: The OperationOutcomes among the entries.
        unreadable: Entries that are no objects, or hold no resource.
        next_link: Where the next page is, as sent; "" on the last page.
        self_link: What the server says that it answered, as sent; "" when it does not say.
    """

    resources: list[Resource] = field(default_factory=list)
    companions: list[Resource] = field(default_factory=list)
    outcomes: list[Resource] = field(default_factory=list)
    unreadable: list[object] = field(default_factory=list)
    next_link: str = ""
    self_link: str = ""


def read_page(bundle: Resource, resource_type: str) -> Page:
    """Sorts a Bundle's entries into what was asked for and what was not; `total` is never looked at.

    Raises:
        ValueError: `entry` or `link` is not a list.
    """
    page = Page(next_link=_link(bundle, "next"), self_link=_link(bundle, "self"))
    companion = COMPANIONS.get(resource_type)
    for entry in _list(bundle, "entry"):
        try:
            resource = entry["resource"]
            kind = r4_type(resource["resourceType"])
        except (TypeError, KeyError):
            page.unreadable.append(entry)
            continue
        if kind == resource_type:
            if _is_match(entry.get("search")):
                page.resources.append(resource)
        elif kind == "OperationOutcome":
            page.outcomes.append(resource)
        elif kind == companion:
            page.companions.append(resource)
    return page


def _list(bundle: Resource, name: str) -> list[Any]:
    value = bundle.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{name} is not a list")
    return value


def _is_match(search: object) -> bool:
    return not isinstance(search, dict) or search.get("mode", "match") == "match"


def _link(bundle: Resource, relation: str) -> str:
    for link in _list(bundle, "link"):
        if isinstance(link, dict) and link.get("relation") == relation and isinstance(link.get("url"), str):
            return str(link["url"])
    return ""


def is_failure(outcome: Resource) -> bool:
    """True for an OperationOutcome that reports an error; False when it only informs or warns."""
    issues = outcome.get("issue")
    if not isinstance(issues, list) or not issues:
        return True
    severities = {issue.get("severity") for issue in issues if isinstance(issue, dict)}
    return not severities or not severities <= {"information", "warning", "success"}


def is_about_another(resource: Resource, patient_id: str) -> bool:
    """True when the resource names a patient by id, and it is not this one.

    References by urn, by identifier only or without a type say nothing here; mapping judges them.
    """
    reference = reference_to(resource.get("subject") or resource.get("patient"))
    return reference.startswith("Patient/") and reference != f"Patient/{patient_id}"


def newest_first(resources: Iterable[Resource], resource_type: ResourceType) -> list[Resource]:
    """The resources by their own time, newest first; those without a time come last."""
    fields = _TIME_FIELDS.get(resource_type, ())
    return sorted(resources, key=lambda r: (-_time_of(r, fields), str(r.get("id", ""))))


def is_newest_first(resources: Iterable[Resource], resource_type: ResourceType) -> bool:
    """False when one resource is newer than another before it; those without a time are passed over."""
    fields = _TIME_FIELDS.get(resource_type, ())
    times = [seconds for r in resources if (seconds := _time_of(r, fields)) != _NEVER]
    return all(later <= earlier for earlier, later in pairwise(times))


def keep_newest(resources: Iterable[Resource], resource_type: ResourceType, newest: int) -> list[Resource]:
    """The resources with the `newest` newest ids; further versions of one of them stay with it."""
    kept: set[object] = set()
    found: list[Resource] = []
    for resource in newest_first(resources, resource_type):
        if len(kept) < newest or resource.get("id") in kept:
            kept.add(resource.get("id"))
            found.append(resource)
    return found


def count_distinct(resources: Iterable[Resource]) -> int:
    """How many resources there are, each id counted once."""
    return len({resource.get("id") for resource in resources})


def _time_of(resource: Resource, fields: tuple[str, ...]) -> float:
    for name in fields:
        value = resource.get(name)
        if isinstance(value, dict):
            value = value.get("start") or value.get("end")
        seconds = _seconds(value)
        if seconds != _NEVER:
            return seconds
    return _NEVER


def _seconds(value: object) -> float:
    found = moment(value)
    return _NEVER if found is None else found.at.timestamp()

"""Sorting out a page, and taking the newest of what was found."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.paging import is_about_another, is_failure, keep_newest, newest_first


def observation(identity: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": identity, **more}


def test_the_newest_are_found_across_precisions_and_zones() -> None:
    ordered = [
        observation("a", effectiveDateTime="2026-01-01T01:00:00+02:00"),
        observation("b", effectiveInstant="2025-12-31T22:59:59Z"),
        observation("c", effectivePeriod={"start": "2025-12-31", "end": "2026-05-01"}),
        observation("d", effectiveDateTime="2025-06"),
        observation("e", issued="2025"),
        observation("f", effectiveDateTime="yesterday"),
    ]
    shuffled = [*ordered[::-2], *ordered[::2]]
    assert newest_first(shuffled, "Observation") == ordered
    assert keep_newest(shuffled, "Observation", 3) == ordered[:3]


def test_versions_of_one_resource_count_once_and_stay_together() -> None:
    found = [
        observation("a", effectiveDateTime="2026-01-03"),
        observation("b", effectiveDateTime="2026-01-02"),
        observation("a", effectiveDateTime="2026-01-01"),
    ]
    assert keep_newest(found, "Observation", 1) == [found[0], found[2]]


@pytest.mark.parametrize(
    ("resource", "another"),
    [
        ({"subject": {"reference": "Patient/p1"}}, False),
        ({"patient": {"reference": "Patient/p1"}}, False),
        ({"subject": {"reference": "https://ehr.example.org/fhir/Patient/p1/_history/3"}}, False),
        ({"subject": {"reference": "Patient/p2"}}, True),
        ({"patient": {"reference": "Patient/p10"}}, True),
        ({"subject": {"reference": "https://ehr.example.org/fhir/Patient/p2"}}, True),
        ({"subject": {"reference": "urn:uuid:p1"}}, False),
        ({"subject": {"reference": "Group/p2"}}, False),
        ({"subject": {"identifier": {"value": "p2"}}}, False),
        ({"subject": "Patient/p2"}, False),
        ({}, False),
    ],
)
def test_only_a_reference_by_id_shows_that_it_is_about_another(
    resource: dict[str, Any], another: bool
) -> None:
    assert is_about_another(resource, "p1") is another


@pytest.mark.parametrize(
    ("issues", "failed"),
    [
        ([{"severity": "error"}], True),
        ([{"severity": "information"}, {"severity": "fatal"}], True),
        ([{"severity": "warning"}, {"severity": "information"}], False),
        ([{"severity": "unheard-of"}], True),
        ([{}], True),
        ([], True),
        (None, True),
        (["text"], True),
    ],
)
def test_an_outcome_is_a_failure_unless_it_only_informs(issues: object, failed: bool) -> None:
    assert is_failure({"resourceType": "OperationOutcome", "issue": issues}) is failed

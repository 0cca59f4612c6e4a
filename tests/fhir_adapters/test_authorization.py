"""The token object is read strictly; scopes of both SMART grammars are understood."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.authorization import FhirAuthorization, scope_allows, scope_limits, within
from fhir_adapters.errors import BadAuthorization

GOOD: dict[str, Any] = {
    "access_token": "some-opaque-token",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/Patient.read patient/Observation.rs",
    "subject": "cds-service",
    "patient": "1288992",
}


def test_a_complete_object_is_read() -> None:
    found = FhirAuthorization.parse(GOOD)
    assert (found.access_token, found.expires_in, found.patient) == ("some-opaque-token", 300, "1288992")


def test_a_lifetime_with_a_zero_fraction_is_an_integer() -> None:
    # JSON knows one kind of number; some clients write it so.
    assert FhirAuthorization.parse(GOOD | {"expires_in": 300.0}).expires_in == 300


@pytest.mark.parametrize("name", ["access_token", "token_type", "expires_in", "scope", "subject"])
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(BadAuthorization) as caught:
        FhirAuthorization.parse({key: value for key, value in GOOD.items() if key != name})
    assert caught.value.field == f"fhirAuthorization.{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("access_token", ""),
        ("access_token", 7),
        ("access_token", "a b"),
        ("access_token", "a\r\nHost: evil"),
        ("token_type", "MAC"),
        ("expires_in", "300"),
        ("expires_in", True),
        ("expires_in", 1.5),
        ("expires_in", float("inf")),
        ("scope", []),
        ("subject", {}),
        ("patient", 12),
    ],
)
def test_a_field_of_a_wrong_type_is_named(name: str, value: object) -> None:
    with pytest.raises(BadAuthorization) as caught:
        FhirAuthorization.parse({**GOOD, name: value})
    assert caught.value.field == f"fhirAuthorization.{name}"


@pytest.mark.parametrize("value", ["text", [], 7])
def test_what_is_not_an_object_is_refused(value: object) -> None:
    with pytest.raises(BadAuthorization):
        FhirAuthorization.parse(value)


def test_neither_token_nor_patient_is_shown() -> None:
    shown = repr(FhirAuthorization.parse(GOOD))
    assert "opaque" not in shown
    assert "1288992" not in shown


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("patient/Observation.read", True),
        ("patient/Observation.rs", True),
        ("user/Observation.cruds", True),
        ("system/*.*", True),
        ("patient/*.read", True),
        ("patient/Observation.rs?category=laboratory", True),
        ("openid patient/Observation.s", True),
        ("patient/Observation.r", False),
        ("patient/Observation.write", False),
        ("patient/Observation.cud", False),
        ("patient/Condition.read", False),
        ("patient/ObservationDefinition.read", False),
        ("", None),
        ("openid fhirUser launch/patient", None),
        ("epic.scanning.dmsusername", None),
        ("patient/Observation.", None),
    ],
)
def test_a_search_is_judged_by_the_scopes(scope: str, allowed: bool | None) -> None:
    assert scope_allows(scope, "Observation") is allowed


def test_reading_one_resource_needs_another_permission_than_searching() -> None:
    assert scope_allows("patient/Patient.r", "Patient", "read") is True
    assert scope_allows("patient/Patient.s", "Patient", "read") is False


@pytest.mark.parametrize(
    ("scope", "limits"),
    [
        ("patient/Observation.rs?category=laboratory", ("category=laboratory",)),
        ("patient/Observation.rs?category=laboratory patient/Observation.rs", ()),
        ("patient/Observation.rs?category=laboratory patient/*.read", ()),
        ("patient/Observation.rs?category=laboratory patient/*.r", ("category=laboratory",)),
        (
            "patient/Observation.rs?category=laboratory patient/Observation.s?category=vital-signs",
            ("category=laboratory", "category=vital-signs"),
        ),
        ("patient/Condition.rs?category=problem-list-item patient/Observation.rs", ()),
        ("patient/Condition.rs", ()),
        ("", ()),
    ],
)
def test_a_scope_may_confine_a_resource_type_to_a_part(scope: str, limits: tuple[str, ...]) -> None:
    assert scope_limits(scope, "Observation") == limits


@pytest.mark.parametrize(
    ("limits", "asked"),
    [
        ((), ()),
        (("category=laboratory",), (("category", "laboratory"),)),
        (("category=http%3A%2F%2Fx|a", "category=b"), (("category", "http://x|a,b"),)),
        (("category=laboratory", "code=x"), ()),
        (("category=laboratory&code=x",), ()),
    ],
)
def test_limits_become_one_search_parameter_where_one_can_say_them(
    limits: tuple[str, ...], asked: tuple[tuple[str, str], ...]
) -> None:
    assert within(limits) == asked

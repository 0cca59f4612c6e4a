"""Attacks by the description: whatever it allows is taken, whatever it forbids is refused, all as it says.

Inputs are made from `/openapi.json` as it is served, the same ones in every run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cds_hooks.app import app_of
from cds_hooks.openapi import DOCUMENT
from cds_hooks.platform import Platform, build_platform
from cds_hooks.protocol.hooks import HOOKS
from cds_hooks.services.registry import BoundService, HookService
from cds_hooks.settings import settings_of
from tests.cds_hooks.platforms import SmallModel, platform, sure
from tests.security.conftest import guarded
from tests.security.ehr import PUBLIC, Key, bearer, token

CHECKED = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
Headers = Callable[[str], Mapping[str, str]]


def anyone(_path: str) -> Mapping[str, str]:
    return {}


def signing(key: Key) -> Headers:
    return lambda path: bearer(token(key, PUBLIC + path))


def attack(app: Flask, headers: Headers, *, examples: int) -> dict[str, set[int]]:
    """Calls every operation with what the description allows and with what it forbids.

    Returns:
        By operation, the statuses that were answered.
    """
    answered: dict[str, set[int]] = {}
    for operation in operations(app, headers):
        statuses = answered.setdefault(operation.label, set())
        for mode in modes(operation):
            _attack(operation, mode, headers, statuses, examples)
    return answered


def operations(app: Flask, headers: Headers) -> Iterator[APIOperation]:
    described = schemathesis.openapi.from_wsgi(DOCUMENT, app, headers=dict(headers(DOCUMENT)))
    described.config.update(base_url="http://localhost")  # no proxy is in front that takes a prefix away
    described.config.generation.update(with_security_parameters=False)  # tokens are made here
    for result in described.get_all_operations():
        yield result.ok()


def modes(operation: APIOperation) -> list[GenerationMode]:
    # What takes no input has nothing that could be wrong.
    return list(GenerationMode) if operation.body else [GenerationMode.POSITIVE]


def _attack(
    operation: APIOperation, mode: GenerationMode, headers: Headers, statuses: set[int], examples: int
) -> None:
    documented = operation.definition.raw["responses"]
    # What is allowed begins with the examples, which are answered with cards; made-up charts seldom are.
    known = operation.get_strategies_from_examples() if mode is GenerationMode.POSITIVE else []
    cases = st.one_of(*known, operation.as_strategy(generation_mode=mode))

    @seed(1)
    @settings(
        max_examples=examples if operation.body else 1,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def run(case: Case) -> None:
        answer = case.call(headers=dict(headers(case.path)))
        statuses.add(answer.status_code)
        assert answer.status_code < 500, answer.text
        assert str(answer.status_code) in documented, answer.text
        assert "Traceback" not in answer.text
        assert answer.status_code != 400 or mode is GenerationMode.NEGATIVE, answer.text
        case.validate_response(answer, checks=CHECKED)

    run()


@pytest.fixture
def every_hook(tmp_path: Path) -> Iterator[Platform]:
    services = [
        BoundService(
            HookService(id=f"at-{hook}", hook=hook, title="T", description="D.", models=("sure.v1",)),
            (SmallModel("sure.v1", sure),),
        )
        for hook in HOOKS
    ]
    built = platform(tmp_path, *services, service={"deadline_s": 30})
    yield built
    built.ledger.close()
    built.client.close()


def test_each_hook_keeps_to_the_description(every_hook: Platform, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answered = attack(app_of(every_hook), anyone, examples=8)
    assert not caplog.records
    for hook in HOOKS:
        assert {200, 400, 412} <= answered[f"POST /cds-services/at-{hook}"]
        assert answered[f"POST /cds-services/at-{hook}/feedback"] == {200, 400, 404}


def test_the_shipped_services_keep_to_the_description(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = {"url": f"sqlite:///{tmp_path / 'ledger.sqlite3'}"}
    built = build_platform(settings_of({"ledger": ledger, "service": {"deadline_s": 30}}))
    with caplog.at_level(logging.ERROR):
        answered = attack(app_of(built), anyone, examples=15)
    assert not caplog.records
    calls = {service.declared.id for service in built.services}
    assert all({200, 400} <= answered[f"POST /cds-services/{identity}"] for identity in calls)


def test_signed_calls_keep_to_the_description(tmp_path: Path, key: Key) -> None:
    answered = attack(app_of(guarded(tmp_path, key)), signing(key), examples=25)
    # Of a known client, a FHIR server that is not its own is refused.
    assert {200, 400, 403} <= answered["POST /cds-services/chart-review"]
    assert not any(401 in statuses for statuses in answered.values())


def test_without_a_token_only_health_is_answered(tmp_path: Path, key: Key) -> None:
    app = app_of(guarded(tmp_path, key))

    @seed(1)
    @settings(max_examples=3, phases=[Phase.generate], database=None, deadline=None)
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        for operation in operations(app, signing(key)):
            case = data.draw(operation.as_strategy())
            answer = case.call()
            assert answer.status_code == (200 if case.path.startswith("/health/") else 401)
            case.validate_response(answer, checks=CHECKED)

    run()

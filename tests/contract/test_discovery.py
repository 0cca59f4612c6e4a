from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.app import create_app
from cds_hooks.discovery import ON_REQUEST, discovery_json
from cds_hooks.services.registry import (
    BoundService,
    HookService,
    ServiceError,
    ServiceRegistry,
    load_services,
)
from cds_hooks.settings import Settings
from models.finding import Assessment
from models.registry import ModelRegistry
from tests.cds_hooks.platforms import SERVICE, SmallModel, browser, call_body, finding, platform, sure

TOKEN = re.compile(r"\{\{(.*?)\}\}")


def service(identity: str, hook: str = "patient-view", **more: Any) -> HookService:
    return HookService(id=identity, hook=hook, title="T", description="D", models=("sure.v1",), **more)


def empty_values(value: Any) -> bool:
    if isinstance(value, dict):
        return not value or any(empty_values(item) for item in value.values())
    if isinstance(value, list):
        return not value or any(empty_values(item) for item in value)
    return value is None or value == ""


def test_discovery_without_services_is_an_empty_list(tmp_path: Path) -> None:
    assert discovery_json(ServiceRegistry(())) == {"services": []}


def test_the_shipped_services_are_legal() -> None:
    answer = create_app(Settings()).test_client().get("/cds-services")
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert not empty_values(answer.json)
    names = {(each["id"], each["hook"]) for each in answer.json["services"]}
    assert names == {
        ("chart-review", "patient-view"),
        ("chart-review", "encounter-start"),
        ("chart-summary", "patient-view"),
        ("discharge-risk", "encounter-discharge"),
        ("medication-safety", "order-select"),
        ("medication-safety", "order-sign"),
    }
    asked = [each["id"] for each in answer.json["services"] if each.get("extension", {}).get(ON_REQUEST)]
    assert asked == ["chart-summary"]
    for each in answer.json["services"]:
        assert {"hook", "id", "title", "description", "prefetch", "version"} <= each.keys()
        for template in each["prefetch"].values():
            assert set(TOKEN.findall(template)) == {"context.patientId"}
            assert not template.startswith(("/", "http"))


def test_without_models_nothing_is_asked_for(tmp_path: Path) -> None:
    (offered,) = browser(platform(tmp_path, models=())).get("/cds-services").json["services"]
    assert "prefetch" not in offered


def test_two_services_on_one_hook_are_both_listed_and_told_apart(tmp_path: Path) -> None:
    def other(_record: object) -> Assessment:
        return Assessment((finding("other", "lipids"),))

    built = platform(
        tmp_path,
        BoundService(service("one"), (SmallModel("sure.v1", sure),)),
        BoundService(service("two"), (SmallModel("sure.v1", other),)),
    )
    client = browser(built)
    assert [each["id"] for each in client.get("/cds-services").json["services"]] == ["one", "two"]
    first = client.post("/cds-services/one", json=call_body()).json["cards"]
    second = client.post("/cds-services/two", json=call_body()).json["cards"]
    assert len(first) == len(second) == 1
    assert first[0]["uuid"] != second[0]["uuid"]


def test_one_id_on_two_hooks_is_dispatched_on_both(tmp_path: Path) -> None:
    silent = SmallModel("sure.v1", lambda _record: Assessment())
    built = platform(
        tmp_path,
        BoundService(service("both"), (SmallModel("sure.v1", sure),)),
        BoundService(service("both", "encounter-start"), (silent,)),
    )
    client = browser(built)
    assert [each["hook"] for each in client.get("/cds-services").json["services"]] == [
        "patient-view",
        "encounter-start",
    ]
    assert client.post("/cds-services/both", json=call_body()).json["cards"]
    started = call_body(hook="encounter-start")
    started["context"] = {**started["context"], "encounterId": "e1"}
    assert client.post("/cds-services/both", json=started).json == {"cards": []}


def _load(monkeypatch: pytest.MonkeyPatch, declared: list[tuple[str, HookService]], **more: Any) -> Any:
    monkeypatch.setattr("cds_hooks.services.registry._declared", lambda: iter(declared))
    registry = ModelRegistry()
    registry.add(SmallModel("sure.v1", sure), "here")
    return load_services(registry, {"patient-view"}, **more)


def test_a_repeated_service_is_a_start_up_error_naming_both_files(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServiceError, match=r"b\.py.*a\.py"):
        _load(monkeypatch, [("a.py", SERVICE), ("b.py", SERVICE)])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (service("Chart_Review"), "lower-case"),
        (service("x", "unheard-of"), "unheard-of"),
        (HookService(id="x", hook="patient-view", title=" ", description="D", models=()), "blank"),
        (HookService(id="x", hook="patient-view", title="T", description="D", models=("no.v1",)), "no.v1"),
    ],
)
def test_an_unusable_service_is_a_start_up_error(
    monkeypatch: pytest.MonkeyPatch, wrong: HookService, reason: str
) -> None:
    with pytest.raises(ServiceError, match=f"a.py.*{reason}"):
        _load(monkeypatch, [("a.py", wrong)])


def test_settings_choose_among_the_models_of_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    (off,) = _load(monkeypatch, [("a.py", SERVICE)], enabled=())
    assert off.models == ()
    assert off.prefetch_keys == frozenset()
    with pytest.raises(ServiceError, match=r"no service has nothing\.v9"):
        _load(monkeypatch, [("a.py", SERVICE)], enabled=("nothing.v9",))

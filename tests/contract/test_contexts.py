"""The context of every hook of the library: what is required, what is tolerated, what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_hooks.errors import BadRequest
from cds_hooks.protocol.context import parse_context
from cds_hooks.protocol.hooks import HOOKS
from cds_hooks.services.registry import BoundService, HookService
from tests.cds_hooks.platforms import SmallModel, browser, call_body, platform, silent


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in resources],
    }


ORDER = {"resourceType": "MedicationRequest", "id": "d1", "status": "draft", "intent": "order"}
ALLERGY = {"resourceType": "AllergyIntolerance", "id": "a1"}
VISIT = {"userId": "Practitioner/u1", "patientId": "p1", "encounterId": "e1"}
CONTEXTS: dict[str, dict[str, Any]] = {
    "patient-view": VISIT,
    "order-select": {**VISIT, "selections": ["MedicationRequest/d1"], "draftOrders": bundle(ORDER)},
    "order-sign": {**VISIT, "draftOrders": bundle(ORDER)},
    "order-dispatch": {
        "patientId": "p1",
        "dispatchedOrders": ["ServiceRequest/s1"],
        "performer": "Organization/o1",
        "fulfillmentTasks": [{"resourceType": "Task", "id": "t1"}],
    },
    "encounter-start": VISIT,
    "encounter-discharge": VISIT,
    "appointment-book": {**VISIT, "appointments": bundle({"resourceType": "Appointment", "id": "b1"})},
    "problem-list-item-create": {**VISIT, "conditions": bundle({"resourceType": "Condition", "id": "c1"})},
    "allergyintolerance-create": {**VISIT, "allergyIntolerance": ALLERGY},
    "medication-refill": {**VISIT, "medications": bundle(ORDER)},
    "medication-verify": {**VISIT, "medication": ORDER},
}
FIELDS = [(hook.name, row) for hook in HOOKS.values() for row in hook.fields]
WRONG: dict[str, list[Any]] = {
    "id": ["", 7, {}, "Patient/p1", "x" * 65],
    "reference": ["", 7, "u1", "Practitioner/", "Practitioner/../x"],
    "references": [[], {}, 7, ["s1"], [7], [""]],
    "resources": [
        "x", [], {}, {"resourceType": "Bundle", "entry": [{}]}, {"resourceType": "Bundle", "entry": {}},
        {"resourceType": "Bundle", "entry": [{"resource": {"id": "x"}}]},
    ],
    "array": ["x", [7], [{"resourceType": "Patient"}]],
}  # fmt: skip


@pytest.fixture
def asked(tmp_path: Path) -> FlaskClient:
    """One service on every hook."""
    model = SmallModel("sure.v1", silent)
    services = [
        BoundService(
            HookService(id="any", hook=hook, title="T", description="D", models=("sure.v1",)), (model,)
        )
        for hook in HOOKS
    ]
    return browser(platform(tmp_path, *services))


def test_the_table_has_every_hook_of_the_library() -> None:
    assert HOOKS.keys() == CONTEXTS.keys()


@pytest.mark.parametrize("hook", CONTEXTS)
def test_each_hook_is_answered(asked: FlaskClient, hook: str) -> None:
    body = call_body(hook=hook, context={**CONTEXTS[hook], "later": {"deep": [None]}})
    answer = asked.post("/cds-services/any", json=body)
    assert (answer.status_code, answer.json) == (200, {"cards": []})


@pytest.mark.parametrize(("hook", "row"), FIELDS, ids=lambda value: getattr(value, "name", value))
def test_a_missing_field_is_named_where_it_is_required(asked: FlaskClient, hook: str, row: Any) -> None:
    for absent in ("left out", None):
        context = copy.deepcopy(CONTEXTS[hook])
        context.pop(row.name)
        if absent is None:
            context[row.name] = None
        answer = asked.post("/cds-services/any", json=call_body(hook=hook, context=context))
        assert answer.status_code == (400 if row.required else 200), answer.json
        if row.required:
            (issue,) = answer.json["issue"]
            assert answer.json["resourceType"] == "OperationOutcome"
            assert issue["expression"] == [f"context.{row.name}"]
            assert issue["code"] == "required"


@pytest.mark.parametrize(("hook", "row"), FIELDS, ids=lambda value: getattr(value, "name", value))
def test_a_field_of_another_form_is_named_and_not_repeated(asked: FlaskClient, hook: str, row: Any) -> None:
    for value in WRONG[row.kind]:
        context = {**CONTEXTS[hook], row.name: value}
        answer = asked.post("/cds-services/any", json=call_body(hook=hook, context=context))
        assert answer.status_code == 400, value
        (named,) = answer.json["issue"][0]["expression"]
        assert named.startswith(f"context.{row.name}")


@pytest.mark.parametrize(
    ("hook", "name", "value"),
    [
        ("order-select", "userId", "Patient/p1"),
        ("encounter-discharge", "userId", "RelatedPerson/r1"),
        ("allergyintolerance-create", "allergyIntolerance", ORDER),
        ("medication-verify", "medication", {"resource": ALLERGY}),
        ("problem-list-item-create", "conditions", bundle(ORDER)),
    ],
)
def test_a_type_that_the_table_does_not_name_is_refused(hook: str, name: str, value: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_context(HOOKS[hook], {**CONTEXTS[hook], name: value})
    assert refused.value.field.startswith(f"context.{name}")


@pytest.mark.parametrize(
    ("hook", "field", "instead"),
    [
        ("allergyintolerance-create", "allergyIntolerance", {"allergyIntolerance": {"resource": ALLERGY}}),
        ("allergyintolerance-create", "allergyIntolerance", {"allergyIntolerances": bundle(ALLERGY)}),
        ("medication-verify", "medication", {"order": {"resource": ORDER}}),
        ("order-dispatch", "fulfillmentTasks", {"fulfillment-tasks": [{"resourceType": "Task"}]}),
        ("order-sign", "draftOrders", {"draftOrders": ORDER}),
    ],
)
def test_what_examples_of_the_library_send_is_read(hook: str, field: str, instead: dict[str, Any]) -> None:
    sent = {name: value for name, value in CONTEXTS[hook].items() if name != field} | instead
    assert len(parse_context(HOOKS[hook], sent).resources[field]) == 1


def test_the_first_names_of_order_dispatch_are_read() -> None:
    sent = {"patientId": "p1", "order": "ServiceRequest/s1", "performer": "Organization/o1"}
    context = parse_context(HOOKS["order-dispatch"], sent)
    assert context.references["dispatchedOrders"] == ("ServiceRequest/s1",)
    assert context.user_id == ""


def test_orders_and_selections_are_what_the_hook_is_about() -> None:
    context = parse_context(HOOKS["order-select"], CONTEXTS["order-select"])
    assert context.orders == (ORDER,)
    assert context.selections == ("MedicationRequest/d1",)
    assert "p1" not in repr(context)
    assert parse_context(HOOKS["medication-refill"], CONTEXTS["medication-refill"]).orders == (ORDER,)


def test_an_entry_named_by_its_full_url_only_gets_that_name() -> None:
    order = {name: value for name, value in ORDER.items() if name != "id"}
    entry = {"fullUrl": "urn:uuid:0b5a7d5e-7c43-4a3b-9f6e-2d1c0a9b8e7f", "resource": order}
    sent = {**VISIT, "draftOrders": {"resourceType": "Bundle", "entry": [entry]}}
    (found,) = parse_context(HOOKS["order-sign"], sent).orders
    assert found["id"] == "0b5a7d5e-7c43-4a3b-9f6e-2d1c0a9b8e7f"


@pytest.mark.parametrize("empty", [{"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": []}])
def test_no_orders_are_nothing_to_say(asked: FlaskClient, empty: dict[str, Any]) -> None:
    body = call_body(hook="order-sign", context={**VISIT, "draftOrders": empty})
    assert asked.post("/cds-services/any", json=body).json == {"cards": []}

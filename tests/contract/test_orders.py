"""Orders through the whole app: cards, actions on drafts, feedback, and nothing that passes in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from flask.testing import FlaskClient

from cds_hooks.app import app_of
from cds_hooks.platform import build_platform
from cds_hooks.settings import settings_of

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1940-01-01"}
SUBJECT = {"reference": "Patient/p1"}
NOW = datetime.now(UTC)
UCUM = "http://unitsofmeasure.org"
URL = "/cds-services/medication-safety"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The service as it is shipped, without the note reader."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    ledger = {"url": f"sqlite:///{folder / 'ledger.sqlite3'}"}
    built = build_platform(settings_of({"ledger": ledger, "notes": {"enabled": False}}))
    yield app_of(built).test_client()
    built.ledger.close()
    built.client.close()


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="seconds")


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": each} for each in resources],
    }


def result(code: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{code}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": SUBJECT,
        "effectiveDateTime": ago(20),
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }


def order(number: int, text: str, **members: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": f"d{number}",
        "status": "draft",
        "intent": "order",
        "subject": SUBJECT,
        "medicationCodeableConcept": {"text": text},
        **members,
    }


def dose(mg: float, times: int) -> list[dict[str, Any]]:
    repeat = {"frequency": times, "period": 1, "periodUnit": "d"}
    quantity = {"value": mg, "unit": "mg", "system": UCUM, "code": "mg"}
    route = {"text": "Oral"}
    return [{"route": route, "timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": quantity}]}]


FIBRILLATION = {
    "resourceType": "Condition",
    "id": "c1",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "49436004"}]},
    "subject": SUBJECT,
}
PREFETCH = {
    "patient": PATIENT,
    "conditions": bundle(FIBRILLATION),
    "observations": bundle(
        result("2160-0", 2.0, "mg/dL"), result("29463-7", 58, "kg"), result("2823-3", 4.2, "mmol/L")
    ),
    "medications": None,
    "medicationStatements": None,
    "allergies": None,
}


def call(*orders: dict[str, Any], hook: str = "order-sign", **changes: Any) -> dict[str, Any]:
    context = {"userId": "Practitioner/u1", "patientId": "p1", "draftOrders": bundle(*orders)}
    context |= changes.pop("context", {})
    body = {"hook": hook, "hookInstance": str(uuid4()), "context": context, "prefetch": PREFETCH}
    return body | changes


def cards(shipped: FlaskClient, *orders: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    answer = shipped.post(URL, json=call(*orders, **changes))
    assert answer.status_code == 200, answer.json
    return list(answer.json["cards"])


def test_a_contraindicated_order_can_be_removed(shipped: FlaskClient) -> None:
    (card,) = cards(shipped, order(1, "metformin 500 MG Oral Tablet"))
    assert card["indicator"] == "warning"
    assert card["selectionBehavior"] == "at-most-one"
    assert card["overrideReasons"]
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert (action["type"], action["resourceId"]) == ("delete", "MedicationRequest/d1")
    assert "resource" not in action
    assert "MedicationRequest/d1" not in card["summary"]


def test_a_dose_is_revised_to_the_labels_and_all_else_is_kept(shipped: FlaskClient) -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": {"text": "apixaban 5 MG Oral Tablet"}}
    sent = order(1, "", dosageInstruction=dose(5, 2), contained=[drug], groupIdentifier={"value": "g"})
    del sent["medicationCodeableConcept"]
    sent["medicationReference"] = {"reference": "#m"}
    (card,) = cards(shipped, sent)
    revise, remove = card["suggestions"]
    assert revise["isRecommended"] is True
    assert "isRecommended" not in remove
    (action,) = revise["actions"]
    assert action["type"] == "update"
    assert "resourceId" not in action
    changed = action["resource"]
    MedicationRequest.model_validate(changed)
    assert changed["id"] == "d1"
    assert changed["groupIdentifier"] == {"value": "g"}
    assert changed["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 2.5
    assert changed["dosageInstruction"][0]["route"] == {"text": "Oral"}
    assert "contained" not in changed
    assert "medicationReference" not in changed
    assert cards(shipped, changed) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"contained": [7]},
        {"contained": [[]]},
        {"reasonCode": [{"text": {}}]},
        {"authoredOn": {}},
        {"status": 7},
    ],
)
def test_an_order_that_can_not_be_rewritten_keeps_its_card(
    shipped: FlaskClient, broken: dict[str, Any]
) -> None:
    sent = order(1, "apixaban 5 MG Oral Tablet", dosageInstruction=dose(5, 2), **broken)
    (card,) = cards(shipped, sent)
    assert "Remove" in card["suggestions"][-1]["label"]


@pytest.mark.parametrize("subject", [{"coding": [7]}, {"reference": "#p"}, {"display": "somebody"}])
def test_an_order_that_does_not_say_for_whom_is_named_as_not_checked(
    shipped: FlaskClient, subject: dict[str, Any]
) -> None:
    (card,) = cards(shipped, order(1, "metformin", subject=subject))
    assert card["summary"].startswith("Not checked") or "set aside" in card["detail"].lower()


def test_an_order_of_r5_can_be_removed_and_is_not_rewritten(shipped: FlaskClient) -> None:
    sent = order(1, "", dosageInstruction=dose(5, 2))
    del sent["medicationCodeableConcept"]
    sent["medication"] = {"concept": {"text": "apixaban"}}
    (card,) = cards(shipped, sent)
    assert [each["actions"][0]["type"] for each in card["suggestions"]] == ["delete"]


def test_an_order_without_an_id_gets_its_card_and_no_suggestion(shipped: FlaskClient) -> None:
    sent = order(1, "metformin")
    del sent["id"]
    (card,) = cards(shipped, sent)
    assert "suggestions" not in card


def test_order_select_judges_what_is_selected(shipped: FlaskClient) -> None:
    both = (order(1, "metformin"), order(2, "ibuprofen"))
    said = cards(shipped, *both, hook="order-select", context={"selections": ["MedicationRequest/d2"]})
    assert [card["source"]["topic"]["display"] for card in said] == ["ibuprofen"]


def test_every_order_and_question_has_a_card_of_its_own(shipped: FlaskClient) -> None:
    said = cards(shipped, order(1, "metformin"), order(2, "ibuprofen"), order(3, "warfarin"))
    assert len({card["uuid"] for card in said}) == len(said) == 3


def test_what_was_not_checked_has_a_card_beside_the_others(shipped: FlaskClient) -> None:
    said = cards(shipped, order(1, "metformin"), order(2, "Zorbamycin <b>"))
    assert len(said) == 2
    assert said[-1]["summary"].startswith("Not checked: Zorbamycin")
    assert said[-1]["indicator"] == "info"
    assert "<b>" not in said[-1]["detail"]
    assert "Not checked" not in said[0]["detail"]


def test_allergies_that_could_not_be_had_are_no_clean_bill(shipped: FlaskClient) -> None:
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    (card,) = cards(shipped, order(1, "amoxicillin"), prefetch={**PREFETCH, "allergies": failed})
    assert "allergies" in card["summary"]


def test_an_order_that_nothing_speaks_against_gets_no_card(shipped: FlaskClient) -> None:
    assert cards(shipped, order(1, "amoxicillin 500 mg")) == []


def test_an_order_for_another_patient_is_said_and_not_judged(shipped: FlaskClient) -> None:
    (card,) = cards(shipped, order(1, "metformin", subject={"reference": "Patient/p2"}))
    assert "another patient" in card["detail"]
    assert "metformin" not in card["detail"].lower()


def test_a_declined_card_stays_away_and_an_emergency_does_not_for_long(shipped: FlaskClient) -> None:
    sent = order(1, "naproxen 500 mg")
    (card,) = cards(shipped, sent, context={"userId": "Practitioner/u2"})
    entry = {
        "card": card["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert shipped.post(f"{URL}/feedback", json={"feedback": [entry]}).status_code == 200
    assert cards(shipped, sent, context={"userId": "Practitioner/u2"}) == []
    assert len(cards(shipped, order(1, "metformin"), context={"userId": "Practitioner/u2"})) == 1


def test_units_of_the_laboratory_change_nothing(shipped: FlaskClient) -> None:
    si = bundle(result("14682-9", 176.8, "umol/L"))
    (in_si,) = cards(shipped, order(1, "metformin"), prefetch={**PREFETCH, "observations": si})
    (in_mg,) = cards(shipped, order(1, "metformin"))
    assert in_si["summary"] == in_mg["summary"]


def test_nothing_of_an_order_reaches_an_error(shipped: FlaskClient) -> None:
    broken = call(order(1, "Secretol"))
    broken["context"]["draftOrders"]["entry"].append({"resource": "Secretol"})
    answer = shipped.post(URL, json=broken)
    assert answer.status_code == 400
    assert "Secretol" not in json.dumps(answer.json)
    assert answer.json["issue"][0]["expression"] == ["context.draftOrders.entry[1].resource"]


def stay(**members: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": SUBJECT,
        "period": {"start": ago(25)},
        **members,
    }


def discharge(shipped: FlaskClient, encounter: dict[str, Any] | None, identity: str = "e1") -> Any:
    context = {"userId": "Practitioner/u1", "patientId": "p1", "encounterId": identity}
    prefetch = {
        "patient": PATIENT,
        "conditions": bundle(
            {
                **FIBRILLATION,
                "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I50.9"}]},
            }
        ),
        "encounters": bundle(encounter) if encounter else None,
        "observations": None,
        "procedures": None,
    }
    body = {
        "hook": "encounter-discharge",
        "hookInstance": str(uuid4()),
        "context": context,
        "prefetch": prefetch,
    }
    answer = shipped.post("/cds-services/discharge-risk", json=body)
    assert answer.status_code == 200, answer.json
    return answer.json["cards"]


def test_a_high_risk_of_readmission_is_said_with_what_it_rests_on(shipped: FlaskClient) -> None:
    (card,) = discharge(shipped, stay(priority={"coding": [{"code": "EM"}]}))
    assert card["summary"].startswith("LACE 12: high risk of death or unplanned readmission")
    assert "Length of stay" in card["detail"]
    assert "trained on adults with diabetes" in card["detail"]


def test_a_risk_that_is_not_high_makes_no_card(shipped: FlaskClient) -> None:
    planned = stay(priority={"coding": [{"code": "EL"}]}, period={"start": ago(1)})
    assert discharge(shipped, planned) == []
    assert discharge(shipped, stay(**{"class": {"code": "AMB"}})) == []


def test_a_stay_that_the_chart_does_not_hold_is_said(shipped: FlaskClient) -> None:
    (card,) = discharge(shipped, stay(), identity="elsewhere")
    assert card["summary"].startswith("Not checked: LACE")

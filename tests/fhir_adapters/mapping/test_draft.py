"""Draft orders of a call in the shapes of every FHIR version, and doses that can be computed with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.mapping.dosage import doses_of
from fhir_adapters.record import DraftOrder, PatientRecord

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1950-01-01"}
SUBJECT = {"reference": "Patient/p1"}
METFORMIN = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "6809"}]}


def _chart(*drafts: dict[str, Any], selections: tuple[str, ...] = ()) -> PatientRecord:
    return map_chart("p1", [PATIENT], now=NOW, drafts=drafts, selections=selections)


def _draft(**members: Any) -> dict[str, Any]:
    return {"resourceType": "MedicationRequest", "id": "d1", "status": "draft", "intent": "order", **members}


def _one(*drafts: dict[str, Any]) -> DraftOrder:
    (found,) = _chart(*drafts).drafts
    return found


@pytest.mark.parametrize(
    "order",
    [
        _draft(subject=SUBJECT, medicationCodeableConcept=METFORMIN),
        _draft(subject=SUBJECT, medication={"concept": METFORMIN}),
        _draft(subject=SUBJECT, medicationReference={"reference": "Medication/m"}),
        _draft(subject=SUBJECT, medication={"reference": {"reference": "Medication/m"}}),
        _draft(
            subject=SUBJECT,
            medicationReference={"reference": "#m"},
            contained=[{"resourceType": "Medication", "id": "m", "code": METFORMIN}],
        ),
        _draft(medicationCodeableConcept=METFORMIN),
        {**_draft(patient=SUBJECT, medicationCodeableConcept=METFORMIN), "resourceType": "MedicationOrder"},
    ],
)
def test_the_drug_is_read_wherever_the_order_has_it(order: dict[str, Any]) -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": METFORMIN}
    found = _one(order, medication)
    assert found.concept.codes("http://www.nlm.nih.gov/research/umls/rxnorm") == ("6809",)
    assert found.source == f"{order['resourceType']}/d1"


def test_an_order_for_somebody_else_is_set_aside_with_a_note() -> None:
    built = _chart(_draft(subject={"reference": "Patient/p2"}, medicationCodeableConcept=METFORMIN))
    assert built.drafts == ()
    assert [gap.problem for gap in built.gaps] == ["wrong-patient"]


@pytest.mark.parametrize(
    "order",
    [_draft(subject=SUBJECT), _draft(subject=SUBJECT, medicationCodeableConcept=7, dosageInstruction="x")],
)
def test_an_order_that_names_no_drug_is_kept(order: dict[str, Any]) -> None:
    assert _one(order).concept.label == ""


def test_other_orders_and_withdrawn_ones_are_no_drafts() -> None:
    sent = [
        {"resourceType": "ServiceRequest", "id": "s"},
        _draft(subject=SUBJECT, status="entered-in-error", medicationCodeableConcept=METFORMIN),
        _draft(subject=SUBJECT, doNotPerform=True, medicationCodeableConcept=METFORMIN),
    ]
    assert _chart(*sent).drafts == ()


def test_selections_choose_and_one_that_names_nothing_silences_nothing() -> None:
    two = [_draft(medicationCodeableConcept=METFORMIN), _draft(id="d2", medicationCodeableConcept=METFORMIN)]
    chosen = _chart(*two, selections=("MedicationRequest/d2", "ServiceRequest/x"))
    assert [each.selected for each in chosen.drafts] == [False, True]
    unknown = _chart(*two, selections=("MedicationRequest/elsewhere",))
    assert [each.selected for each in unknown.drafts] == [True, True]


def test_the_reason_and_what_is_renewed_are_read() -> None:
    reasons = [{"text": "Atrial fibrillation"}]
    prior = {"reference": "https://ehr.example.org/fhir/MedicationRequest/old"}
    found = _one(
        _draft(
            medicationCodeableConcept=METFORMIN,
            reasonCode=reasons,
            reasonReference=[{"reference": "Condition/c"}],
            priorPrescription=prior,
        )
    )
    assert [each.label for each in found.reasons] == ["Atrial fibrillation"]
    assert found.reason_sources == ("Condition/c",)
    assert found.replaces == "MedicationRequest/old"


QUANTITY = {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}


def _every(**repeat: Any) -> dict[str, Any]:
    return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": QUANTITY}]}


@pytest.mark.parametrize(
    ("instruction", "amount", "unit", "times"),
    [
        (_every(frequency=2, period=1, periodUnit="d"), 5, "mg", 2),
        (_every(frequency=1, period=12, periodUnit="h"), 5, "mg", 2),
        (_every(period=1, periodUnit="wk"), 5, "mg", 1 / 7),
        (_every(when=["MORN", "EVE"]), 5, "mg", 2),
        (_every(frequency=1, frequencyMax=2, period=1, periodUnit="d"), 5, "mg", None),
        ({"timing": {"code": {"coding": [{"code": "BID"}]}}, "doseQuantity": QUANTITY}, 5, "mg", 2),
        ({"text": "5 mg twice daily"}, 5, "mg", 2),
        ({"text": "Take 1 tablet by mouth BID"}, 1, "tablet", 2),
        ({"text": "2.5 mg every evening"}, 2.5, "mg", 1),
        ({"text": "10 mg BID for 7 days, then 5 mg BID"}, None, "", None),
        ({"text": "1 tablet twice daily as needed"}, 1, "tablet", None),
        ({"text": "as directed"}, None, "", None),
        (
            {"doseAndRate": [{"doseRange": {"low": QUANTITY, "high": QUANTITY}}], "text": "5 mg daily"},
            None, "", 1,
        ),
    ],
)  # fmt: skip
def test_doses(instruction: dict[str, Any], amount: float | None, unit: str, times: float | None) -> None:
    (dose,) = doses_of({"dosageInstruction": [instruction]})
    assert (dose.amount, dose.unit) == (amount, unit)
    assert dose.times_per_day == (None if times is None else pytest.approx(times))

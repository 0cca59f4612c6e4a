"""What a clinician may accept is valid FHIR R4 and says what it rests on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.servicerequest import ServiceRequest

from cds_hooks.cards.drafts import DraftError, draft
from fhir_adapters.record import ICD10CM, SNOMED, Coding, PatientRecord
from models.finding import Evidence, Finding
from tests.cds_hooks.cards.factories import add_problem, ckd, diabetes, finding, hyperkalemia, order
from tests.records import person, record

CODE = Coding(SNOMED, "44054006", "Type 2 diabetes mellitus")


def made(said: Finding, number: int = 0, chart: PatientRecord | None = None) -> dict[str, Any]:
    return draft(said.proposals[number], said, chart or record())


def test_a_problem_is_a_condition_on_the_problem_list() -> None:
    resource = made(diabetes())
    assert Condition.model_validate(resource).model_dump()["resourceType"] == "Condition"
    assert resource["category"][0]["coding"][0]["code"] == "problem-list-item"
    assert resource["clinicalStatus"]["coding"][0]["code"] == "active"
    assert resource["subject"] == {"reference": "Patient/p"}
    assert resource["recordedDate"] == "2026-06-01"
    assert [coding["system"] for coding in resource["code"]["coding"]] == [ICD10CM, SNOMED]


def test_a_problem_points_to_its_evidence_once() -> None:
    said = finding(
        proposals=(add_problem("x", CODE),),
        evidence=tuple(
            Evidence(source=source, label="x", value="1")
            for source in ("Observation/1#8480-6", "Observation/1", "", "https://elsewhere/Observation/2")
        ),
    )
    assert made(said)["evidence"] == [{"detail": [{"reference": "Observation/1"}]}]


@pytest.mark.parametrize(
    ("confidence", "status"), [("A", "confirmed"), ("B", "provisional"), (None, "provisional")]
)
def test_a_problem_is_confirmed_only_when_the_full_criterion_is_met(confidence: Any, status: str) -> None:
    resource = made(replace(ckd(), confidence=confidence))
    assert resource["verificationStatus"]["coding"][0]["code"] == status


def test_an_order_is_a_draft_with_its_reason() -> None:
    resource = made(hyperkalemia())
    assert ServiceRequest.model_validate(resource).model_dump()["resourceType"] == "ServiceRequest"
    assert (resource["status"], resource["intent"]) == ("draft", "order")
    assert resource["code"]["coding"][0]["code"] == "2823-3"
    assert resource["reasonCode"][0]["text"] == "Hyperkalemia"


def test_an_order_refers_only_to_what_may_be_its_reason() -> None:
    assert made(hyperkalemia())["reasonReference"] == [{"reference": "Observation/k"}]


def test_the_note_names_the_model_and_the_finding() -> None:
    assert made(ckd())["note"][0]["text"].startswith("Proposed by Cuecard (kidney.v1 1.0.0): eGFR 39 and 42")


@pytest.mark.parametrize(
    "proposal",
    [add_problem("x"), order("x", Coding("", "1", "x")), order("x", Coding(SNOMED, " 1", "x"))],
)
def test_a_proposal_without_a_usable_code_is_refused(proposal: Any) -> None:
    with pytest.raises(DraftError):
        made(finding(proposals=(proposal,)))


@pytest.mark.parametrize("patient_id", ["", "a/b", "x" * 65, "a\nb"])
def test_a_patient_id_that_is_no_fhir_id_is_refused(patient_id: str) -> None:
    chart = record(patient=replace(person(), patient_id=patient_id))
    with pytest.raises(DraftError):
        made(diabetes(), chart=chart)


def test_another_patient_gets_another_subject_from_the_same_proposal() -> None:
    other = record(patient=replace(person(), patient_id="q"))
    assert made(diabetes(), chart=other)["subject"] == {"reference": "Patient/q"}
    assert made(diabetes())["subject"] == {"reference": "Patient/p"}


def test_warming_loads_what_the_first_draft_would_have_to_wait_for() -> None:
    program = (
        "import sys; from cds_hooks.cards import warm; "
        "assert 'fhir.resources.R4B.condition' not in sys.modules; warm(); "
        "assert {'fhir.resources.R4B.condition', 'fhir.resources.R4B.servicerequest'} <= set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""FHIR R4 resources that a clinician may add with one click, validated with fhir.resources.

Validation of one resource costs about 0.3 ms, so the constant part of a proposal (codes, statuses,
structure) is validated once and remembered; what differs between patients (two references' ids, a date
and a text) is checked here on every call against the same FHIR data types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Final

from cds_hooks.cards.markdown import clean, clip
from fhir_adapters.record import SNOMED, Coding, PatientRecord
from models.finding import Finding, Proposal

_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem/"
_REFERENCE: Final = re.compile(r"[A-Z][A-Za-z]{2,39}/[A-Za-z0-9.\-]{1,64}")
# What ServiceRequest.reasonReference may point to.
_REASON_TYPES: Final = frozenset({"Condition", "Observation", "DiagnosticReport", "DocumentReference"})
_MAX_REFERENCES: Final = 10
_NOTE_LIMIT: Final = 400


class DraftError(ValueError):
    """A proposal can't be made into a valid resource; names the defect and no content."""


def draft(proposal: Proposal, finding: Finding, record: PatientRecord) -> dict[str, Any]:
    """The FHIR resource of a proposal.

    Returns:
        For "add-problem" a Condition on the problem list: confirmed when the full criterion is met, else
        provisional. For "order" a ServiceRequest in draft that the clinician still has to sign.

    Raises:
        DraftError: The proposal or the patient's id doesn't make a valid R4 resource.
    """
    references = _references(finding)
    if proposal.kind == "order":
        references = tuple(r for r in references if r.partition("/")[0] in _REASON_TYPES)
    confirmed = finding.confidence == "A"
    _check_shape(proposal, finding.topic, confirmed, len(references))
    subject = f"Patient/{record.patient.patient_id}"
    if not _REFERENCE.fullmatch(subject):
        raise DraftError("the patient's id is not a FHIR id")
    return _resource(
        proposal,
        topic=finding.topic,
        confirmed=confirmed,
        subject=subject,
        day=record.as_of.date(),
        note=_note(finding),
        references=references,
    )


def warm() -> None:
    """Imports fhir.resources and compiles its validators, so that no call pays for it (0.4 s)."""
    coding = Coding(SNOMED, "44054006", "Diabetes mellitus type 2")
    for proposal in (
        Proposal(kind="add-problem", label="warm", codings=(coding,), text="warm"),
        Proposal(kind="order", label="warm", codings=(coding,), text="warm"),
    ):
        _check_shape(proposal, coding, True, 1)


def _resource(
    proposal: Proposal,
    *,
    topic: Coding,
    confirmed: bool,
    subject: str,
    day: date,
    note: str,
    references: tuple[str, ...],
) -> dict[str, Any]:
    if proposal.kind == "add-problem":
        resource = _condition(proposal, confirmed=confirmed, subject=subject, day=day, references=references)
    else:
        resource = _service_request(proposal, topic=topic, subject=subject, day=day, references=references)
    return {**resource, "note": [{"text": note}]}


def _condition(
    proposal: Proposal, *, confirmed: bool, subject: str, day: date, references: tuple[str, ...]
) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Condition",
        "clinicalStatus": _status("condition-clinical", "active"),
        "verificationStatus": _status("condition-ver-status", "confirmed" if confirmed else "provisional"),
        "category": [_status("condition-category", "problem-list-item")],
        "code": concept_of(proposal.codings, proposal.text),
        "subject": {"reference": subject},
        "recordedDate": day.isoformat(),
    }
    if references:
        resource["evidence"] = [{"detail": [{"reference": reference} for reference in references]}]
    return resource


def _service_request(
    proposal: Proposal, *, topic: Coding, subject: str, day: date, references: tuple[str, ...]
) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "code": concept_of(proposal.codings, proposal.text),
        "subject": {"reference": subject},
        "authoredOn": day.isoformat(),
    }
    if topic.system and topic.code:
        resource["reasonCode"] = [concept_of((topic,), topic.display)]
    if references:
        resource["reasonReference"] = [{"reference": reference} for reference in references]
    return resource


@lru_cache(maxsize=1024)
def _check_shape(proposal: Proposal, topic: Coding, confirmed: bool, references: int) -> None:
    """Validates the resource with stand-ins for what differs between patients.

    Only codes and texts of models are remembered, nothing of a chart.
    """
    # Importing the two models takes 0.3 s: `warm` pays it at start-up, the command line only if needed.
    from fhir.resources.R4B.condition import Condition  # noqa: PLC0415
    from fhir.resources.R4B.servicerequest import ServiceRequest  # noqa: PLC0415

    resource = _resource(
        proposal,
        topic=topic,
        confirmed=confirmed,
        subject="Patient/a",
        day=date(2000, 1, 1),
        note="note",
        references=("Observation/a",) * references,
    )
    try:
        (Condition if proposal.kind == "add-problem" else ServiceRequest).model_validate(resource)
    except ValueError as error:
        raise DraftError(f"a proposal '{proposal.kind}' is not a valid R4 resource") from error


def concept_of(codings: Iterable[Coding], text: str) -> dict[str, Any]:
    """A CodeableConcept. Raises DraftError when no coding has both a system and a code."""
    listed = [_coding(coding) for coding in codings if coding.system and coding.code]
    if not listed:
        raise DraftError("a proposal has no code with a code system")
    text = clean(text) or listed[0].get("display", "")
    return {"coding": listed, "text": text} if text else {"coding": listed}


def _coding(coding: Coding) -> dict[str, str]:
    display = clean(coding.display)
    bare = {"system": coding.system, "code": coding.code}
    return {**bare, "display": display} if display else bare


def _status(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": _TERMINOLOGY + system, "code": code}]}


def _references(finding: Finding) -> tuple[str, ...]:
    """Where the evidence stands in the chart, each resource once; a component's "#..." is dropped."""
    sources = dict.fromkeys(piece.source.partition("#")[0] for piece in finding.evidence)
    found = [source for source in sources if _REFERENCE.fullmatch(source)]
    return tuple(found[:_MAX_REFERENCES])


def _note(finding: Finding) -> str:
    model = clean(f"{finding.model.name} {finding.model.version}")
    return clip(f"Proposed by Cuecard ({model}): {finding.statement}", _NOTE_LIMIT)

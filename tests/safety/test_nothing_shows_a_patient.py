"""No record, call or error says a patient's words when it is printed, logged or raised."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from cds_hooks.cards import AlertPolicy, build_cards
from cds_hooks.errors import CallError
from cds_hooks.protocol.feedback import parse_feedback
from cds_hooks.protocol.request import parse_call
from fhir_adapters.authorization import FhirAuthorization
from fhir_adapters.errors import FhirError
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import Coding, PatientRecord
from fhir_adapters.resilience import Deadline
from models.finding import Assessment, Citation, Estimate, Evidence, Finding, ModelStamp, Proposal
from tests.cds_hooks.platforms import call_body

NOW = datetime(2026, 11, 26, tzinfo=UTC)
CANARY = "Canaryworth"
SUBJECT = {"reference": "Patient/p1"}
LOINC = "http://loinc.org"
Json = dict[str, Any]


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": CANARY}], "text": CANARY}


def chart() -> list[Json]:
    """One resource of every kind that is read, each with the patient's words wherever words may stand."""
    own = {"subject": SUBJECT, "note": [{"text": CANARY}]}
    unit = {"unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    text = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{CANARY} was seen.</div>',
    }
    attachment = {"contentType": "text/plain", "data": "Q2FuYXJ5d29ydGggd2FzIHNlZW4gdG9kYXkgYW5kIGlzIHdlbGwu"}
    return [
        {"resourceType": "Patient", "id": "p1", "name": [{"family": CANARY, "given": [CANARY]}],
         "gender": "female", "birthDate": "1950-02-03", "identifier": [{"value": CANARY}],
         "address": [{"line": [CANARY]}]},
        {"resourceType": "Condition", "id": "c1", "code": coded("http://hl7.org/fhir/sid/icd-10-cm", "E11.9"),
         "clinicalStatus": {"coding": [{"code": "active"}]}, **own},
        {"resourceType": "Condition", "id": "c2", "clinicalStatus": {"coding": [{"code": CANARY}]}, **own},
        {"resourceType": "Observation", "id": "o1", "status": "final", "code": coded(LOINC, "4548-4"),
         "effectiveDateTime": "2026-10-01", "valueQuantity": {"value": 7.4, **unit}, **own},
        {"resourceType": "Observation", "id": "o2", "status": "final", "code": coded(LOINC, "4548-4"),
         "effectiveDateTime": "2026-10-02", "valueString": CANARY, **own},
        {"resourceType": "Observation", "id": "o3", "status": "final", "code": coded(LOINC, "72166-2"),
         "effectiveDateTime": "2026-10-02",
         "valueCodeableConcept": coded("http://snomed.info/sct", "8517006"), **own},
        {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
         "authoredOn": "2026-10-01", "medicationCodeableConcept": {"text": f"{CANARY} 500 mg"},
         "dosageInstruction": [{"text": CANARY}], **own},
        {"resourceType": "AllergyIntolerance", "id": "a1", "code": coded("urn:x", "x"), "patient": SUBJECT,
         "note": [{"text": CANARY}], "reaction": [{"manifestation": [{"text": CANARY}]}]},
        {"resourceType": "Procedure", "id": "r1", "status": "completed", "code": coded("urn:x", "x"),
         "performedDateTime": "2026-01-01", **own},
        {"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "IMP"},
         "period": {"start": "2026-01-01", "end": "2026-01-04"}, "reasonCode": [{"text": CANARY}],
         "subject": SUBJECT},
        {"resourceType": "FamilyMemberHistory", "id": "f1", "status": "completed", "patient": SUBJECT,
         "name": CANARY, "relationship": coded("urn:x", "FTH"), "condition": [{"code": coded("urn:x", "x")}]},
        {"resourceType": "DocumentReference", "id": "d1", "status": "current", "subject": SUBJECT,
         "date": "2026-10-01T00:00:00Z", "description": CANARY, "content": [{"attachment": attachment}]},
        {"resourceType": "Composition", "id": "k1", "status": "final", "subject": SUBJECT, "title": CANARY,
         "date": "2026-10-01", "section": [{"title": CANARY, "text": text}]},
        {"resourceType": "Observation", "id": CANARY, "status": CANARY, "code": {"text": CANARY}, **own},
    ]  # fmt: skip


def parts(value: Any, seen: set[int]) -> Iterator[Any]:
    """Every object of our own within a value, itself included."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if dataclasses.is_dataclass(value):
        yield value
        for field in dataclasses.fields(value):
            yield from parts(getattr(value, field.name), seen)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from parts(item, seen)
    elif isinstance(value, tuple | list | frozenset | set):
        for item in value:
            yield from parts(item, seen)


def test_no_part_of_a_chart_shows_its_words() -> None:
    record = map_chart("p1", chart(), now=NOW)
    assert isinstance(record, PatientRecord)
    found = list(parts(record, set()))
    kinds = {type(each).__name__ for each in found}
    assert len(kinds) >= 10, kinds
    held = str([dataclasses.asdict(each) for each in found])
    assert held.count(CANARY) >= 8  # the words are there: only what is shown leaves them out
    for each in found:
        assert CANARY not in f"{each!r} {each} {[each]}", type(each).__name__


def test_no_finding_and_no_card_shows_its_words() -> None:
    record = dataclasses.replace(map_chart("p1", chart(), now=NOW), coverage={"Condition": "complete"})
    coding = Coding("urn:x", CANARY, CANARY)
    said = Finding(
        kind="diagnosis", key="x", group="kidney", statement=CANARY, rationale=CANARY, urgency="soon",
        topic=coding, guideline=Citation(label="G"), model=ModelStamp(name="a.v1", version="1", digest="0"),
        estimate=Estimate(name="risk", value=0.5, unit="probability", band=CANARY),
        evidence=(Evidence(source="Observation/1", label=CANARY, value=CANARY, quote=CANARY),),
        proposals=(Proposal(kind="add-problem", label=CANARY, codings=(coding,), text=CANARY),),
    )  # fmt: skip
    built = build_cards(
        Assessment((said,)), record, policy=AlertPolicy(), declined=(), hook_instance="x", now=NOW
    )
    (card,) = built
    assert CANARY in str(card.card.to_json())
    assert card.card.suggestions
    found = list(parts((said, built), set()))
    assert {"Card", "Suggestion", "Action", "Proposal", "Estimate"} <= {type(each).__name__ for each in found}
    for each in found:
        assert CANARY not in f"{each!r} {each} {[each]}", type(each).__name__


def test_no_call_shows_its_words() -> None:
    body = call_body(
        context={"userId": "Practitioner/u1", "patientId": "p1", "draftOrders": _bundle(chart()[6])},
        hook="order-sign",
        fhirServer="https://ehr.example.org/fhir",
        fhirAuthorization={"access_token": CANARY, "token_type": "Bearer", "expires_in": 300,
                           "scope": "patient/*.rs", "subject": "cuecard", "patient": CANARY},
        prefetch={"patient": chart()[0]},
    )  # fmt: skip
    call = parse_call(body, prefetch_keys=["patient"], allow_loopback=False)
    request = ChartRequest(patient_id=CANARY, fhir_server=None, access_token=CANARY, prefetch=call.prefetch)
    entry = {"card": str(uuid4()), "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05Z"}
    entries = parse_feedback({"feedback": [{**entry, "overrideReason": {"userComment": CANARY}}]})
    for each in (call, call.context, call.authorization, request, *entries):
        assert CANARY not in f"{each!r} {each} {[each]}", type(each).__name__


def _bundle(*resources: Json) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in resources],
    }


def _calls() -> Iterator[Json]:
    """Calls that are wrong, each where a word of the patient stands."""
    context = {"userId": "Practitioner/u1", "patientId": "p1"}
    yield call_body(hook=CANARY)
    yield call_body(hookInstance=CANARY)
    yield call_body(context=CANARY)
    yield call_body(context={**context, "userId": CANARY})
    yield call_body(context={**context, "patientId": f"{CANARY} Roe"})
    yield call_body(fhirServer=f"http://{CANARY}")
    yield call_body(fhirServer=f"https://{CANARY}:x/")
    yield call_body(fhirAuthorization={"access_token": CANARY})
    yield call_body(fhirServer="https://x.example.org", fhirAuthorization={"access_token": [CANARY]})
    yield call_body(prefetch=[CANARY])
    yield call_body(
        hook="order-sign", context={**context, "draftOrders": _bundle({"resourceType": [CANARY]})}
    )


@pytest.mark.parametrize("body", list(_calls()))
def test_no_error_of_a_call_shows_its_words(body: Json) -> None:
    with pytest.raises((CallError, FhirError)) as raised:
        parse_call(body, prefetch_keys=["patient"], allow_loopback=False)
    _is_silent(raised.value)


@pytest.mark.parametrize(
    "prefetch",
    [
        {"patient": CANARY},
        {"patient": [CANARY]},
        {"patient": {"resourceType": CANARY}},
        {"patient": {"resourceType": "Patient", "id": CANARY}},
        {"patient": {"resourceType": "OperationOutcome", "issue": [{"diagnostics": CANARY}]}},
    ],
)
def test_no_error_of_a_chart_shows_its_words(prefetch: Json) -> None:
    request = ChartRequest(patient_id="p1", fhir_server=None, access_token=None, prefetch=prefetch)
    with pytest.raises(FhirError) as raised:
        gather(request, (), None, Deadline.after(5), now=NOW)
    _is_silent(raised.value)


def test_no_error_of_feedback_or_a_token_shows_its_words() -> None:
    for said in ({"feedback": CANARY}, {"feedback": [CANARY]}, {"feedback": [{"card": CANARY}]}):
        with pytest.raises(CallError) as refused:
            parse_feedback(said)
        _is_silent(refused.value)
    with pytest.raises(FhirError) as raised:
        FhirAuthorization.parse({"access_token": CANARY, "token_type": CANARY})
    _is_silent(raised.value)


def _is_silent(error: BaseException) -> None:
    """Neither it nor what led to it says the word, as it would stand in a log."""
    while error is not None:
        # The exception's own lines, without the stack: that quotes the source of this test.
        assert CANARY not in "".join(traceback.format_exception_only(error)) + repr(error) + repr(error.args)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]

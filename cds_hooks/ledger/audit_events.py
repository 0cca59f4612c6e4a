"""The audit as FHIR R4 AuditEvent, in the shape of IHE's Basic Audit Log Patterns (BALP 1.1).

Who called is the source, this service the destination, the user who looks at the chart the requestor. The
patient, the request's id, the resources that were read, the models and the cards are entities. Each
resource is validated with fhir.resources before it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Select, select

from cds_hooks.ledger.database import Database, timestamp
from cds_hooks.ledger.schema import audit

_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_ENTITY: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_REFERENCE: Final = re.compile(r"[A-Z][A-Za-z]{2,39}/[A-Za-z0-9.\-]{1,64}")
_AT_ONCE = 500
_OURSELVES: Final = {"display": "Cuecard"}
# Success, minor failure (the caller's), serious failure (ours): audit-event-outcome 0, 4 and 8.
_OURS = ("exception", "timeout", "transient")
_SUBTYPES: Final = {
    "call": ("E", "operation", "CDS Hooks call"),
    "feedback": ("C", "create", "CDS Hooks feedback"),
    "discovery": ("R", "read", "CDS Hooks discovery"),
    "purge": ("D", "delete", "purge of the ledger"),
    "resumed": ("E", "operation", "the audit can be written again"),
}

Event = Mapping[str, Any]


class AuditExportError(ValueError):
    """An event makes no valid AuditEvent; says which, and nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which events are exported.

    Attributes:
        since, before: From this time on, and up to it.
        patient: Only what is about the patient with this id; "" for all.
    """

    since: datetime | None = None
    before: datetime | None = None
    patient: str = ""


def exported(database: Database, selection: Selection) -> Iterator[bytes]:
    """AuditEvent resources as JSON, oldest first.

    Raises:
        LedgerUnavailable: The ledger can't be read.
        AuditExportError: An event makes no valid resource.
    """
    from fhir.resources.R4B.auditevent import AuditEvent  # noqa: PLC0415 - costs 0.3 s, for this alone

    with database.transaction() as connection:
        for row in connection.execute(_wanted(selection).execution_options(yield_per=_AT_ONCE)):
            event = orjson.loads(row.event)
            if selection.patient and selection.patient not in _patients(event):
                continue
            resource = audit_event(row.n, row.hash, event)
            try:
                AuditEvent.model_validate(resource)
            except ValueError:
                raise AuditExportError(f"event {row.n} makes no valid AuditEvent") from None
            yield orjson.dumps(resource)


def _wanted(selection: Selection) -> Select[int, str, str]:
    wanted = select(audit.c.n, audit.c.hash, audit.c.event).order_by(audit.c.n)
    if selection.since:
        wanted = wanted.where(audit.c.at >= timestamp(selection.since))
    if selection.before:
        wanted = wanted.where(audit.c.at < timestamp(selection.before))
    return wanted


def _patients(event: Event) -> set[str]:
    return {event.get("patient", ""), *(entry["patient"] for entry in event.get("entries", ()))}


def audit_event(n: int, digest: str, event: Event) -> dict[str, Any]:
    """One event as an AuditEvent; its number and hash in the chain stay findable."""
    action, interaction, name = _SUBTYPES[event.get("of", event["kind"])]
    code = _outcome(event)
    resource: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"cuecard-{n}",
        "type": {"system": _TYPE, "code": "rest", "display": "RESTful Operation"},
        "subtype": [
            {"system": "http://hl7.org/fhir/restful-interaction", "code": interaction},
            {"display": name},
        ],
        "action": action,
        "recorded": event["at"],
        "outcome": code,
        "agent": list(_agents(event)),
        "source": {"observer": _OURSELVES, "site": "Cuecard"},
        "entity": list(_entities(n, digest, event)),
    }
    if code != "0":
        resource["outcomeDesc"] = " ".join(
            str(event[name]) for name in ("status", "outcome", "reason") if name in event
        )
    return resource


def _outcome(event: Event) -> str:
    outcome = event.get("outcome", "answered")
    if outcome == "answered":
        return "0"
    return "8" if outcome in _OURS or event.get("status", 0) >= 500 else "4"


def _agents(event: Event) -> Iterator[dict[str, Any]]:
    issuer = event.get("issuer", "")
    tenant = f" (tenant {event['tenant']})" if "tenant" in event else ""
    client = {"identifier": {"system": "urn:ietf:rfc:3986", "value": issuer}} if issuer else {}
    yield {
        "type": _concept(_DICOM, "110153", "Source Role ID"),
        "who": client | {"display": f"{issuer}{tenant}" if issuer else "not known"},
        "requestor": False,
    }
    yield {
        "type": _concept(_DICOM, "110152", "Destination Role ID"),
        "who": _OURSELVES,
        "requestor": False,
    }
    users = {event.get("user", ""), *(entry["user"] for entry in event.get("entries", ()))} - {""}
    for user in sorted(users):
        yield {
            "type": _concept(
                "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient"
            ),
            "who": _reference(user),
            "requestor": True,
        }


def _entities(n: int, digest: str, event: Event) -> Iterator[dict[str, Any]]:
    for patient in sorted(_patients(event) - {""}):
        yield {
            "what": _reference(f"Patient/{patient}"),
            "type": {"system": _ENTITY, "code": "1", "display": "Person"},
            "role": {"system": _ROLE, "code": "1", "display": "Patient"},
        }
    if event.get("call"):
        balp = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
        yield {
            "what": {"identifier": {"value": event["call"]}},
            "type": {"system": balp, "code": "XrequestId"},
        }
    for kind, ids in sorted(event.get("resources", {}).items()):
        yield _system_object("resources read", {kind or "unnamed": " ".join(ids), "count": str(len(ids))})
    told = {name: str(event[name]) for name in ("service", "hook", "hookInstance", "server") if name in event}
    if told:
        yield _system_object("call", told)
    if event.get("models"):
        stamps = {each["name"]: f"{each['version']} {each['digest']}".strip() for each in event["models"]}
        yield _system_object("models", stamps)
    if event.get("cards"):
        yield _system_object("cards", {each["uuid"]: " ".join(each["keys"]) for each in event["cards"]})
    if event.get("entries") or event.get("unknown"):
        said = {each["card"]: each["outcome"] for each in event.get("entries", ())}
        yield _system_object("feedback", said | {"unknown cards": str(event.get("unknown", 0))})
    if event["kind"] == "purge":
        yield _system_object("removed", {name: str(count) for name, count in event["removed"].items()})
    yield _system_object("place in the chain", {"number": str(n), "hash": digest})


def _system_object(name: str, details: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "type": {"system": _ENTITY, "code": "2", "display": "System Object"},
        "detail": [{"type": key, "valueString": value or "-"} for key, value in details.items()],
    }


def _reference(reference: str) -> dict[str, Any]:
    # What is no legal reference is said in words, so that the event is not lost over it.
    return {"reference": reference} if _REFERENCE.fullmatch(reference) else {"display": reference}


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}

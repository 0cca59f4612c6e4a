"""A platform with small models of our own, so that the edge is tested without the clinical ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from cds_hooks.app import app_of
from cds_hooks.ledger import Database, Ledger
from cds_hooks.platform import Platform, build_platform, gate_of
from cds_hooks.security.rates import RateLimiter
from cds_hooks.services.registry import BoundService, HookService, ServiceRegistry
from cds_hooks.settings import settings_of
from fhir_adapters.client import FhirClient
from fhir_adapters.record import SNOMED, Coding, Need, PatientRecord, Requires
from fhir_adapters.transport import Transport
from models.contract import ClinicalSettings
from models.finding import Assessment, Citation, Evidence, Finding, ModelStamp, Proposal
from models.model_card import ModelCard

SERVICE = HookService(
    id="chart-review", hook="patient-view", title="Chart review", description="Reads.", models=("sure.v1",)
)
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1960-01-01"}
ORIGIN = "https://ehr.example.org"


class SmallModel:
    """Says what it is told to."""

    def __init__(self, name: str, say: Callable[[PatientRecord], Assessment]) -> None:
        self.name = name
        self.card = ModelCard(**dict.fromkeys(ModelCard.__dataclass_fields__, "A test."))
        self.requires = Requires((Need(resource="Patient", required=True), Need(resource="Condition")))
        self.stamp = ModelStamp(name=name, version="1", digest="0" * 64)
        self._say = say

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        return self._say(record)


def finding(key: str = "sure", group: str = "kidney") -> Finding:
    topic = Coding(SNOMED, "709044004", "Chronic kidney disease")
    return Finding(
        kind="diagnosis",
        key=key,
        group=group,
        statement="The eGFR has been below 60 for over three months.",
        rationale="Two results at least 90 days apart meet the definition.",
        urgency="soon",
        topic=topic,
        guideline=Citation(label="KDIGO 2024"),
        model=ModelStamp(name="sure.v1", version="1", digest="0" * 64),
        confidence="A",
        evidence=(Evidence(source="Observation/o1", label="eGFR", value="48", unit="mL/min/1.73 m²"),),
        proposals=(Proposal(kind="add-problem", label="Add it", codings=(topic,), text="CKD"),),
    )


def sure(_record: PatientRecord) -> Assessment:
    return Assessment((finding(),))


def silent(_record: PatientRecord) -> Assessment:
    return Assessment()


def broken(_record: PatientRecord) -> Assessment:
    raise RuntimeError("Jane Roe of Elm Street")


def platform(
    folder: Path, *services: BoundService, models: tuple[SmallModel, ...] | None = None, **sections: Any
) -> Platform:
    document = {
        "ledger": {"url": f"sqlite:///{folder / 'ledger.sqlite3'}"},
        "cors": {"origins": [ORIGIN]},
        **sections,
    }
    settings = settings_of(document)
    offered = services or (
        BoundService(SERVICE, (SmallModel("sure.v1", sure),) if models is None else models),
    )
    transport = Transport(settings.fhir.transport())
    ledger = Ledger(Database(settings.ledger.url, connections=4))
    return Platform(
        settings=settings,
        services=ServiceRegistry(offered),
        client=FhirClient(transport.settings, transport),
        ledger=ledger,
        gate=gate_of(settings, ledger, transport),
        clinical=settings.for_models(),
        policy=settings.alerts.policy(),
    )


def browser(built: Platform) -> FlaskClient:
    """A client of the app; errors are answered as in production, never raised into the test."""
    return app_of(built).test_client()


def limiter(built: Platform, per_s: float, burst: int) -> RateLimiter:
    """A limit on the ledger of a platform, for which no time goes by."""
    return RateLimiter(
        built.ledger, "test", per_s=per_s, burst=burst, clock_ns=lambda: 0, store_clock_ns=lambda: 0
    )


def call_body(**changes: Any) -> dict[str, Any]:
    """A legal call; a change to None drops the field."""
    body: dict[str, Any] = {
        "hook": "patient-view",
        "hookInstance": str(uuid4()),
        "context": {"userId": "Practitioner/u1", "patientId": "p1"},
        "prefetch": {"patient": PATIENT, "conditions": None},
    } | changes
    return {name: value for name, value in body.items() if value is not None}


@contextmanager
def shipped(folder: Path) -> Iterator[Flask]:
    """The service with all its models as it is shipped, without the note reader and without rates."""
    document = {
        "ledger": {"url": f"sqlite:///{folder / 'ledger.sqlite3'}"},
        "notes": {"enabled": False},
        "service": {"deadline_s": 30},
        "limits": {"rate_per_s": 0},  # a fast machine sends more than one client may
    }
    built = build_platform(settings_of(document))
    yield app_of(built)
    built.ledger.close()
    built.client.close()

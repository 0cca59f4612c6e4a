"""Everything that answers calls, put together once at start-up from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from cds_hooks.cards.alert_policy import AlertPolicy
from cds_hooks.ledger import Database, Ledger, Retention
from cds_hooks.protocol.hooks import HOOKS
from cds_hooks.reading import NoteService, note_service
from cds_hooks.services.registry import ServiceRegistry, load_services
from cds_hooks.settings import Settings
from fhir_adapters.client import FhirClient
from models.contract import ClinicalSettings
from models.registry import load_models


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The parts of a running service; none of them opens a connection before it is needed.

    Attributes:
        notes: None when notes are not read.
    """

    settings: Settings
    services: ServiceRegistry
    client: FhirClient
    ledger: Ledger
    clinical: ClinicalSettings
    policy: AlertPolicy
    notes: NoteService | None = None


def service_registry(settings: Settings) -> ServiceRegistry:
    """Loads every model and every service, restricted to the models that are on.

    Raises:
        RegistryError: A model can't be used.
        ServiceError: A service can't be used.
    """
    return load_services(load_models(), HOOKS, settings.service.models)


def build_platform(settings: Settings) -> Platform:
    """Loads every plug-in and wires the parts; the note reader is verified and warm when this returns.

    Raises:
        RegistryError: A model can't be used.
        ServiceError: A service can't be used.
        SettingsError: The weights of the note reader can't be used.
    """
    # One connection for each thread that may answer a call: none waits for another's.
    database = Database(settings.ledger.url, connections=settings.service.threads)
    retention = Retention(days=settings.notes.keep_days, most=settings.notes.keep_most)
    ledger = Ledger(database, retention)
    return Platform(
        settings=settings,
        services=service_registry(settings),
        client=FhirClient(settings.fhir.transport()),
        ledger=ledger,
        clinical=settings.for_models(),
        policy=settings.alerts.policy(),
        notes=note_service(settings.notes, ledger.readings),
    )

"""Everything that answers calls, put together once at start-up from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from cds_hooks.cards.alert_policy import AlertPolicy
from cds_hooks.ledger import Database, Ledger, Retention
from cds_hooks.process_state import ProcessState
from cds_hooks.protocol.hooks import HOOKS
from cds_hooks.reading import NoteService, note_service
from cds_hooks.security.gate import Gate, GateRules
from cds_hooks.security.keys import KeyRing, key_file, key_url
from cds_hooks.security.rates import RateLimiter
from cds_hooks.services.registry import ServiceRegistry, load_services
from cds_hooks.settings import Settings, SettingsError
from cds_hooks.telemetry import Recorder, Recorders
from fhir_adapters.client import FhirClient
from fhir_adapters.transport import Transport
from models.contract import ClinicalSettings
from models.registry import load_models

if TYPE_CHECKING:
    from cds_hooks.telemetry.metrics import Metrics

# Refused tokens of one address that are answered and audited one by one: a client with a wrong clock or a
# rotated key must be found in the audit, a flood must not fill it.
_UNKNOWN_PER_S, _UNKNOWN_BURST = 1.0, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The parts of a running service; none of them opens a connection before it is needed.

    Attributes:
        notes: None when notes are not read.
        rates: None when clients may call as often as they like.
        refusals: Counts, by address, calls of nobody known; beyond it they are refused as too many and are no
            longer audited. Calls of known clients from the same address are not counted. None for any number.
        metrics: None when none are kept; when they are, `recorders` tells them too.
    """

    settings: Settings
    services: ServiceRegistry
    client: FhirClient
    ledger: Ledger
    gate: Gate
    clinical: ClinicalSettings
    policy: AlertPolicy
    notes: NoteService | None = None
    rates: RateLimiter | None = None
    refusals: RateLimiter | None = None
    metrics: Metrics | None = None
    recorders: Recorders = field(default_factory=Recorders)
    state: ProcessState = field(default_factory=ProcessState)


def service_registry(settings: Settings) -> ServiceRegistry:
    """Loads every model and every service, restricted to the models that are on.

    Raises:
        RegistryError: A model can't be used.
        ServiceError: A service can't be used.
    """
    return load_services(load_models(), HOOKS, settings.service.models)


def gate_of(settings: Settings, ledger: Ledger, transport: Transport) -> Gate:
    """The gate for the clients of the settings; no key is fetched yet."""
    callers = settings.callers
    rings = {
        client: KeyRing(
            key_file(client.jwks_file) if client.jwks_file else key_url(client.jwks_url, transport),
            keep_s=callers.keys_keep_s,
            cooldown_s=callers.keys_cooldown_s,
        )
        for client in settings.clients
    }
    rules = GateRules(
        public_url=callers.public_url,
        leeway_s=callers.leeway_s,
        longest_token_s=callers.longest_token_s,
    )
    return Gate(rings, rules, ledger)


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
    transport = Transport(settings.fhir.transport())
    metrics = _metrics(settings)
    limits = settings.limits
    limited, limiter = limits.rate_per_s > 0, partial(RateLimiter, ledger)
    return Platform(
        settings=settings,
        services=service_registry(settings),
        client=FhirClient(transport.settings, transport),
        ledger=ledger,
        gate=gate_of(settings, ledger, transport),
        clinical=settings.for_models(),
        policy=settings.alerts.policy(),
        notes=note_service(settings.notes, ledger.readings),
        rates=limiter("requests", per_s=limits.rate_per_s, burst=limits.rate_burst) if limited else None,
        refusals=limiter("refusals", per_s=_UNKNOWN_PER_S, burst=_UNKNOWN_BURST) if limited else None,
        metrics=metrics,
        recorders=Recorders(tuple(filter(None, (metrics, _traces(settings))))),
    )


def _metrics(settings: Settings) -> Metrics | None:
    if not settings.operations.bind:
        return None
    # Not before `cuecard serve` has named the folder that its processes share.
    from cds_hooks.telemetry.metrics import Metrics  # noqa: PLC0415

    return Metrics()


def _traces(settings: Settings) -> Recorder | None:
    """Raises SettingsError when traces are wanted and OpenTelemetry is not installed."""
    if not settings.operations.traces:
        return None
    try:
        from cds_hooks.telemetry.tracing import Tracing  # noqa: PLC0415 - optional packages
    except ImportError:
        raise SettingsError(("operations.traces: install cuecard[otel] to send traces",)) from None
    return Tracing()

"""The hook services: one value per file in this folder, or in an installed package by entry point.

    SERVICE = HookService(id="chart-review", hook="patient-view", ...)

`(id, hook)` is what a call is dispatched on: two services may answer one hook, and one id two hooks.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from typing import Literal

import cds_hooks.services as package
from fhir_adapters.prefetch import Query, queries
from fhir_adapters.record import Need
from models.contract import ClinicalModel
from models.registry import ModelRegistry, RegistryError

ENTRY_POINT_GROUP = "cuecard.services"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ServiceError(RuntimeError):
    """A service file can't be used; the text names the file and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookService:
    """What one service file declares.

    Attributes:
        id: Last part of the service's URL.
        hook: The hook that it answers.
        models: Registry names, the most important first: they get the time there is in this order.
        deadline_s: Seconds for one call; None for the deployment's own deadline.
        form: "cards" answers with what is worth an interruption when a chart is opened; "summary" with one
            card that holds everything, for somebody who asked.
        states_silence: Whether a call on which no model could answer says why each one could not; for a hook
            that asks one question, where nothing said would pass for a low risk.
        usage_requirements: What a client must know before it uses the service; "" when nothing.
    """

    id: str
    hook: str
    title: str
    description: str
    models: tuple[str, ...]
    deadline_s: float | None = None
    usage_requirements: str = ""
    form: Literal["cards", "summary"] = "cards"
    states_silence: bool = False


@dataclass(frozen=True)
class BoundService:
    """A service with its models, ready to answer."""

    declared: HookService
    models: tuple[ClinicalModel, ...]

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """Everything that the service's models read."""
        return tuple(need for model in self.models for need in model.requires.needs)

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        """The needs as queries, one per prefetch key; none when no model is on."""
        return queries(self.needs) if self.models else ()

    @cached_property
    def prefetch_keys(self) -> frozenset[str]:
        """The keys that discovery advertises."""
        return frozenset(query.key for query in self.queries)


class ServiceRegistry:
    """Services by id and hook, in the order of their files."""

    def __init__(self, services: Iterable[BoundService]) -> None:
        self._by_id: dict[str, dict[str, BoundService]] = {}
        for service in services:
            self._by_id.setdefault(service.declared.id, {})[service.declared.hook] = service

    def __iter__(self) -> Iterator[BoundService]:
        return (service for hooks in self._by_id.values() for service in hooks.values())

    def hooks_of(self, service_id: str) -> Mapping[str, BoundService]:
        """The services of one id by hook; empty when the id is unknown."""
        return self._by_id.get(service_id, {})


def load_services(
    models: ModelRegistry, known_hooks: Collection[str], enabled: Collection[str] | None = None
) -> ServiceRegistry:
    """Imports every service file and binds each service to its models.

    Args:
        models: Where the models are looked up.
        known_hooks: The hooks whose context can be read.
        enabled: Registry names of the models that may run; None for all.

    Raises:
        ServiceError: A file fails on import, declares no usable service, names an unknown model or hook,
            or repeats an (id, hook); or `enabled` names a model that no service has.
    """
    declared: dict[tuple[str, str], str] = {}
    bound: list[BoundService] = []
    for origin, service in _declared():
        _check(service, origin, known_hooks)
        key = (service.id, service.hook)
        if key in declared:
            raise ServiceError(f"{origin}: '{service.id}' for {service.hook} is already in {declared[key]}")
        declared[key] = origin
        names = tuple(name for name in service.models if enabled is None or name in enabled)
        try:
            bound.append(BoundService(service, models.select(names)))
        except RegistryError as error:
            raise ServiceError(f"{origin}: {error}") from None
    _check_enabled(bound, enabled)
    return ServiceRegistry(bound)


def _declared() -> Iterator[tuple[str, HookService]]:
    own = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if info.name != "registry")
    modules = [f"{package.__name__}.{name}" for name in own]
    modules += sorted(entry.value.partition(":")[0] for entry in entry_points(group=ENTRY_POINT_GROUP))
    for name in modules:
        try:
            module = importlib.import_module(name)
        except Exception as error:  # a broken plug-in must be named, whatever it raises
            raise ServiceError(f"{name}: import failed: {type(error).__name__}: {error}") from error
        service = getattr(module, "SERVICE", None)
        if not isinstance(service, HookService):
            raise ServiceError(f"{name}: declares no SERVICE of type HookService")
        yield name, service


def _check(service: HookService, origin: str, known_hooks: Collection[str]) -> None:
    if not _ID.fullmatch(service.id):
        raise ServiceError(f"{origin}: id '{service.id}' must be lower-case words joined by '-'")
    if service.hook not in known_hooks:
        raise ServiceError(f"{origin}: protocol/hooks.py does not have the hook '{service.hook}'")
    if not service.title.strip() or not service.description.strip():
        raise ServiceError(f"{origin}: title and description must not be blank")


def _check_enabled(services: list[BoundService], enabled: Collection[str] | None) -> None:
    offered = {name for service in services for name in service.declared.models}
    unknown = sorted(set(enabled or ()) - offered)
    if unknown:
        raise ServiceError(
            f"service.models: no service has {', '.join(unknown)}; there are: {', '.join(sorted(offered))}"
        )

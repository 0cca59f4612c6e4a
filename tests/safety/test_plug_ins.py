"""A plug-in that can't be used stops the start by its name; one that comes late changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cds_hooks import services
from cds_hooks.protocol.hooks import HOOKS
from cds_hooks.services.registry import ServiceError, load_services
from models import registry
from models.diagnosis import criteria
from models.registry import ModelRegistry, RegistryError, load_models

Plant = Callable[[Any, str, str], None]


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Puts a file into a folder of plug-ins for one test."""
    monkeypatch.setattr(registry, "_DECLARED", list(registry._DECLARED))

    def planted(package: Any, name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        monkeypatch.delitem(sys.modules, f"{package.__name__}.{name}", raising=False)

    return planted


@pytest.mark.parametrize(
    "text", ["raise KeyError('x')", "import no_such_module", "def (", "raise SystemError"]
)
def test_a_model_file_that_fails_on_import_is_named(plant: Plant, text: str) -> None:
    plant(criteria, "broken_file", text)
    with pytest.raises(RegistryError, match=r"criteria\.broken_file: import failed"):
        load_models()


@pytest.mark.parametrize("text", ["raise KeyError('x')", "import no_such_module", "def ("])
def test_a_service_file_that_fails_on_import_is_named(plant: Plant, text: str) -> None:
    plant(services, "broken_file", text)
    with pytest.raises(ServiceError, match=r"services\.broken_file: import failed"):
        load_services(ModelRegistry(), HOOKS)


@pytest.mark.parametrize("text", ["", "SERVICE = 7"])
def test_a_service_file_without_a_service_is_named(plant: Plant, text: str) -> None:
    plant(services, "empty_file", text)
    with pytest.raises(ServiceError, match=r"services\.empty_file: declares no SERVICE"):
        load_services(load_models(), HOOKS)


def test_a_model_that_takes_a_name_is_named_with_the_file_that_has_it(plant: Plant) -> None:
    text = "from models.diagnosis.criteria.kidney import *\nfrom models.registry import clinical_model\n"
    text += "from models.registry import _DECLARED\n"
    text += "first = next(cls for cls, origin in _DECLARED if origin.endswith('criteria.kidney'))\n"
    text += "clinical_model(type('Second', (first,), {'__module__': __name__}))\n"
    plant(criteria, "second_file", text)
    with pytest.raises(RegistryError, match=r"already defined in models\.diagnosis\.criteria\.") as refused:
        load_models()
    assert "second_file" in str(refused.value)


def test_a_model_that_is_declared_late_is_in_no_registry_that_was_loaded(plant: Plant) -> None:
    before = load_models()
    names = before.names()
    first = type(before.get("kidney.v1"))
    registry.clinical_model(type("Late", (first,), {"name": "late.v1", "__module__": "late_file"}))
    assert before.names() == names
    assert "late.v1" not in before.names()

"""Imports point one way: models -> record and terminology; fhir_adapters -> neither; cds_hooks -> both."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("cds_hooks", "fhir_adapters", "models")
SOCKET_MODULES = {
    "httpx",
    "httpcore",
    "socket",
    "requests",
    "aiohttp",
    "http.client",
    "urllib.request",
    "ssl",
}
# The client, and how it connects.
SOCKET_USERS = {"fhir_adapters/transport.py", "fhir_adapters/connecting.py"}
# Imported as such, it reports to its maker.
RUNTIME_USERS = {"models/inference/runtime.py"}
FORBIDDEN_CALLS = {"pickle", "joblib", "marshal", "shelve"}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _modules(package: str) -> list[Path]:
    paths = sorted((ROOT / package).rglob("*.py"))
    assert paths, f"no modules in {package}"
    return paths


def _starts(name: str, *prefixes: str) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


@pytest.mark.parametrize("path", _modules("models"), ids=str)
def test_models_import_only_the_record_and_the_terminology(path: Path) -> None:
    for name in _imports(path):
        assert not _starts(name, "cds_hooks", "flask"), f"{path} imports {name}"
        if _starts(name, "fhir_adapters"):
            assert _starts(name, "fhir_adapters.record", "fhir_adapters.terminology"), (
                f"{path} imports {name}"
            )


@pytest.mark.parametrize("path", _modules("fhir_adapters"), ids=str)
def test_fhir_adapters_import_neither_other_package(path: Path) -> None:
    assert not [name for name in _imports(path) if _starts(name, "cds_hooks", "models", "flask")]


@pytest.mark.parametrize("path", [p for pkg in PACKAGES for p in _modules(pkg)], ids=str)
def test_only_the_transport_opens_sockets_and_nothing_unpickles(path: Path) -> None:
    names = _imports(path)
    assert not names & FORBIDDEN_CALLS
    if path.relative_to(ROOT).as_posix() not in SOCKET_USERS:
        assert not names & SOCKET_MODULES, f"{path} may not open a socket"


@pytest.mark.parametrize("path", [p for pkg in PACKAGES for p in _modules(pkg)], ids=str)
def test_nothing_read_is_run(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        said = {each.arg: ast.unparse(each.value) for each in node.keywords if each.arg}
        assert said.get("trust_remote_code", "False") == "False", f"{path}:{node.lineno}"
        called = ast.unparse(node.func)
        assert called not in {"eval", "exec", "compile", "yaml.load"}, f"{path}:{node.lineno} calls {called}"
        if called == "torch.load":  # states of training runs, never what is served
            assert said.get("weights_only") == "True", f"{path}:{node.lineno}"
            assert "training" in path.parts, f"{path}:{node.lineno}"


def test_no_certificate_goes_unchecked() -> None:
    for path in (module for package in PACKAGES for module in _modules(package)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword):
                unchecked = node.arg in {"verify", "check_hostname"} and ast.unparse(node.value) == "False"
                assert not unchecked, f"{path}:{node.value.lineno}"
            elif isinstance(node, ast.Assign):
                hosts = [ast.unparse(target) for target in node.targets]
                unchecked = any(name.endswith(".check_hostname") for name in hosts)
                assert not unchecked, f"{path}:{node.lineno}"
            elif isinstance(node, ast.Attribute | ast.Name):
                name = ast.unparse(node).rpartition(".")[2]
                assert name not in {"CERT_NONE", "_create_unverified_context"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", [p for pkg in PACKAGES for p in _modules(pkg)], ids=str)
def test_modules_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_the_runtime_is_imported_in_one_place_where_its_reports_are_off() -> None:
    paths = [path for package in (*PACKAGES, "benchmarks") for path in _modules(package)]
    users = {str(path.relative_to(ROOT)) for path in paths if _starts_any(path, "onnxruntime")}
    assert users == RUNTIME_USERS


def _starts_any(path: Path, module: str) -> bool:
    return any(_starts(name, module) for name in _imports(path))

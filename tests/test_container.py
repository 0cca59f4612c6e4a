"""The container's files: linted, in agreement with each other, and its commands run without a container."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_hooks.settings import settings_of
from tests.cds_hooks.served import free_port, until

ROOT = Path(__file__).resolve().parent.parent
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
MANIFESTS = sorted((DOCKER / "kubernetes").glob("*.yaml"))


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _passes(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def _manifest(kind: str) -> Any:
    (found,) = [each for path in MANIFESTS if (each := yaml.safe_load(path.read_text()))["kind"] == kind]
    return found


def _command(instruction: str) -> list[str]:
    """The last CMD of an instruction, in its JSON form."""
    pattern = r"^HEALTHCHECK .*\\\n\s+CMD (\[.*\])$" if instruction == "HEALTHCHECK" else r"^CMD (\[.*\])$"
    command: list[str] = json.loads(re.findall(pattern, DOCKERFILE, re.MULTILINE)[-1])
    return command


def test_the_dockerfile_is_clean() -> None:
    _passes(_tool("hadolint"), "docker/Dockerfile")


def test_the_yaml_is_clean() -> None:
    _passes(_tool("yamllint"), "--strict", "-c", "docker/.yamllint", "docker")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_fits_the_schema_of_kubernetes(path: Path) -> None:
    _passes(_tool("kubernetes-validate"), "--strict", str(path))


@pytest.mark.parametrize("place", ["image", "compose", "kubernetes"])
def test_settings_ports_and_grace_periods_agree(place: str) -> None:
    texts = {
        "image": (DOCKER / "cuecard.toml").read_text(),
        "compose": (DOCKER / "compose/cuecard.toml").read_text(),
        "kubernetes": _manifest("ConfigMap")["data"]["cuecard.toml"],
    }
    settings = settings_of(tomllib.loads(texts[place]))
    assert settings.service.bind == "0.0.0.0:8000"
    assert settings.operations.bind == "0.0.0.0:9464"
    assert settings.limits.proxies == 1
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]["cuecard"]
    pod = _manifest("Deployment")["spec"]["template"]["spec"]
    grace = {
        "image": 60,
        "compose": int(compose["stop_grace_period"].rstrip("s")),
        "kubernetes": pod["terminationGracePeriodSeconds"],
    }
    assert grace[place] >= settings.limits.drain_s + settings.service.deadline_s + 30
    (container,) = pod["containers"]
    assert {each["containerPort"] for each in container["ports"]} == {8000, 9464}
    assert "EXPOSE 8000 9464" in DOCKERFILE


def test_nothing_but_the_proxy_is_published_and_nothing_runs_as_root() -> None:
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
    assert {name for name, each in services.items() if "ports" in each} == {"proxy"}
    assert all(port.startswith("127.0.0.1:") for port in services["proxy"]["ports"])
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    pod = _manifest("Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    (port,) = _manifest("Service")["spec"]["ports"]
    assert port["targetPort"] == "hooks"


def test_the_image_serves_and_its_health_check_tells_the_truth(tmp_path: Path) -> None:
    program, *arguments = _command("CMD")
    assert program == "/opt/cuecard/bin/cuecard"
    hooks, operations = free_port(), free_port()
    config = tmp_path / "cuecard.toml"
    text = (DOCKER / "cuecard.toml").read_text().replace("/var/lib/cuecard", str(tmp_path))
    config.write_text(
        text.replace("0.0.0.0:8000", f"0.0.0.0:{hooks}").replace("0.0.0.0:9464", f"127.0.0.1:{operations}")
    )
    arguments = [str(config) if each == "/etc/cuecard/cuecard.toml" else each for each in arguments]
    _, *check = _command("HEALTHCHECK")
    check = [each.replace(":9464/", f":{operations}/") for each in check]

    def healthy() -> bool:
        return subprocess.run([sys.executable, *check], capture_output=True, check=False).returncode == 0

    assert not healthy()
    command = [sys.executable, "-m", "cds_hooks.cli", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: process.poll() is not None or healthy())
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    assert (tmp_path / "cuecard.sqlite3").exists()
    assert not healthy()


def test_the_trial_certificates_are_made_and_fit_the_names_of_the_proxy(tmp_path: Path) -> None:
    openssl = _tool("openssl")
    _passes("bash", str(DOCKER / "compose/certificates.sh"), str(tmp_path))
    for name in ("localhost", "proxy"):
        _passes(openssl, "verify", "-CAfile", f"{tmp_path}/ca.pem", "-verify_hostname", name,
                f"{tmp_path}/server.pem")  # fmt: skip


@pytest.mark.parametrize("client_tls", ["off", "on"])
def test_nginx_takes_the_proxys_configuration(tmp_path: Path, client_tls: str) -> None:
    nginx = _tool("nginx")
    _passes("bash", str(DOCKER / "compose/certificates.sh"), str(tmp_path))
    site = (DOCKER / "compose/proxy.conf.template").read_text().replace("${CUECARD_CLIENT_TLS}", client_tls)
    site = site.replace("/etc/nginx/tls", str(tmp_path)).replace("http://cuecard:", "http://127.0.0.1:")
    (tmp_path / "site.conf").write_text(site.replace("http://fhir:", "http://127.0.0.1:"))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    scratch = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\n{scratch}include {tmp_path}/site.conf;\n}}\n"
    )
    _passes(nginx, "-t", "-p", str(tmp_path), "-c", str(main))

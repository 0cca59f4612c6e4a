"""What is installed: pins agree, and the serving path needs neither torch nor transformers."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from cds_hooks.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent


def _pins(lines: list[str]) -> dict[str, str]:
    pins = (line.partition("==") for line in lines if "==" in line)
    # "psycopg[binary]" names an extra; what that brings is pinned by itself in the container.
    return {
        re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower(): version.strip() for name, _, version in pins
    }


def test_the_container_pins_what_the_project_pins_without_torch_and_transformers() -> None:
    project = _pins(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    container = _pins((ROOT / "docker/requirements.txt").read_text().splitlines())
    assert {"torch", "transformers"} <= project.keys()
    assert not {"torch", "transformers"} & container.keys()
    for name in project.keys() - {"torch", "transformers"}:
        assert container[name] == project[name], name


def test_the_settings_inside_the_image_are_valid_and_keep_the_ledger_on_the_volume() -> None:
    settings = load_settings(ROOT / "docker/cuecard.toml")
    assert settings.ledger.url == "sqlite:////var/lib/cuecard/cuecard.sqlite3"
    assert "VOLUME /var/lib/cuecard" in (ROOT / "docker/Dockerfile").read_text()


def test_the_service_starts_and_answers_without_torch_and_transformers() -> None:
    program = """
import sys
sys.modules["torch"] = sys.modules["transformers"] = None
from cds_hooks.app import create_app
from cds_hooks.settings import Settings
client = create_app(Settings()).test_client()
assert client.get("/cds-services").status_code == 200
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

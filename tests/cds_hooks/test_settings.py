from __future__ import annotations

from dataclasses import FrozenInstanceError, asdict
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.security.client import Client
from cds_hooks.settings import Settings, SettingsError, load_settings, settings_of
from models.thresholds import Thresholds

ROOT = Path(__file__).resolve().parents[2]


def _faults(document: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        settings_of(document)
    return caught.value.faults


def test_every_fault_is_listed_at_once_with_its_key() -> None:
    faults = _faults(
        {
            "service": {"bind": "somewhere", "workers": 0, "colour": "red"},
            "fhir": {"trusted_servers": ["http://ehr.example.org/fhir"], "allow_loopback": "yes"},
            "cors": {"origins": ["https://ehr.example.org/", "*"]},
            "clinical": {"region": "mars"},
            "extra": {},
        }
    )
    text = "\n".join(faults)
    for key in ("service.bind", "service.workers", "service.colour", "fhir.allow_loopback", "cors.origins"):
        assert f"{key}: " in text
    assert "clinical.region: must be one of na, non-na" in faults
    assert "[extra]: unknown section" in faults


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("service", "workers", True),
        ("service", "workers", 2.5),
        ("service", "deadline_s", 0),
        ("service", "models", "prevent.v1"),
        ("service", "models", [1]),
        ("cors", "origins", ["https://user@ehr.example.org"]),
        ("cors", "origins", ["null"]),
        ("ledger", "url", "mysql://x"),
        ("ledger", "url", "sqlite://"),
        ("alerts", "max_cards", 0),
        ("sandbox", "as_of", "yesterday"),
        ("thresholds", "kfre_referral_5y", 5),
        ("thresholds", "khorana_offer", 2.5),
        ("thresholds", "news2_urgent", True),
        ("thresholds", "prevent_statin", 0.1),
    ],
)
def test_a_wrong_value_is_a_fault_of_its_key(section: str, key: str, value: Any) -> None:
    (fault,) = _faults({section: {key: value}})
    assert fault.startswith(f"{section}.{key}: ")


def test_thresholds_that_contradict_each_other_are_faults() -> None:
    faults = _faults({"thresholds": {"news2_urgent": 9, "fib4_low": 2.5, "fib4_high": 1.5}})
    assert faults == (
        "thresholds.fib4_low: must not exceed fib4_low_from_65",
        "thresholds.fib4_low_from_65: must not exceed fib4_high",
        "thresholds.news2_urgent: must not exceed news2_emergency",
    )


def test_a_threshold_reaches_the_models_and_is_stated_with_the_guideline() -> None:
    clinical = settings_of(
        {"thresholds": {"prevent_high": 0.15}, "clinical": {"region": "non-na"}}
    ).for_models()
    assert (clinical.region, clinical.thresholds.prevent_high) == ("non-na", 0.15)
    assert clinical.thresholds.stated("prevent_high", "%") == "15% (this site; ACC/AHA 2018: 20%)"
    assert clinical.thresholds.stated("khorana_offer", " points") == "2 points"


def test_every_default_is_within_its_own_range() -> None:
    assert settings_of({"thresholds": asdict(Thresholds())}) == Settings()


def test_the_two_addresses_are_told_apart_by_their_ports() -> None:
    fault = "operations.bind: must have another port than service.bind"
    binds = {"service": {"bind": "127.0.0.1:8000"}, "operations": {"bind": "0.0.0.0:8000"}}
    assert _faults(binds) == (fault,)
    assert settings_of(binds | {"operations": {"bind": ""}}).operations.bind == ""


def test_plain_http_to_another_machine_can_not_be_trusted() -> None:
    (fault,) = _faults({"fhir": {"trusted_servers": ["http://ehr.example.org/fhir"]}})
    assert fault.startswith("fhir.trusted_servers: ")


def test_a_section_must_be_a_table() -> None:
    assert _faults({"service": 3}) == ("service: must be a section [service]",)


def test_without_settings_nothing_is_trusted() -> None:
    settings = Settings()
    assert settings.fhir.trusted_servers == ()
    assert settings.cors.origins == ()
    assert settings.service.bind.startswith("127.0.0.1")
    assert not settings.fhir.allow_loopback
    assert not settings.cors.allow_loopback


def test_settings_can_not_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().service.workers = 9  # type: ignore[misc]


def test_the_password_of_the_ledger_is_not_shown() -> None:
    settings = settings_of({"ledger": {"url": "postgresql+psycopg://me:geheim@db/ledger"}})
    assert "geheim" not in repr(settings)


def test_the_example_file_is_legal_and_names_every_setting() -> None:
    path = ROOT / "cuecard.toml"
    settings = load_settings(path)
    assert settings == settings_of({"fhir": {"trusted_servers": list(settings.fhir.trusted_servers)}})
    text = path.read_text(encoding="utf-8")
    for section in Settings.__dataclass_fields__:
        assert f"[{section}]" in text
        of = Client if section == "clients" else getattr(settings, section)
        for key in of.__dataclass_fields__:
            assert f"{key} = " in text, f"{section}.{key}"


@pytest.mark.parametrize("content", [b"[service", b"\xff\xfe"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cuecard.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"cuecard\.toml"):
        load_settings(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="absent"):
        load_settings(tmp_path / "absent.toml")

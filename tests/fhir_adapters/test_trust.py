"""Addresses are compared part by part, and what can be read in two ways is refused."""

from __future__ import annotations

import pytest

from fhir_adapters.errors import UntrustedServer
from fhir_adapters.trust import TrustedServers, parse_address, resolve_below

LISTED = (
    "https://ehr.example.org/fhir",
    "https://lab.example.org:8443/r4/tenant-1/",
    "https://[fd00::1]/fhir",
)


@pytest.mark.parametrize(
    "url",
    [
        "https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/",
        "https://EHR.example.org:443/fhir",
        "https://ehr.example.org/fhir/tenant-2",
        "https://lab.example.org:8443/r4/tenant-1",
        "https://[fd00:0:0::1]/fhir",
    ],
)
def test_a_listed_server_and_what_lies_below_it_is_trusted(url: str) -> None:
    TrustedServers(LISTED).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://ehr.example.org/fhir",
        "https://ehr.example.org/fhir2",
        "https://ehr.example.org/FHIR",
        "https://ehr.example.org",
        "https://ehr.example.org:444/fhir",
        "https://ehr.example.org./fhir",
        "https://ehr.example.org.evil.test/fhir",
        "https://evil.test/https://ehr.example.org/fhir",
        "https://evil.test?https://ehr.example.org/fhir",
        "https://evil.test#https://ehr.example.org/fhir",
        "https://ehr.example.org@evil.test/fhir",
        "https://ehr.example.org%40evil.test/fhir",
        "https://ehr.example.org\\@evil.test/fhir",
        "https://ehr.example.org/fhir/%2e%2e/admin",
        "https://ehr.example.org/fhir//admin",
        "https://ehr.example.org/fhir/x%2fy",
        "https://ehr.example.org/fhir/x%00y",
        "https://ehr.example.org/fhir/x%zz",
        "https://ehr.example.org:0/fhir",
        "https://ehr.example.org:port/fhir",
        "https://еhr.example.org/fhir",
        " https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir\n",
        "https:///fhir",
        "httpsx://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/" + "a" * 9000,
    ],
)
def test_a_look_alike_is_refused(url: str) -> None:
    with pytest.raises(UntrustedServer):
        TrustedServers(LISTED).check(url)


LOOPBACK = [
    "http://127.0.0.1:8000/fhir",
    "http://localhost/fhir",
    "http://[::1]:80/fhir",
    "https://127.8.9.1/x",
]
ODD_SPELLINGS = [
    "http://127.1/fhir",
    "http://0x7f.0.0.1/fhir",
    "http://0x7f000001/fhir",
    "http://2130706433/fhir",
    "http://0177.0.0.1/fhir",
    "http://127.0.0.1./fhir",
    "http://localhost./fhir",
    "http://localhost.evil.test/fhir",
    "http://0.0.0.0/fhir",
    "http://10.0.0.1/fhir",
    "http://169.254.169.254/latest",
    "http://100.64.0.1/fhir",
    "http://[fc00::1]/fhir",
    "http://[::]/fhir",
    "http://[::1%25eth0]/fhir",
]


@pytest.mark.parametrize("url", LOOPBACK)
def test_this_machine_is_trusted_only_when_allowed(url: str) -> None:
    assert TrustedServers((), allow_loopback=True).check(url).is_loopback
    with pytest.raises(UntrustedServer):
        TrustedServers(LISTED).check(url)


@pytest.mark.parametrize("url", ODD_SPELLINGS)
def test_an_odd_spelling_or_a_private_address_is_not_this_machine(url: str) -> None:
    with pytest.raises(UntrustedServer):
        TrustedServers(LISTED, allow_loopback=True).check(url)


@pytest.mark.parametrize(
    "url", ["http://ehr.example.org/fhir", "http://127.0.0.1/fhir", "https://x/y?z=1", "x"]
)
def test_an_unsafe_entry_of_the_list_is_named_at_start(url: str) -> None:
    with pytest.raises(ValueError, match="trusted_servers"):
        TrustedServers((url,))


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://ehr.example.org/fhir?_getpages=1&x=a|b", "https://ehr.example.org/fhir?_getpages=1&x=a|b"),
        ("Observation?page=2", "https://ehr.example.org/fhir/Observation?page=2"),
        ("Binary/7", "https://ehr.example.org/fhir/Binary/7"),
    ],
)
def test_a_link_below_the_base_is_followed(link: str, expected: str) -> None:
    assert resolve_below(parse_address("https://ehr.example.org/fhir"), link) == expected


def test_an_address_is_written_without_its_default_port() -> None:
    assert parse_address("https://Ehr.Example.org:443/fhir/").base == "https://ehr.example.org/fhir"
    assert parse_address("http://[::1]:8000/fhir").base == "http://[::1]:8000/fhir"

"""[[clients]]: the EHRs that may call, each with its keys, its tenants and its FHIR servers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cds_hooks.security.client import ALGORITHMS, RECOMMENDED, Client
from cds_hooks.security.keys import KeySetError, parse_key_set
from fhir_adapters.errors import UntrustedServer
from fhir_adapters.trust import TrustedServers, parse_address

_TEXTS = ("issuer", "jwks_url", "jwks_file")
_LISTS = ("tenants", "fhir_servers", "algorithms")


def check_clients(value: Any) -> str:
    """What is wrong with the form of the tables; "" when nothing is."""
    if not isinstance(value, list):
        return "must be tables [[clients]]"
    faults = (f"entry {n + 1}: {fault}" for n, each in enumerate(value) if (fault := _fault(each)))
    return next(faults, "")


def _fault(table: Any) -> str:
    if not isinstance(table, dict) or not table.get("issuer"):
        return "needs an issuer"
    for key, value in table.items():
        if key in _TEXTS:
            if not isinstance(value, str):
                return f"{key} must be a text"
        elif key not in _LISTS:
            return f"unknown setting '{key}'"
        elif not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            return f"{key} must be a list of texts"
    if bool(table.get("jwks_url")) == bool(table.get("jwks_file")):
        return "needs either jwks_url or jwks_file"
    if not table.get("algorithms", RECOMMENDED) or set(table.get("algorithms", ())) - set(ALGORITHMS):
        return f"algorithms must be of {', '.join(ALGORITHMS)}"
    return ""


def client_of(table: Mapping[str, Any]) -> Client:
    """The client of a table whose form was checked."""
    return Client(
        issuer=table["issuer"],
        jwks_url=table.get("jwks_url", ""),
        jwks_file=table.get("jwks_file", ""),
        tenants=tuple(table.get("tenants", ())),
        fhir_servers=tuple(table.get("fhir_servers", ())),
        algorithms=tuple(table.get("algorithms", RECOMMENDED)),
    )


def client_faults(
    clients: Sequence[Client], trusted: Sequence[str], *, allow_loopback: bool
) -> Iterator[str]:
    """What can't work about clients whose form is right, each fault with its key.

    Args:
        trusted: `fhir.trusted_servers`; a client's servers must be among them.
        allow_loopback: Whether servers of this machine are trusted, over http too.
    """
    try:
        servers = TrustedServers(trusted, allow_loopback=allow_loopback)
    except ValueError:
        return  # that is reported as a fault of [fhir]
    seen: set[tuple[str, str]] = set()
    for n, client in enumerate(clients, 1):
        where = f"clients: entry {n}: "
        for server in client.fhir_servers:
            if not _is_trusted(servers, server):
                yield f"{where}fhir_servers: must be among fhir.trusted_servers"
        if client.jwks_url and not _is_safe(client.jwks_url, allow_loopback):
            yield f"{where}jwks_url: must be an https URL"
        if client.jwks_file and (fault := _file_fault(client.jwks_file)):
            yield f"{where}jwks_file: {fault}"
        names = {(client.issuer, tenant) for tenant in client.tenants or ("",)}
        if names & seen:
            yield f"{where}issuer: is there twice for the same tenant"
        seen |= names


def _is_trusted(servers: TrustedServers, url: str) -> bool:
    try:
        servers.check(url)
    except UntrustedServer:
        return False
    return True


def _is_safe(url: str, allow_loopback: bool) -> bool:
    try:
        address = parse_address(url)
    except UntrustedServer:
        return False
    return address.scheme == "https" or (allow_loopback and address.is_loopback)


def _file_fault(path: str) -> str:
    try:
        parse_key_set(Path(path).read_bytes())
    except OSError:
        return "can't be read"
    except KeySetError as error:
        return str(error)
    return ""


def public_url_fault(url: str, *, needed: bool, allow_loopback: bool) -> str:
    """What is wrong with the URL under which clients call; "" when nothing is."""
    if not url:
        return "is needed with [[clients]]: their tokens name it" if needed else ""
    if not _is_safe(url, allow_loopback) or "?" in url or url.endswith("/"):
        return "must be an https URL without a query and without a slash at the end"
    return ""

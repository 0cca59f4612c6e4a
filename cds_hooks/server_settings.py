"""[[fhir.servers]]: what is particular to single FHIR servers; secrets come from files and variables."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from fhir_adapters.errors import UntrustedServer
from fhir_adapters.server_account import FhirServer
from fhir_adapters.vendors.registry import load_vendors, vendor_of

_TEXTS = ("server", "method", "client_id", "key_id", "algorithm", "token_url", "scope", "ca_file")
_MANNERS = ("vendor", "search")
_ELSEWHERE = ("secret_env", "key_file")
_CHOICES = {
    "method": ("none", "basic", "client-credentials", "backend-services"),
    "algorithm": ("RS384", "ES384"),
    "search": ("auto", "post"),
}


def check_servers(value: Any) -> str:
    """What is wrong with the tables; "" when nothing is. Secrets are not looked for yet."""
    if not isinstance(value, list):
        return "must be tables [[fhir.servers]]"
    faults = (f"entry {n + 1}: {fault}" for n, each in enumerate(value) if (fault := _fault(each)))
    return next(faults, "")


def _fault(table: Any) -> str:
    if not isinstance(table, dict) or not isinstance(table.get("server"), str):
        return "needs a server"
    for key, value in table.items():
        if key == "headers":
            if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
                return "headers must be a table of texts"
        elif key not in (*_TEXTS, *_MANNERS, *_ELSEWHERE):
            return f"unknown setting '{key}'"
        elif not isinstance(value, str):
            return f"{key} must be a text"
        elif value not in _choices(key, value):
            return f"{key} must be one of {', '.join(sorted(_choices(key, value)))}"
    return ""


def _choices(key: str, value: str) -> Collection[str]:
    """The values that a key may have; the given one where any text will do."""
    if key == "vendor" and value:
        return load_vendors()
    return _CHOICES.get(key, (value,))


def server_of(table: Mapping[str, Any]) -> FhirServer:
    """The server of a table, its secret and key read from where the table says.

    Raises:
        ValueError: A file or a variable is not there, or the account lacks something.
    """
    given = {key: value for key, value in table.items() if key not in _ELSEWHERE}
    try:
        server = FhirServer(**given, secret=_secret(table), key=_key(table))
        _check_vendor(server)
        return server
    except UntrustedServer as error:
        raise ValueError(f"servers: {table['server']}: {error}") from None
    except ValueError as error:
        raise ValueError(f"servers: {error}") from None


def _check_vendor(server: FhirServer) -> None:
    """Passes when the server's family can do what the table wants.

    Raises:
        ValueError: It can't, or wants a header that the table lacks.
    """
    vendor = vendor_of(server.server, named=server.vendor)
    if server.search == "post" and not vendor.takes_forms:
        raise ValueError(f"{server.server}: {vendor.name} reads no search forms, so search can't be 'post'")
    lacking = [name for name in vendor.basic_headers if name not in server.headers]
    if server.method == "basic" and lacking:
        raise ValueError(f"{server.server}: {vendor.name} wants the header {', '.join(lacking)}")


def _secret(table: Mapping[str, Any]) -> str:
    name = table.get("secret_env", "")
    if name and not os.environ.get(name):
        raise ValueError(f"the variable {name} is not set")
    return os.environ.get(name, "") if name else ""


def _key(table: Mapping[str, Any]) -> str:
    path = table.get("key_file", "")
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except (OSError, UnicodeDecodeError):
        raise ValueError("the key file can't be read") from None

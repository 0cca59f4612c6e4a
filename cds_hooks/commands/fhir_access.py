"""A FHIR server named on the command line: which may be called, and with what right."""

from __future__ import annotations

import os
from dataclasses import replace

from cds_hooks.settings import Settings, SettingsError
from fhir_adapters.client import Access, FhirClient

TOKEN_VARIABLE = "CUECARD_ACCESS_TOKEN"  # noqa: S105 - the name of a variable, not its value


def access_of(url: str, patient_id: str) -> Access:
    """The right to read: a token from the environment, where there is one."""
    return Access(server=url, patient_id=patient_id, token=os.environ.get(TOKEN_VARIABLE) or None)


def client_for(url: str, settings: Settings) -> FhirClient:
    """A client that may call this server and no other; over http on this machine only.

    Raises:
        SettingsError: The address can't be used.
    """
    own = url.startswith("http://")
    try:
        transport = replace(
            settings.fhir.transport(), trusted_servers=() if own else (url,), allow_loopback=own
        )
    except ValueError as error:
        raise SettingsError((f"--fhir: {error}",)) from None
    return FhirClient(transport)

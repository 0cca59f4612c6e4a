"""The EHRs that may call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fhir_adapters.errors import UntrustedServer
from fhir_adapters.trust import parse_address

# CDS Hooks recommends ES384 and RS384, and forbids `none` and every symmetric algorithm.
RECOMMENDED = ("ES384", "RS384")
ALGORITHMS = ("ES384", "RS384", "ES256", "RS256", "ES512", "RS512")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One EHR, or one group of tenants of one.

    Attributes:
        issuer: `iss` of its tokens, exactly.
        jwks_url: Where its public keys are; fetched from here and from nowhere else.
        jwks_file: Its public keys in a file, instead.
        tenants: `tenant` of its tokens, exactly; none when its tokens name no tenant.
        fhir_servers: Base URLs that its calls may name as `fhirServer`, and what lies below them.
        algorithms: What its tokens may be signed with.
    """

    issuer: str
    jwks_url: str = ""
    jwks_file: str = ""
    tenants: tuple[str, ...] = ()
    fhir_servers: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = RECOMMENDED

    def has_tenant(self, tenant: str) -> bool:
        """True when a token may name this tenant, or none where "" is asked for."""
        return tenant in self.tenants if self.tenants else not tenant

    def has_server(self, url: str) -> bool:
        """True when a call may name this FHIR server: its scheme, host, port and path segments agree."""
        try:
            address = parse_address(url)
        except UntrustedServer:
            return False
        return any(parse_address(server).holds(address) for server in self.fhir_servers)


def client_of(clients: Iterable[Client], issuer: str, tenant: str) -> Client | None:
    """The client of an issuer and tenant; None when there is none."""
    return next((each for each in clients if each.issuer == issuer and each.has_tenant(tenant)), None)

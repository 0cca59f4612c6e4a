"""What a site says of one FHIR server: this service's account there, and what the server wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from fhir_adapters.trust import parse_address

Method = Literal["none", "basic", "client-credentials", "backend-services"]
Algorithm = Literal["RS384", "ES384"]
SearchMethod = Literal["auto", "post"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirServer:
    """One server and this service's account there, used when a call brings no token.

    Attributes:
        server: FHIR base URL that all of it is for; it is used for nothing else.
        method: "backend-services" is SMART's: client credentials with a signed assertion (SMART 2.2);
            "client-credentials" has a secret instead (RFC 6749, 4.4); "basic" is for sandboxes.
        client_id: User name, for "basic".
        secret: Client secret or password.
        key: Private key as PEM or as a JSON Web Key, for "backend-services".
        key_id: `kid` under which the server knows the public key.
        algorithm: What the assertion is signed with, for "backend-services".
        token_url: OAuth token endpoint.
        scope: What is asked for; "system/*.rs" where the server has SMART 2 scopes.
        headers: Sent with each request, e.g. a client id that the vendor wants.
        ca_file: PEM file of the certificate authorities to trust for this server; "" for the common ones.
        vendor: Name of the server family, where the address does not tell; "" to find out.
        search: "post" sends every search as a form, so that no URL, and so no access log on the way,
            names a patient; "auto" gets, and posts what is too long for a URL or refused by GET.

    Raises:
        ValueError: The method lacks what it needs. UntrustedServer: An address is not one.
    """

    server: str
    method: Method = "none"
    client_id: str = ""
    secret: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    key_id: str = ""
    algorithm: Algorithm = "ES384"
    token_url: str = ""
    scope: str = "system/*.read"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ca_file: str = ""
    vendor: str = ""
    search: SearchMethod = "auto"

    def __post_init__(self) -> None:
        parse_address(self.server)
        needed = {
            "none": (),
            "basic": ("client_id", "secret"),
            "client-credentials": ("client_id", "secret", "token_url"),
            "backend-services": ("client_id", "key", "token_url"),
        }
        lacking = [name for name in needed[self.method] if not getattr(self, name)]
        if lacking:
            raise ValueError(f"the account at {self.server} lacks {', '.join(lacking)}")
        if self.token_url:
            parse_address(self.token_url)

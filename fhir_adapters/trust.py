"""Where a request may go: exact origins and whole path segments, decided before a byte is sent.

A FHIR server's address arrives in a hook call and `next` links arrive in answers; both are input.
Nothing here looks at substrings: an address is taken apart once, strictly, and its parts are compared.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from fhir_adapters.errors import UntrustedServer

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_URL_LENGTH = 8192
# Visible ASCII without the characters that URL parsers are known to disagree about.
_PLAIN_URL = re.compile(r"[!-~]+\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]*")
_DISPUTED = re.compile(r"[\\<>\"^`{}]|%(?![0-9A-Fa-f]{2})|%(?:00|2[eEfF]|5[cC])")
# Where clouds answer whoever asks with credentials, beside the link-local address that most of them use.
_METADATA = frozenset(
    ipaddress.ip_address(text) for text in ("100.100.100.200", "168.63.129.16", "fd00:ec2::254")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
_DNS_NAME = re.compile(
    r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An http(s) address, taken apart: what is compared, and nothing else."""

    scheme: str
    host: str
    port: int
    segments: tuple[str, ...]

    @property
    def origin(self) -> str:
        """Scheme, host and port as text."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def base(self) -> str:
        """The address as text, without a slash at the end."""
        return self.origin + "".join(f"/{segment}" for segment in self.segments)

    @property
    def is_loopback(self) -> bool:
        """True for `localhost` and loopback IP addresses; names are not resolved."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def holds(self, other: Address) -> bool:
        """True when `other` has the same scheme, host and port, and a path at or below this one."""
        return (self.scheme, self.host, self.port) == (
            other.scheme,
            other.host,
            other.port,
        ) and other.segments[: len(self.segments)] == self.segments


def parse_address(url: str) -> Address:
    """The address of a URL; its query is not part of it.

    Raises:
        UntrustedServer: Not an absolute http(s) URL, or one with userinfo, a fragment, dot segments, an
            odd spelling of an IP address, or characters that parsers disagree about.
    """
    if len(url) > _MAX_URL_LENGTH or not _PLAIN_URL.match(url):
        raise UntrustedServer("the FHIR server's address is not a plain URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UntrustedServer("the FHIR server's address can't be read") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise UntrustedServer("the FHIR server's address is not an http(s) URL")
    if "@" in parts.netloc or "#" in url:
        raise UntrustedServer("the FHIR server's address holds user information or a fragment")
    if _DISPUTED.search(parts.netloc + parts.path) or "%" in parts.netloc or port == 0:
        raise UntrustedServer("the FHIR server's address can be read in two ways")
    return Address(
        scheme=parts.scheme,
        host=_host(parts.hostname),
        port=port or _DEFAULT_PORTS[parts.scheme],
        segments=_segments(parts.path),
    )


def is_no_servers_address(text: str) -> bool:
    """True for an IP address that no name of a FHIR server may lead to, whoever answers for the name.

    Private addresses are those of hospital servers and pass. This machine, its link, multicast and the
    metadata services of clouds do not: a name that leads there is a mistake, or an attack (DNS rebinding).
    """
    address = _innermost(ipaddress.ip_address(text.partition("%")[0]))
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or address in _METADATA
    )


def _innermost(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address stands for, if it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_name(host: str) -> bool:
    """True for a host that has to be looked up: neither an IP address nor `localhost`."""
    if host == "localhost":
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _host(name: str) -> str:
    if ":" in name:
        try:
            return str(ipaddress.IPv6Address(name))
        except ValueError:
            raise UntrustedServer("the FHIR server's address has no readable host") from None
    # A last label of digits is an IP address in some spelling (127.1, 0x7f.1, 2130706433): only the
    # canonical one is taken, because resolvers accept the others too.
    last = name.rpartition(".")[2]
    if last.isdigit() or _HEXADECIMAL.fullmatch(last):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise UntrustedServer("the FHIR server's address has an odd spelling of an IP address") from None
    if not _DNS_NAME.match(name):
        raise UntrustedServer("the FHIR server's address has no readable host")
    return name


def _segments(path: str) -> tuple[str, ...]:
    inner = path.removeprefix("/").removesuffix("/")
    segments = tuple(inner.split("/")) if inner else ()
    # What follows a semicolon is dropped by some servers, so "..;x" counts as "..".
    if any(segment.partition(";")[0] in ("", ".", "..") for segment in segments):
        raise UntrustedServer("the FHIR server's address has empty or dot segments in its path")
    return segments


class TrustedServers:
    """The FHIR servers that this process may call.

    Args:
        urls: Base URLs; each stands for itself and everything below its path.
        allow_loopback: Also any server on `localhost` or a loopback address, over http too. For the
            demo and the tests.

    Raises:
        ValueError: A listed URL is unreadable, or plain http to another machine.
    """

    def __init__(self, urls: Iterable[str], *, allow_loopback: bool = False) -> None:
        self._allow_loopback = allow_loopback
        self._trusted = tuple(self._listed(url) for url in urls)

    def _listed(self, url: str) -> Address:
        try:
            address = parse_address(url)
        except UntrustedServer as error:
            raise ValueError(f"trusted_servers: {url!r}: {error}") from None
        if "?" in url or not self._scheme_is_safe(address):
            raise ValueError(f"trusted_servers: {url!r}: must be an https base URL without a query")
        return address

    def _scheme_is_safe(self, address: Address) -> bool:
        return address.scheme == "https" or (self._allow_loopback and address.is_loopback)

    def check(self, url: str) -> Address:
        """The address of a FHIR base URL that may be called.

        Raises:
            UntrustedServer: It may not; no socket was opened to find out.
        """
        address = parse_address(url)
        if "?" in url:
            raise UntrustedServer("the FHIR server's address holds a query")
        if not self._scheme_is_safe(address):
            raise UntrustedServer("the FHIR server's address is not https")
        if self._allow_loopback and address.is_loopback:
            return address
        if not any(trusted.holds(address) for trusted in self._trusted):
            raise UntrustedServer
        return address


def resolve_below(base: Address, link: str) -> str:
    """The absolute URL of a link that a server sent, when it stays at or below the server's own base.

    Raises:
        UntrustedServer: The link leads to another scheme, host, port or path.
    """
    if not _PLAIN_URL.match(link):
        raise UntrustedServer("a link of the FHIR server is not a plain URL")
    url = link if _SCHEME.match(link) else urljoin(base.base + "/", link)
    if not base.holds(parse_address(url)):
        raise UntrustedServer("a link of the FHIR server leads elsewhere and was not followed")
    return url

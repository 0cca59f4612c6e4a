"""Which pages in a browser may call: exact origins from a list, never a wildcard."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
_LONGEST_ORIGIN = 300
_EXPOSED = "X-Correlation-ID, Server-Timing"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


class CorsPolicy:
    """The allow-list of browser origins.

    Credentials are never allowed: calls are authenticated by the Authorization header, not by cookies.

    Args:
        origins: Exact origins, e.g. "https://ehr.example.org".
        allow_loopback: Also pages served from this machine, on any port.
    """

    def __init__(self, origins: tuple[str, ...], *, allow_loopback: bool = False) -> None:
        self._origins = frozenset(origins)
        self._allow_loopback = allow_loopback

    def allows(self, origin: str) -> bool:
        """True when a page of this origin may read the answers."""
        return origin in self._origins or (self._allow_loopback and _is_loopback(origin))

    def headers(self, origin: str | None, *, preflight: bool) -> Mapping[str, str]:
        """The CORS headers of an answer, errors included.

        Args:
            origin: The request's Origin header; None when it is not from a page of another origin.
            preflight: True for an OPTIONS request that asks about methods and headers.
        """
        headers = {"Vary": "Origin"}
        if origin and self.allows(origin):
            headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED}
            if preflight:
                headers |= _PREFLIGHT
        return headers


def _is_loopback(origin: str) -> bool:
    if len(origin) > _LONGEST_ORIGIN:
        return False
    try:
        parts = urlsplit(origin)
        exact = f"{parts.scheme}://{parts.netloc}" == origin and parts.port != 0
    except ValueError:
        return False
    host_only = "@" not in parts.netloc
    return exact and host_only and parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK_HOSTS

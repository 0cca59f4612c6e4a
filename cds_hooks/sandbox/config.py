"""Where the mock EHR's browser page finds the chart and the decision support."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_HOST_AND_PORT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Two addresses, as the browser sees them, and whether this is a demonstration.

    Args:
        fhir_base: FHIR R4 base that the browser reads and writes: an absolute http(s) URL, or a path such as
            "/fhir" for a server on the page's own origin.
        cds_base: base of the CDS Hooks services, in the same two forms; "" is the page's own origin.
        demo: whether every page says that the patients are fictitious.
        usage_url: path of the page that tells what became of the cards; "" where there is none.

    Raises:
        ValueError: when an address is neither a path nor an absolute http(s) URL without credentials.
    """

    fhir_base: str
    cds_base: str = ""
    demo: bool = True
    usage_url: str = ""

    def __post_init__(self) -> None:
        _require_address("fhir_base", self.fhir_base, may_be_empty=False)
        _require_address("cds_base", self.cds_base, may_be_empty=True)

    @property
    def other_origins(self) -> tuple[str, ...]:
        """Origins besides its own that the page has to reach, each once."""
        origins = (_origin(self.fhir_base), _origin(self.cds_base))
        return tuple(dict.fromkeys(origin for origin in origins if origin))


def _require_address(name: str, address: str, *, may_be_empty: bool) -> None:
    if not address and may_be_empty:
        return
    if address.startswith("/") and not address.startswith("//"):
        return
    parts = urlsplit(address)
    # The authority is copied into a header, so nothing that could start another directive passes.
    if parts.scheme not in ("http", "https") or not parts.netloc or not set(parts.netloc) <= _HOST_AND_PORT:
        raise ValueError(f"{name} must be a path or an absolute http(s) URL without credentials")


def _origin(address: str) -> str:
    if not address or address.startswith("/"):
        return ""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"

"""Links on cards: https, to publishers and societies on a fixed list, and to nowhere else."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from cds_hooks.cards.markdown import Markdown, clip, escape, plain
from cds_hooks.protocol.card import Link
from models.finding import Citation

# A host stands for itself and its subdomains.
ALLOWED_HOSTS: Final = frozenset(
    {
        "aasld.org",
        "acc.org",
        "acpjournals.org",
        "ahajournals.org",
        "cdc.gov",
        "diabetesjournals.org",
        "doi.org",
        "ecfr.gov",
        "escardio.org",
        "gastro.org",
        "goldcopd.org",
        "hcvguidelines.org",
        "heart.org",
        "jamanetwork.com",
        "kdigo.org",
        "kidney.org",
        "nejm.org",
        "nice.org.uk",
        "nih.gov",
        "rcp.ac.uk",
        "rcplondon.ac.uk",
        "thelancet.com",
        "thyroid.org",
        "who.int",
    }
)
_LABEL_LIMIT = 100
_PATH = re.compile(r"[A-Za-z0-9/._~%=?&#:;,+@-]*")
# Parentheses occur in DOIs and would end a Markdown link; encoded they are the same address.
_ENCODED = str.maketrans({"(": "%28", ")": "%29"})


@lru_cache(maxsize=512)
def allowed_url(url: str) -> str:
    """The address in a form that Markdown can't misread, or "" when it is not on the list."""
    encoded = url.translate(_ENCODED)
    try:
        parts = urlsplit(encoded)
        port = parts.port
    except ValueError:
        return ""
    host = parts.netloc.lower()
    listed = any(host == allowed or host.endswith("." + allowed) for allowed in ALLOWED_HOSTS)
    if parts.scheme != "https" or port is not None or not listed:
        return ""
    rest = encoded[len("https://") + len(host) :]
    return f"https://{host}{rest}" if _PATH.fullmatch(rest) else ""


def markdown_link(citation: Citation) -> Markdown:
    """The citation as a Markdown link, or as text when its address is not on the list."""
    label = escape(clip(citation.label, _LABEL_LIMIT))
    url = allowed_url(citation.url)
    return Markdown(f"[{label}]({url})") if url and label else label


def card_link(citation: Citation) -> Link | None:
    """The citation as a link of the card, or None when its address is not on the list."""
    url, label = allowed_url(citation.url), plain(clip(citation.label, _LABEL_LIMIT))
    return Link(label=label, url=url) if url and label else None

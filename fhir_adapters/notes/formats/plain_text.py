"""Reads text/plain and its Markdown flavor."""

from __future__ import annotations

MEDIA_TYPES = ("text/plain", "text/markdown", "text/x-markdown")


def read(data: bytes, charset: str) -> str:
    """The text, in the declared charset if it fits, else UTF-8, else Latin-1, which always fits.

    Args:
        data: The attachment's bytes.
        charset: As declared in the content type; "" when it was not.
    """
    text = decoded(data, charset)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def decoded(data: bytes, charset: str) -> str:
    """The characters of the bytes; see `read`."""
    for encoding in (charset, "utf-8-sig"):
        if encoding in ("", "base64", "hex", "rot13"):
            continue
        try:
            return data.decode(encoding)
        except (LookupError, UnicodeError):
            continue
    return data.decode("latin-1")

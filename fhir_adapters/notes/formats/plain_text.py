"""Reads text/plain and its Markdown flavor, and the characters of every format that is text."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

MEDIA_TYPES = ("text/plain", "text/markdown", "text/x-markdown")

# Codecs of Python that are no charsets.
_NO_CHARSETS = frozenset(("base64", "hex", "rot13", "quopri", "uu", "zip", "bz2", "punycode", "idna"))
# What Western senders call Latin-1 is Windows-1252, as on the web (WHATWG Encoding, labels).
_LATIN_1 = frozenset(("ascii", "iso8859-1", "cp1252"))
# The single-byte charsets that are told apart by the letters that a text has; too few bytes tell nothing.
_GUESSED = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254"]
_ENOUGH, _LOOKED_AT = 64, 8192


def read(data: bytes, charset: str) -> str:
    """The text; see `decoded` for its characters.

    Args:
        data: The attachment's bytes.
        charset: As declared in the content type; "" when it was not.
    """
    text = decoded(data, charset)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def decoded(data: bytes, charset: str) -> str:
    """The characters of the bytes.

    What is valid UTF-8 is UTF-8, whatever was declared: text in another charset that has any letter beyond
    ASCII is never valid by chance for long. Then the declared charset, if the bytes fit it; then, without a
    declaration, the charset whose letters make words; then Windows-1252 and Latin-1, which always fit.
    """
    declared = _codec(charset)
    if declared.startswith(("utf-16", "utf-32")):
        return _tried(data, declared, "utf-8-sig", "latin-1")
    if declared in ("", *_LATIN_1):
        return _tried(data, "utf-8-sig", "" if declared else _likely(data), "cp1252", "latin-1")
    return _tried(data, "utf-8-sig", declared, "cp1252", "latin-1")


def _codec(charset: str) -> str:
    """Python's name of a charset; "" for none or one that it doesn't have."""
    try:
        name = codecs.lookup(charset).name if charset else ""
    except (LookupError, ValueError):
        return ""
    return "" if name in _NO_CHARSETS else name


def _likely(data: bytes) -> str:
    if len(data) < _ENOUGH or data.isascii():
        return ""
    best = from_bytes(data[:_LOOKED_AT], cp_isolation=_GUESSED).best()
    return best.encoding if best is not None else ""


def _tried(data: bytes, *codecs_in_turn: str) -> str:
    for name in filter(None, codecs_in_turn):
        try:
            return data.decode(name)
        except UnicodeError:
            continue
    raise AssertionError("latin-1 fits every byte")

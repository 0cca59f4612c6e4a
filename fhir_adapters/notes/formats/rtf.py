"""Reads RTF: the words without fonts, colors, pictures and field codes."""

from __future__ import annotations

import codecs
import re

from striprtf.striprtf import rtf_to_text

from fhir_adapters.notes.attachment import UnreadableNoteError

MEDIA_TYPES = ("application/rtf", "text/rtf", "application/x-rtf", "text/richtext")

_SIGNATURE = b"{\\rtf"
# The code page that the text's escaped bytes are in.
_CODE_PAGE = re.compile(rb"\\ansicpg(\d+)")
_CELL_BORDER = re.compile(r"\|(?=\n|$)")


def read(data: bytes, charset: str) -> str:
    """The words of the document, one line a paragraph; cells of a table side by side.

    Args:
        data: The attachment's bytes; RTF is ASCII and names its code page itself.
        charset: Not used.

    Raises:
        UnreadableNoteError: It is not RTF.
    """
    if not data.lstrip().startswith(_SIGNATURE):
        raise UnreadableNoteError("it is called RTF and is not")
    markup = _CODE_PAGE.sub(_known, data).decode("latin-1")
    text: str = rtf_to_text(markup, "cp1252", errors="replace")  # type: ignore[no-untyped-call]
    return _CELL_BORDER.sub("", text).replace("|", " | ").strip()


def _known(page: re.Match[bytes]) -> bytes:
    """The declaration of a code page; nothing for one that Python lacks: Windows-1252 is then taken."""
    try:
        codecs.lookup(f"cp{page[1].decode()}")
    except LookupError:
        return b""
    return page[0]

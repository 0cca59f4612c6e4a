"""Reads the text layer of a PDF; a scanned page has none, and that is said."""

from __future__ import annotations

import logging
from io import BytesIO

from pypdf import PdfReader, apply_configuration
from pypdf.errors import LimitReachedError, PyPdfError

from fhir_adapters.notes.attachment import MAX_CHARACTERS, NoteText, UnreadableNoteError

MEDIA_TYPES = ("application/pdf", "application/x-pdf")

# A page takes some milliseconds; no note that is read within a call is longer.
MOST_PAGES = 100
_SIGNATURE_WITHIN = 1024
# Bytes that one stream may unpack to: the text of a page is far smaller, and a bomb is not.
_MOST_UNPACKED = 16_000_000
# The library warns about each fault of a file, with words of it.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read(data: bytes, charset: str) -> NoteText:
    """The text of the pages in their order, a blank line between two.

    Args:
        data: The attachment's bytes.
        charset: Not used.

    Raises:
        UnreadableNoteError: It is not a PDF, is protected by a password, is damaged, or holds pictures only.
    """
    if b"%PDF-" not in data[:_SIGNATURE_WITHIN]:
        raise UnreadableNoteError("it is called PDF and is not")
    try:
        with apply_configuration(
            zlib_maximum_output_length=_MOST_UNPACKED,
            lzw_maximum_output_length=_MOST_UNPACKED,
            run_length_maximum_output_length=_MOST_UNPACKED,
        ):
            pages, complete = _pages(_reader(data))
    except LimitReachedError:
        raise UnreadableNoteError("the PDF unpacks to more than is read of a note") from None
    # The library meets damaged files with errors of many kinds, recursion among them.
    except (
        PyPdfError,
        ArithmeticError,
        AttributeError,
        LookupError,
        OSError,
        TypeError,
        ValueError,
    ) as error:
        raise UnreadableNoteError(f"the PDF is damaged ({type(error).__name__})") from None
    except (RecursionError, NotImplementedError):
        raise UnreadableNoteError("the PDF is built in a way that is not read") from None
    text = "\n\n".join(filter(None, pages))
    if not text.strip():
        raise UnreadableNoteError("the PDF is scanned: its pages are pictures without text")
    return NoteText(text, complete)


def _reader(data: bytes) -> PdfReader:
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableNoteError("the PDF is protected by a password")
    return reader


def _pages(reader: PdfReader) -> tuple[list[str], bool]:
    """The text of the pages until there are enough pages or characters; whether that is all."""
    texts: list[str] = []
    for number, page in enumerate(reader.pages):
        if number == MOST_PAGES or sum(map(len, texts)) > MAX_CHARACTERS:
            return texts, False
        texts.append(page.extract_text().strip())
    return texts, True

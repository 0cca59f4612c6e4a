"""Documents for the tests, made here byte by byte."""

from __future__ import annotations

import zlib
from collections.abc import Sequence


def pdf(*pages: Sequence[str], compressed: bool = False) -> bytes:
    """A PDF whose pages have the lines as text; a page without lines has none."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        shown = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
        content = f"BT /F1 11 Tf 72 720 Td {shown}ET".encode("latin-1")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(stream(content, compressed=compressed))
    return assembled(objects)


def stream(content: bytes, *, compressed: bool) -> bytes:
    """A stream object."""
    data = zlib.compress(content) if compressed else content
    kind = b" /Filter /FlateDecode" if compressed else b""
    return b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(data), kind, data)


def assembled(objects: Sequence[bytes]) -> bytes:
    """The objects with a cross-reference table."""
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    start = out.index(b"xref\n")
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def cda(*sections: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    """A clinical document with sections, each the inside of a section element."""
    inside = "".join(f"<component><section>{section}</section></component>" for section in sections)
    return (
        f'{head}<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody>{inside}'
        "</structuredBody></component></ClinicalDocument>"
    ).encode()

"""Bodies of answers, decoded no further than a cap: neither a large nor a compressed one fills memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from fhir_adapters.errors import FhirProtocolError


def decoder(encoding: str, cap: int) -> Plain:
    """The decoder of a Content-Encoding, for a body of at most `cap` bytes once decoded.

    Raises:
        FhirProtocolError: The encoding is not one that is asked for.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return Plain(cap)
    if name in ("gzip", "x-gzip"):
        return Gzip(cap)
    raise FhirProtocolError("the FHIR server's answer has a content encoding that was not asked for")


# So much is inflated at a time, that whoever waits beside a large body gets a turn.
_PIECE = 1024 * 1024


class Plain:
    """Counts bytes and refuses the one beyond the cap."""

    def __init__(self, cap: int) -> None:
        self._left = cap

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The decoded bytes of the next chunk, piece by piece. Raises FhirProtocolError beyond the cap."""
        self._left -= len(chunk)
        if self._left < 0:
            raise FhirProtocolError("the FHIR server's answer is too large")
        yield chunk

    def finish(self) -> None:
        """A plain body ends where the HTTP message ends."""


class Gzip(Plain):
    """Inflates no further than the cap, however small the compressed body is."""

    def __init__(self, cap: int) -> None:
        super().__init__(cap)
        self._inflate = zlib.decompressobj(wbits=31)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The inflated bytes of the next chunk. Raises FhirProtocolError beyond the cap, or for damage."""
        while chunk:
            try:
                # One byte more than is left tells "just full" from "too large".
                data = self._inflate.decompress(chunk, min(self._left + 1, _PIECE))
            except zlib.error:
                raise FhirProtocolError("the FHIR server's compressed answer is damaged") from None
            yield from super().feed(data)
            chunk = self._inflate.unconsumed_tail

    def finish(self) -> None:
        """Raises FhirProtocolError when the compressed body has not come to its end."""
        if not self._inflate.eof:
            raise FhirProtocolError("the FHIR server's compressed answer is cut off")

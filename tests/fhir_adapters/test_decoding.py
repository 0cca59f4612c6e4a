"""A body is decoded up to its cap and no further."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest

from fhir_adapters.decoding import decoder
from fhir_adapters.errors import FhirProtocolError


def gzipped(body: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=31)
    return squeeze.compress(body) + squeeze.flush()


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "GZIP", "x-gzip"])
def test_a_body_of_exactly_the_cap_is_read(encoding: str) -> None:
    body = b"x" * 1000
    sent = gzipped(body) if "zip" in encoding.lower() else body
    decode = decoder(encoding, 1000)
    pieces = (piece for i in range(0, len(sent), 7) for piece in decode.feed(sent[i : i + 7]))
    assert b"".join(pieces) == body
    decode.finish()


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_one_byte_more_than_the_cap_is_refused(encoding: str) -> None:
    body = b"x" * 1001
    with pytest.raises(FhirProtocolError, match="too large"):
        list(decoder(encoding, 1000).feed(gzipped(body) if encoding else body))


def test_a_compression_bomb_takes_no_more_memory_than_the_cap() -> None:
    bomb = gzipped(b" " * 50_000_000)
    decode = decoder("gzip", 100_000)
    tracemalloc.start()
    try:
        with pytest.raises(FhirProtocolError):
            for _ in decode.feed(bomb):
                pass
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(FhirProtocolError, match="encoding"):
        decoder(encoding, 1000)


def test_a_compressed_body_that_is_cut_off_is_refused() -> None:
    decode = decoder("gzip", 1000)
    assert b"".join(decode.feed(gzipped(b"x" * 500)[:-4])) == b"x" * 500
    with pytest.raises(FhirProtocolError, match="cut off"):
        decode.finish()


def test_a_large_body_is_inflated_a_piece_at_a_time() -> None:
    body = b"x" * 5_000_000
    pieces = list(decoder("gzip", 10_000_000).feed(gzipped(body)))
    assert b"".join(pieces) == body
    assert max(map(len, pieces)) <= 1024 * 1024

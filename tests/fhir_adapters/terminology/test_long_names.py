"""Names of 100 KB, made to be slow to read: the time grows with their length, not with its square."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fhir_adapters.record import Concept
from fhir_adapters.terminology.ingredients import identify
from fhir_adapters.terminology.names import folded
from tests.growth import in_proportion


@pytest.mark.parametrize("piece", [" ", "0", "0.", "0 ", " (", "a "])
@pytest.mark.parametrize("read", [folded, lambda text: identify(Concept((), f"aspirin {text}"))])
def test_a_long_name_takes_time_by_its_length(read: Callable[[str], object], piece: str) -> None:
    assert in_proportion(read, piece, 100_000)

"""Codes are unique and drawn in the tree."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapters import errors
from fhir_adapters.errors import BadPrefetch, FhirError, RequiredDataUnavailable


def leaves(kind: type[FhirError]) -> Iterator[type[FhirError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from leaves(child)


def test_every_code_is_used_once_and_drawn_in_the_tree() -> None:
    coded = [kind for kind in leaves(FhirError) if "code" in vars(kind) and kind is not FhirError]
    assert len({kind.code for kind in coded}) == len(coded)
    drawn = [line.split() for line in (errors.__doc__ or "").splitlines()]
    for kind in coded:
        assert any({kind.__name__, kind.code} <= set(words) for words in drawn), kind
    assert len(coded) >= 11


def test_what_is_missing_is_named_with_its_reason() -> None:
    error = RequiredDataUnavailable({"patient": "there is none"}, ("Patient",))
    assert str(error) == "Required data could not be obtained (patient: there is none)"


def test_a_bad_prefetch_value_is_named_by_its_path() -> None:
    assert BadPrefetch("notes", "must be a Bundle").field == "prefetch.notes"

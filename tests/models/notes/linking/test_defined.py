"""A short form is looked up as what the text says it is."""

from __future__ import annotations

import pytest

from fhir_adapters.record import MentionType
from models.notes.linking import Defined
from tests.growth import in_proportion


def words(text: str, short: str, type_: MentionType = "problem", last: bool = True) -> str:
    start = text.rindex(short) if last else text.index(short)
    return Defined(text).words_at(start, start + len(short), type_)


@pytest.mark.parametrize(
    ("text", "short", "meant"),
    [
        ("Amniotic fluid (AF) was clear. AF was normal.", "AF", "Amniotic fluid"),
        ("carotid artery disease (CAD) without stenosis; CAD", "CAD", "carotid artery disease"),
        ("Tardive dyskinesia (TD) is stable; no more TD.", "TD", "Tardive dyskinesia"),
        ("chronic fatigue [CF] persists: CF", "CF", "chronic fatigue"),
    ],
)
def test_what_the_vocabulary_lacks_or_means_otherwise_is_looked_up_as_defined(
    text: str, short: str, meant: str
) -> None:
    assert words(text, short) == meant


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Atrial fibrillation (AF) since 2019. AF is permanent.", "AF"),
        ("inappropriate secretion of antidiuretic hormone (SIADH); SIADH", "SIADH"),
        ("AF since 2019 (on apixaban).", "AF"),
        ("fever (38.5) and AF", "AF"),
    ],
)
def test_what_the_vocabulary_knows_as_that_stays(text: str, short: str) -> None:
    assert words(text, short) == short


def test_a_misspelled_definition_is_still_of_what_the_vocabulary_knows() -> None:
    assert words("Coronary Artery Bypass Graph (CABG) in 2019; CABG", "CABG", "procedure") == "CABG"


def test_a_new_definition_holds_from_where_it_stands() -> None:
    text = "amniotic fluid (AF), AF; later atrial fibrillation (AF), AF"
    assert words(text, "AF", last=False) == "amniotic fluid"
    assert words(text, "AF") == "AF"


def test_a_word_in_other_letters_is_not_the_short_form() -> None:
    assert words("Tardive dyskinesia (TD); severe td", "td") == "td"


def test_many_definitions_take_time_in_proportion() -> None:
    def looked_up(text: str) -> list[str]:
        defined = Defined(text)
        return [defined.words_at(at, at + 2, "problem") for at in range(0, len(text), 100)]

    assert in_proportion(looked_up, "amniotic fluid (AF) and AF ", 200_000)

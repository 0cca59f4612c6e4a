"""Which ingredients a drug has: by RxNorm ingredient code, by ATC code, else by the names in its text.

`ingredients.csv` has one line an ingredient: preferred name, RxNorm code of the ingredient where a public
source shows it with that name, ATC codes, further names. `combinations.csv` names products by their
ingredients. No release of RxNorm is asked at run time; products are coded by the thousand, but RxNorm's own
names for them spell out the ingredients.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from fhir_adapters.record import ATC, RXNORM, Concept
from fhir_adapters.terminology.drugs import DrugClass

_HERE: Final = Path(__file__).parent
_WORD: Final = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*")
# Systems under which RxNorm and ATC codes are sent besides their FHIR canonicals.
_RXNORM_SYSTEMS: Final = frozenset({RXNORM, "urn:oid:2.16.840.1.113883.6.88"})
_ATC_SYSTEMS: Final = frozenset({ATC, "https://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73"})
# A form that acts where it is applied, so that kidney function and doses of tablets say nothing about it.
_LOCAL: Final = re.compile(
    r"\b(?:topical\w*|cream|ointment|gel|lotion|foam|ophthalm\w+|eye|otic|ear|nasal\w*|inhal\w*|metered|actuat|"
    r"nebuliz\w*|vaginal\w*|intrauterine|rectal|cutaneous|dermal|mucosal)\b"
)
# Begins where a number does: tried at each digit of a long one it would take the square of its length.
_STRENGTH: Final = re.compile(r"(?<!\d)(\d+(?:\.\d+)?)\s*mg(?!/)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An active ingredient.

    Attributes:
        name: Preferred name, lower case (USAN).
        rxnorm: RxNorm code of the ingredient; "" where none is known for sure.
        atc: Its ATC codes; a class prefix where the drug is a family (insulin).
    """

    name: str
    rxnorm: str
    atc: tuple[str, ...]

    def belongs(self, *prefixes: str) -> bool:
        """True when one of its ATC codes begins with one of the prefixes."""
        return any(code.startswith(prefixes) for code in self.atc)


@dataclass(frozen=True, slots=True)
class Drug:
    """What is known of a drug that an order, a medication list or an allergy names.

    Attributes:
        ingredients: Each once, in the order of the text.
        coded: True when codes name all of them; False when any is known by its name only.
        systemic: False for a form that acts where it is applied (cream, eye drops, inhaler).
        strength_mg: Milligrams in one unit of the product, where the text gives exactly one number.
    """

    ingredients: tuple[Ingredient, ...]
    coded: bool
    systemic: bool
    strength_mg: float | None = None

    def of(self, cls: DrugClass) -> Ingredient | None:
        """The ingredient that makes it a drug of the class, or None; of a local form always None."""
        if not self.systemic:
            return None
        return next((each for each in self.ingredients if each.belongs(*cls.atc)), None)


class _Tables(NamedTuple):
    by_rxnorm: dict[str, tuple[Ingredient, ...]]
    by_atc: dict[str, Ingredient]
    # By first word: all names that begin with it, longest first.
    by_word: dict[str, list[tuple[tuple[str, ...], tuple[Ingredient, ...]]]]


@cache
def _tables() -> _Tables:
    tables = _Tables({}, {}, {})
    known: dict[str, Ingredient] = {}
    for row in _rows("ingredients.csv"):
        found = Ingredient(row["name"], row["rxnorm"], tuple(row["atc"].split()))
        known[found.name] = found
        _enter(tables, found.rxnorm, (found.name, *filter(None, row["names"].split("|"))), (found,))
        for code in found.atc:
            tables.by_atc.setdefault(code, found)
    for row in _rows("combinations.csv"):
        parts = tuple(known[name] for name in row["ingredients"].split("|"))
        _enter(tables, row["rxnorm"], (row["name"],), parts)
    for names in tables.by_word.values():
        names.sort(key=lambda entry: -len(entry[0]))
    return tables


def _rows(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _enter(tables: _Tables, rxnorm: str, names: Iterable[str], parts: tuple[Ingredient, ...]) -> None:
    if rxnorm:
        tables.by_rxnorm[rxnorm] = parts
    for name in names:
        words = tuple(_WORD.findall(name))
        tables.by_word.setdefault(words[0], []).append((words, parts))


def named_ingredients(text: str) -> tuple[Ingredient, ...]:
    """The ingredients whose names stand in a text as whole words, each once, in its order."""
    return tuple(dict.fromkeys(_named(text)))


def _named(text: str) -> Iterator[Ingredient]:
    names = _tables().by_word
    words = _WORD.findall(text.lower())
    place = 0
    while place < len(words):
        for name, parts in names.get(words[place], ()):
            if tuple(words[place : place + len(name)]) == name:
                yield from parts
                place += len(name)
                break
        else:
            place += 1


def identify(concept: Concept, route: str = "") -> Drug | None:
    """What a drug is, by every code and name that was sent; None where none of them is known.

    Codes and names are joined: where they disagree, everything named is taken, so that nothing goes
    unchecked.

    Args:
        concept: The drug of an order, a medication list or an allergy.
        route: The route of the dose, in words; a local one makes the drug local.
    """
    text = _text_of(concept)
    by_code = tuple(dict.fromkeys(_coded(concept)))
    by_name = named_ingredients(text)
    found = tuple(dict.fromkeys((*by_code, *by_name)))
    if not found:
        return None
    strengths = {float(number) for number in _STRENGTH.findall(text)}
    return Drug(
        ingredients=found,
        coded=set(by_name) <= set(by_code),
        systemic=_LOCAL.search(f"{text} {route}".lower()) is None,
        strength_mg=strengths.pop() if len(strengths) == len(found) == 1 else None,
    )


def _text_of(concept: Concept) -> str:
    return " / ".join(dict.fromkeys((concept.text, *(coding.display for coding in concept.codings))))


def _coded(concept: Concept) -> Iterator[Ingredient]:
    tables = _tables()
    for coding in concept.codings:
        if coding.system in _RXNORM_SYSTEMS:
            yield from tables.by_rxnorm.get(coding.code, ())
        elif coding.system in _ATC_SYSTEMS and coding.code in tables.by_atc:
            yield tables.by_atc[coding.code]

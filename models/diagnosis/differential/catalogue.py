"""What the differential knows by name: findings, and the conditions that they speak for.

`findings.json` is the one table of findings: the key that the weights are kept under, our words for it, the
codes of the training data that mean it, and the vocabulary's concepts and the phrases by which a note names
it. `conditions.json` holds the 49 conditions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Literal

from models.weights import hash_of

_FOLDER: Final = Path(__file__).resolve().parent

FindingKind = Literal["symptom", "antecedent"]
# Whose mention counts: the patient's own, a relative's, or anybody's ("her toddler has the same cough").
Owner = Literal["patient", "family", "any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One finding that may be present, absent or unknown.

    Attributes:
        label: In clinical words, in lower case ("fever", "pain in the chest").
        kind: A symptom is of now; an antecedent may be of earlier.
        codes: Of the training data, any of which means the finding.
        of: Key of the finding that this one describes ("pain" of "pain.chest"); "" for none.
        ask: Whether it is worth a question to the patient.
        whose: See `Owner`.
        implies: Keys of findings that are there when this one is.
        concepts: Names of concepts of the note reader's vocabulary.
        phrases: Further words, in the form that `phrases` explains.
        absent_phrases: Words that say that it is absent ("dry cough" of a productive one).
        not_after_words, not_before_words: Words right before, or right after, a phrase that make it something
            else.
        icd10cm: Prefixes of codes on the problem list, beside those of `concepts`.
        gap: Grave or common causes that are not among the 49 conditions; "" where none comes to mind.
        denied_is_said: True where the words themselves deny ("no appetite"), so that a denial affirms.
    """

    key: str
    label: str
    kind: FindingKind
    codes: frozenset[str]
    of: str = ""
    ask: bool = True
    whose: Owner = "patient"
    implies: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    absent_phrases: tuple[str, ...] = ()
    not_after_words: frozenset[str] = frozenset()
    not_before_words: frozenset[str] = frozenset()
    icd10cm: tuple[str, ...] = ()
    denied_is_said: bool = False
    gap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disease:
    """One of the conditions of a differential.

    Attributes:
        key: Its name in the training data.
        label: In clinical words.
        concept: Its name in the note reader's vocabulary; "" where that has none.
        icd10cm: Where the vocabulary has no code.
        severity: Of the knowledge base, 1 (worst) to 5.
        must_not_miss: Named first even when it is less likely.
        rare: Fewer than some 20 new cases in 100,000 people a year in the United States, by notification and
            registry data (tuberculosis 2.9, CDC 2023; HIV 11, CDC 2022).
    """

    key: str
    label: str
    severity: int
    must_not_miss: bool
    concept: str = ""
    icd10cm: str = ""
    rare: bool = False


@dataclass(frozen=True)
class Catalogue:
    """All findings and conditions, in the order of their files."""

    items: tuple[Item, ...]
    diseases: tuple[Disease, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Item]:
        """The findings by their key."""
        return {item.key: item for item in self.items}

    @cached_property
    def disease(self) -> Mapping[str, Disease]:
        """The conditions by their key."""
        return {each.key: each for each in self.diseases}

    @cached_property
    def by_code(self) -> Mapping[str, tuple[str, ...]]:
        """Keys of the findings that a code of the training data means."""
        found: dict[str, tuple[str, ...]] = {}
        for item in self.items:
            for code in item.codes:
                found[code] = (*found.get(code, ()), item.key)
        return found

    @cached_property
    def by_concept(self) -> Mapping[str, tuple[Item, ...]]:
        """The findings that a concept of the vocabulary names."""
        found: dict[str, tuple[Item, ...]] = {}
        for item in self.items:
            for concept in item.concepts:
                found[concept] = (*found.get(concept, ()), item)
        return found

    def followed(self, key: str) -> Iterator[str]:
        """A finding and all that are there when it is."""
        item = self.by_key[key]
        yield key
        for other in (*item.implies, *((item.of,) if item.of else ())):
            yield from self.followed(other)


def catalogue_hashes() -> tuple[str, ...]:
    """SHA-256 of each file of the catalogue, hexadecimal."""
    return tuple(hash_of(_FOLDER, name) for name in ("findings.json", "conditions.json"))


@cache
def catalogue() -> Catalogue:
    """The catalogue, read once a process."""
    table = json.loads((_FOLDER / "findings.json").read_bytes())
    diseases = json.loads((_FOLDER / "conditions.json").read_bytes())
    items = [_item(row) for row in table["findings"]]
    for row in table["placed"]:
        items += [_placed(row, place, words, table["gaps"]) for place, words in table["places"].items()]
    return Catalogue(tuple(items), tuple(Disease(**row) for row in diseases))


def _item(row: Mapping[str, Any]) -> Item:
    return Item(
        key=row["key"],
        label=row["label"],
        kind=row.get("kind", "symptom"),
        codes=frozenset(_codes(row)),
        of=row.get("of", ""),
        ask=row.get("ask", True),
        whose=row.get("whose", "patient"),
        implies=tuple(row.get("implies", ())),
        concepts=tuple(row.get("concepts", ())),
        phrases=tuple(row.get("phrases", ())),
        absent_phrases=tuple(row.get("absent_phrases", ())),
        not_after_words=frozenset(row.get("not_after_words", ())),
        not_before_words=frozenset(row.get("not_before_words", ())),
        icd10cm=tuple(row.get("icd10cm", ())),
        denied_is_said=row.get("denied_is_said", False),
        gap=row.get("gap", ""),
    )


def _codes(row: Mapping[str, Any]) -> Iterator[str]:
    for code in row["codes"]:
        if "from" in row:
            yield from (f"{code}_@_{grade}" for grade in range(row["from"], row["to"] + 1))
        else:
            yield code


def _placed(
    row: Mapping[str, Any], name: str, place: Mapping[str, Sequence[str]], gaps: Mapping[str, str]
) -> Item:
    """What the table says once for all places of the body, for one of them."""
    words = "/".join(place["words"])
    return Item(
        key=row["key"].format(place=name),
        label=row["label"].format(name=name.replace("_", " ")),
        kind="symptom",
        codes=frozenset(f"{row['code']}_@_{value}" for value in place["values"]),
        of=row["of"],
        gap=gaps.get(row["key"].format(place=name), ""),
        concepts=tuple(place.get(row.get("concepts", ""), ())),
        phrases=tuple(phrase.format(word=words) for phrase in row["phrases"]),
    )

"""What an entry of the allergy list names: ingredients, and families of drugs whose members share a
reaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fhir_adapters.record import Allergy
from fhir_adapters.terminology.code_set import SNOMED_SYSTEMS
from fhir_adapters.terminology.ingredients import Drug, Ingredient, identify

# What is eaten, breathed or touched; such an entry says nothing about drugs.
_NO_DRUG: Final = re.compile(
    r"\b(?:mou?ld|dander|pollen|dust|mite|venom|latex|nuts?|peanuts?|tree nut|shellfish|fish|seafood|eggs?|"
    r"milk|dairy|lactose|wheat|gluten|soya?|animal|cat|dog|grass|ragweed|food|strawberr\w+|nickel|adhesive|"
    r"tape)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Drugs of which an allergy to one speaks against the others.

    Attributes:
        key: Stable name.
        words: For people, in the plural.
        atc: ATC prefixes of its members.
        names: Words that name the family as a whole.
        snomed: SNOMED CT ids of "allergy to" the family, and of the family as substance or product.
        rxnorm: RxNorm code of the family as some lists have it.
        why: Why its members go together, with the source.
    """

    key: str
    words: str
    atc: tuple[str, ...]
    names: re.Pattern[str]
    snomed: frozenset[str] = frozenset()
    rxnorm: frozenset[str] = frozenset()
    why: str

    def holds(self, ingredient: Ingredient) -> bool:
        """True for a member."""
        return ingredient.belongs(*self.atc)


def _names(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b")


PENICILLINS: Final = Family(
    key="penicillins",
    words="penicillins",
    atc=("J01C",),
    names=_names(r"penicillins?|pcn"),
    snomed=frozenset({"91936005", "764146007", "373270004"}),
    rxnorm=frozenset({"70618"}),
    why="Penicillins share the core to which most reactions are directed.",
)
CEPHALOSPORINS: Final = Family(
    key="cephalosporins",
    words="cephalosporins",
    atc=("J01DB", "J01DC", "J01DD", "J01DE", "J01DI"),
    names=_names(r"cephalosporins?"),
    snomed=frozenset({"294532003"}),
    why="Reactions follow the side chain more than the class: cephalosporins with another one are often "
    "tolerated after a mild reaction.",
)
FAMILIES: Final = (
    PENICILLINS,
    CEPHALOSPORINS,
    Family(
        key="sulfonamide-antibiotics",
        words="sulfonamide antibiotics",
        atc=("J01EC",),
        names=_names(r"sulfas?|sulpha|sulfonamides?|sulphonamides?|sulfa drugs?|sulfa antibiotics?"),
        snomed=frozenset({"91939003", "387406002", "763875007"}),
        why="Sulfonamide antibiotics share the group that reactions are directed to; diuretics and other "
        "sulfonamides without it are not affected.",
    ),
    Family(
        key="nsaids",
        words="NSAIDs",
        # Aspirin by its analgesic code: who reacts to one inhibitor of COX-1 may react to all.
        atc=("M01A", "N02BA"),
        names=_names(r"nsaids?|non-?steroidal anti-?inflammatory\w*(?: drugs?| agents?)?"),
        snomed=frozenset({"293586001"}),
        why="The labels contraindicate NSAIDs after asthma, urticaria or another allergic reaction to "
        "aspirin or any NSAID.",
    ),
    Family(
        key="ace-inhibitors",
        words="ACE inhibitors",
        atc=("C09AA",),
        names=_names(r"ace[- ]?inhibitors?|ace-?i"),
        why="Angioedema is an effect of the class: the labels contraindicate every ACE inhibitor after it. A "
        "cough recurs too.",
    ),
    Family(
        key="statins",
        words="statins",
        atc=("C10AA",),
        names=_names(r"statins?"),
        why="Muscle symptoms may recur with another statin, but often don't.",
    ),
    Family(
        key="macrolides",
        words="macrolides",
        atc=("J01FA",),
        names=_names(r"macrolides?"),
        why="Cross-reactions among macrolides are uncommon.",
    ),
    Family(
        key="fluoroquinolones",
        words="fluoroquinolones",
        atc=("J01MA",),
        names=_names(r"(?:fluoro)?quinolones?"),
        why="Cross-reactions among fluoroquinolones occur.",
    ),
    Family(
        key="tetracyclines",
        words="tetracyclines",
        atc=("J01AA",),
        names=_names(r"tetracyclines"),
        why="Cross-reactions among tetracyclines are possible.",
    ),
)
# A cephalosporin and the penicillins whose side chain it shares, or nearly shares.
SAME_SIDE_CHAIN: Final = {
    "cephalexin": ("ampicillin", "amoxicillin"),
    "cefaclor": ("ampicillin", "amoxicillin"),
    "cefadroxil": ("amoxicillin", "ampicillin"),
    "cefprozil": ("amoxicillin", "ampicillin"),
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Allergen:
    """An active entry of the allergy list that names a drug or a family of drugs.

    Attributes:
        drug: What it names as ingredients; None for a family as a whole.
        families: Those that it names as a whole.
    """

    entry: Allergy
    drug: Drug | None
    families: tuple[Family, ...]

    @property
    def ingredients(self) -> tuple[Ingredient, ...]:
        """The drugs that it names."""
        return self.drug.ingredients if self.drug is not None else ()

    @property
    def touched(self) -> tuple[Family, ...]:
        """The families that it names, and those of the drugs that it names."""
        of_drugs = (f for f in FAMILIES if any(f.holds(each) for each in self.ingredients))
        return tuple(dict.fromkeys((*self.families, *of_drugs)))

    def __repr__(self) -> str:
        return f"Allergen({self.entry.source})"


def allergen_of(entry: Allergy) -> Allergen | None:
    """What an entry names; None where it names no drug that is known."""
    drug = identify(entry.concept)
    families = tuple(family for family in FAMILIES if _named(family, entry))
    return Allergen(entry=entry, drug=drug, families=families) if drug or families else None


def may_be_a_drug(entry: Allergy) -> bool:
    """True unless the entry is known to be about food, the environment or the like."""
    if entry.category:
        return entry.category in ("medication", "biologic")
    return not _NO_DRUG.search(_text(entry))


def _named(family: Family, entry: Allergy) -> bool:
    for coding in entry.concept.codings:
        if coding.system in SNOMED_SYSTEMS and coding.code in family.snomed:
            return True
        if coding.system not in SNOMED_SYSTEMS and coding.code in family.rxnorm:
            return True
    return family.names.search(_text(entry)) is not None


def _text(entry: Allergy) -> str:
    return " ".join((entry.concept.text, *(coding.display for coding in entry.concept.codings))).lower()

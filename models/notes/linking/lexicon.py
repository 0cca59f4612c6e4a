"""The index of the vocabulary: from words to concepts."""

from __future__ import annotations

from functools import cache, cached_property

from fhir_adapters.record import MentionType
from models.notes.linking.concepts import Concept, Rules, load_concepts, load_rules
from models.notes.linking.words import canonical_forms, words_of

# Words that carry no meaning of their own in a name; "with" and "without" do, and the "a" of vitamin A.
LINK_WORDS = frozenset(["of", "the", "an", "in", "on", "to", "due", "and", "by", "from", "at", "for"])


class Lexicon:
    """The vocabulary, indexed by name, by words in any order, and by abbreviation.

    Attributes:
        concepts: All of them; elsewhere a concept is its position here.
        forms: Every form of every word of the vocabulary, to the form that names are kept under.
        names: Name as canonical words joined by blanks, to the concepts that bear it.
        shorts: Abbreviation as written, to the concepts.
        longest: First word of a name, to the number of words of the longest name that begins so.
        initials: First word of an abbreviation in lower case, to the number of words of the longest.
        lower_shorts: Abbreviations that may be written in any case, in lower case.
        no_parent: `Rules.no_parent` in canonical words.
        rules: See `Rules`.
    """

    def __init__(self, concepts: list[Concept], rules: Rules) -> None:
        self.concepts = concepts
        self.rules = rules
        split = [[words_of(name) for name in (c.name, *c.also)] for c in concepts]
        self.forms = canonical_forms(word for names in split for words in names for word in words)
        self.names: dict[str, tuple[int, ...]] = {}
        self.longest: dict[str, int] = {}
        self.shorts: dict[str, tuple[int, ...]] = {}
        for place, names in enumerate(split):
            for words in names:
                self._add_name(place, [self.forms[word] for word in words])
            for short in concepts[place].short:
                _add(self.shorts, short, place)
        self.lower_shorts = self._lower_shorts()
        self.initials: dict[str, int] = {}
        for short in self.shorts:
            words = words_of(short)
            self.initials[words[0]] = max(self.initials.get(words[0], 0), len(words))
        self.no_parent = frozenset(map(self.canonical, rules.no_parent))

    def canonical(self, name: str) -> str:
        """A name as canonical words joined by blanks."""
        return " ".join(self.forms.get(word, word) for word in words_of(name))

    def type_of(self, places: tuple[int, ...]) -> MentionType | None:
        """The type of the only concept, or the first where problem and symptom share a name."""
        types = {self.concepts[place].type for place in places}
        if len(places) == 1 or types == {"problem", "symptom"}:
            return self.concepts[places[0]].type
        return None

    def type_of_name(self, name: str) -> MentionType | None:
        """The type of the concept of a name."""
        return self.type_of(self.names.get(self.canonical(name), ()))

    def _add_name(self, place: int, words: list[str]) -> None:
        _add(self.names, " ".join(words), place)
        self.longest[words[0]] = max(self.longest.get(words[0], 0), len(words))

    @cached_property
    def bags(self) -> dict[str, tuple[int, ...]]:
        """The words of a name in alphabetical order without link words, to the concepts."""
        found: dict[str, tuple[int, ...]] = {}
        for name, places in self.names.items():
            for place in places:
                _add(found, bag(name.split(" ")), place)
        return found

    @cached_property
    def found_types(self) -> dict[str, MentionType]:
        """Name as canonical words, to its type, for the names that are looked for in a text."""
        never = set(map(self.canonical, self.rules.never_found))
        found: dict[str, MentionType] = {}
        for name, places in self.names.items():
            type_ = self.type_of(places)
            if type_ is not None and name not in never:
                found[name] = type_
        return found

    def _lower_shorts(self) -> dict[str, tuple[int, ...]]:
        unsafe = {*self.rules.capitals_only, *self.rules.by_context}
        found: dict[str, tuple[int, ...]] = {}
        for short, places in self.shorts.items():
            if len(short) > 2 and short not in unsafe:
                for place in places:
                    _add(found, short.lower(), place)
        return found


def bag(words: list[str]) -> str:
    """The words in alphabetical order, without link words: equal for reorderings of one name."""
    return " ".join(sorted(word for word in words if word not in LINK_WORDS))


def _add(index: dict[str, tuple[int, ...]], key: str, place: int) -> None:
    places = index.get(key, ())
    if place not in places:
        index[key] = (*places, place)


@cache
def lexicon() -> Lexicon:
    """The vocabulary's index, built once a process; build it before workers are forked."""
    return Lexicon(load_concepts(), load_rules())

"""Which names the training documents of a head mark, to be known when it is served."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from models.notes.known_names import to_file
from models.notes.tokens import NoteTokenizer
from models.training.notes.corpora.document import Document
from models.training.notes.finetune import Task

# Share of a name's places that must be marked, as its most frequent type; 0.3 was as good, 0.7 lower.
_SHARE = 0.5
_LONGEST = 8

Name = tuple[str, ...]


def names_file(tasks: Iterable[Task], tokenizer: NoteTokenizer, heads: Mapping[str, Sequence[str]]) -> bytes:
    """The names of the heads that are served, as the file of a weights folder."""
    names = {
        task.settings.name: marked_names(task.train, tokenizer) for task in tasks if task.settings.served
    }
    return to_file(names, heads)


def marked_names(documents: Sequence[Document], tokenizer: NoteTokenizer) -> dict[Name, str]:
    """Type by name: of at most eight words, with a letter, marked in half of its places or more."""
    marked: dict[Name, Counter[str]] = defaultdict(Counter)
    texts = []
    for document in documents:
        tokens = tokenizer.encode(document.text)
        words = [word.lower() for word in tokens.words(document.text)]
        texts.append(words)
        starts = tokens.starts[tokens.first]
        for entity in document.entities:
            low, high = starts.searchsorted((entity.start, entity.end))
            name = tuple(words[low:high])
            if 0 < len(name) <= _LONGEST and any(letter.isalpha() for letter in "".join(name)):
                marked[name][entity.label] += 1
    places = _places(texts, marked)
    found = {}
    for name, types in marked.items():
        ((type_, count),) = types.most_common(1)
        if count >= _SHARE * places[name]:
            found[name] = type_
    return found


def _places(texts: Iterable[Sequence[str]], names: Mapping[Name, object]) -> Counter[Name]:
    longest: dict[str, int] = {}
    for name in names:
        longest[name[0]] = max(longest.get(name[0], 0), len(name))
    places: Counter[Name] = Counter()
    for words in texts:
        for start, word in enumerate(words):
            for size in range(1, longest.get(word, 0) + 1):
                name = tuple(words[start : start + size])
                if len(name) == size and name in names:
                    places[name] += 1
    return places

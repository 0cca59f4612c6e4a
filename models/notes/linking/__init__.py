"""From words to codes: linking of mentions, known names in a text, and whether two codes say the same."""

from models.notes.linking.defined import Defined
from models.notes.linking.matching import THRESHOLD, Found, find_concept, link
from models.notes.linking.same import Idea, same_condition
from models.notes.linking.spans import vocabulary_spans
from models.notes.linking.warm import warm

__all__ = [
    "THRESHOLD",
    "Defined",
    "Found",
    "Idea",
    "find_concept",
    "link",
    "same_condition",
    "vocabulary_spans",
    "warm",
]

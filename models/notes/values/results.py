"""Results in words: positive, negative, trace, 2+."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fhir_adapters.record import NoteValue, Span
from models.notes.values.context import FILLERS
from models.notes.values.lexer import Token
from models.notes.values.named import Named
from models.notes.values.names import TROPONIN
from models.notes.values.sentence import Sentence

_TEXTS: Mapping[str, str] = {
    **dict.fromkeys(("positive", "pos", "reactive", "detected", "detectable"), "positive"),
    **dict.fromkeys(
        ("negative", "neg", "nonreactive", "undetectable", "undetected", "negatives"), "negative"
    ),
    "trace": "trace",
}
_OPPOSITE = {"positive": "negative", "negative": "positive"}
_NOT = frozenset({"not", "non", "no"})
# Tests whose result in words means something by itself.
_WORDED = frozenset(
    {
        "hcv_ab",
        "hbsag",
        "hiv_screen",
        "urine_protein_strip",
        TROPONIN,
        "troponin_i",
        "troponin_t",
        "troponin_i_hs",
        "troponin_t_hs",
        "ddimer",
    }
)
_BETWEEN = FILLERS | frozenset(
    {
        *(":", "-", "–", "=", "(", "|", "x", "x2", "x3", "x4", "2", "3", "times", "test", "tests", "testing"),
        *("status", "serology", "screen", "antibody", "all", "both", "sets", "set", "antigen", "assay"),
    }
)
_REACH = 7


def worded_results(sentence: Sentence, bound: frozenset[int]) -> Iterator[NoteValue]:
    """The results in words of the tests that a sentence names.

    Args:
        sentence: The sentence.
        bound: Where the names begin that have a number already; they are left out.
    """
    for index, name in enumerate(sentence.names):
        start = sentence.tokens[name.first].start
        if name.key not in _WORDED or start in bound:
            continue
        behind = sentence.names[index + 1].first if index + 1 < len(sentence.names) else len(sentence.tokens)
        found = result_behind(sentence.tokens, name, behind) or _result_before(sentence.tokens, name)
        if found is not None:
            test = Span(start, sentence.tokens[name.last - 1].end)
            yield NoteValue(analyte=name.key, value=None, text=found[0], span=found[1], test=test)


def result_behind(tokens: Sequence[Token], name: Named, limit: int) -> tuple[str, Span] | None:
    """The result in words behind a test, and where it stands; None when another word comes first."""
    negated = False
    for index in range(name.last, min(limit, name.last + _REACH)):
        token = tokens[index]
        if token.words in _TEXTS:
            return _said(tokens, index, negated=negated)
        if _is_graded(tokens, index, name):
            return f"{token.words}+", Span(token.start, tokens[index + 1].end)
        if token.words in _NOT:
            negated = True
        elif token.words not in _BETWEEN and token.kind != "skip":
            return None
    return None


def _is_graded(tokens: Sequence[Token], index: int, name: Named) -> bool:
    return (
        name.key == "urine_protein_strip"
        and tokens[index].words in {"1", "2", "3", "4"}
        and index + 1 < len(tokens)
        and tokens[index + 1].words == "+"
    )


def _said(tokens: Sequence[Token], index: int, *, negated: bool) -> tuple[str, Span] | None:
    """A result unless it is of something else ("negative for ischemia")."""
    if index + 1 < len(tokens) and tokens[index + 1].words == "for":
        return None
    said = _TEXTS[tokens[index].words]
    first = index
    while negated and tokens[first].words not in _NOT:
        first -= 1
    return (_OPPOSITE.get(said, said) if negated else said), Span(tokens[first].start, tokens[index].end)


def _result_before(tokens: Sequence[Token], name: Named) -> tuple[str, Span] | None:
    """ "negative troponins", "positive for HIV"."""
    at = name.first - 1
    if at > 0 and tokens[at].words in {"for", "serial", "cardiac"}:
        at -= 1
    if at < 0 or tokens[at].words not in _TEXTS or tokens[at].words == "trace":
        return None
    return _TEXTS[tokens[at].words], Span(tokens[at].start, tokens[at].end)

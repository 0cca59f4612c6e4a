"""The tables of cues, and how cues are found."""

from __future__ import annotations

from collections import Counter

from models.notes.assertion.cue_phrases import CUES
from models.notes.assertion.cues import find_cues


def test_no_phrase_means_two_things_on_one_side() -> None:
    phrases = Counter((kind.side, phrase) for kind, group in CUES for phrase in group.split("|"))
    assert [phrase for phrase, count in phrases.items() if count > 1] == []


def test_no_phrase_is_empty() -> None:
    assert all(phrase.strip() for _, group in CUES for phrase in group.split("|"))


def test_the_longest_phrase_is_taken() -> None:
    cues = find_cues(["no", "evidence", "of", "mass"])
    assert [(cue.start, cue.end) for cue in cues] == [(0, 3)]


def test_no_cue_is_found_inside_a_mention() -> None:
    assert find_cues(["no", "focal", "deficit"], [(1, 3)])[0].end == 1


def test_a_phrase_that_looks_like_a_negation_is_inert() -> None:
    assert [cue.kind.effect for cue in find_cues(["no", "change", "in", "size"])] == ["inert"]


def test_a_cue_at_the_very_end_ends_there() -> None:
    assert {cue.end for cue in find_cues(["rash", "denied"])} == {2}

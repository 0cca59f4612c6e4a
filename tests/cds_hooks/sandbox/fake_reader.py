"""A note reader for the mock EHR's tests: it marks given words, as a real one would answer."""

from collections.abc import Callable
from typing import Any

Marks = dict[str, dict[str, Any]]

ASSERTED: dict[str, Any] = {"presence": "present", "when": "current", "whose": "patient", "score": 0.9}


def mention(start: int, end: int, kind: str = "symptom", **given: Any) -> dict[str, Any]:
    """One mention as JSON; `presence`, `when`, `whose`, `cues` go into its assertion."""
    assertion = ASSERTED | {name: given.pop(name) for name in ("presence", "when", "whose") if name in given}
    if "cues" in given:
        assertion["cues"] = given.pop("cues")
    plain = {"score": 0.93, "origin": "model", "section": "hpi", "value": None, "codes": []}
    sentence = {"start": start, "end": end}
    return (
        {"start": start, "end": end, "type": kind, "sentence": sentence, "assertion": assertion}
        | plain
        | given
    )


def reading(*mentions: dict[str, Any], **given: Any) -> dict[str, Any]:
    """One reading as JSON."""
    plain = {"outcome": "read", "reason": "", "coverage": 1.0, "model": "notes 1.0"}
    return plain | given | {"mentions": sorted(mentions, key=lambda each: (each["start"], each["end"]))}


def fake_reader(marks: Marks) -> Callable[[str], dict[str, Any]]:
    """A reader that finds every occurrence of given words.

    Args:
        marks: what `mention` takes besides the offsets, by the words.
    """

    def read_note(text: str) -> dict[str, Any]:
        return reading(
            *(
                mention(at, at + len(words), **given)
                for words, given in marks.items()
                for at in range(len(text))
                if text.startswith(words, at)
            )
        )

    return read_note

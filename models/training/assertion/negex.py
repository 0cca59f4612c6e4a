"""Sentences of the NegEx and ConText test set, with what people judged of the condition marked in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NEGATIONS = ("Affirmed", "Negated", "Possible")
_TEMPORALITIES = ("Recent", "Historical", "Not particular")
_COLUMNS = 6


class NegexError(ValueError):
    """A line is not of the format; names the file and the line, never quotes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One sentence and the condition at characters [start, end) of it, as people judged it.

    Attributes:
        negation: "Affirmed", "Negated" or "Possible".
        temporality: "Recent", "Historical" or "Not particular".
        experiencer: "Patient" or another ("Other", "Family member").
        group: The same for sentences that differ in case, digits and spaces only; they stay together when
            sentences are split for training and testing.
    """

    text: str
    start: int
    end: int
    negation: str
    temporality: str
    experiencer: str
    group: str


def judged_of(path: Path) -> list[Judged]:
    """Reads a file of lines: number, condition, sentence with the condition in capitals, three judgements.

    Args:
        path: A tab-separated file.

    Raises:
        NegexError: A line has not six columns, or a judgement is not one of the format's.

    Source: Harkema et al., J Biomed Inform 2009;42:839 (the test set, Apache-2.0).
    """
    return list(_read(path))


def _read(path: Path) -> Iterator[Judged]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            columns = line.rstrip("\r\n").split("\t")
            if len(columns) != _COLUMNS:
                raise NegexError(f"{path.name}, line {number}: {len(columns)} columns instead of {_COLUMNS}")
            _, condition, text, negation, temporality, experiencer = columns
            start, end = located(condition, text)
            yield Judged(
                text=text,
                start=start,
                end=end,
                negation=_one_of(_NEGATIONS, negation, path, number),
                temporality=_one_of(_TEMPORALITIES, temporality, path, number),
                experiencer=experiencer,
                group=" ".join(re.sub(r"\d+", "0", re.sub(r"\W+", " ", text.lower())).split()),
            )


def _one_of(allowed: tuple[str, ...], value: str, path: Path, number: int) -> str:
    if value not in allowed:
        raise NegexError(f"{path.name}, line {number}: an unknown judgement")
    return value


def located(condition: str, text: str) -> tuple[int, int]:
    """Where the condition stands in capitals, rather not where it is a heading; all the text when nowhere.

    Args:
        condition: The condition as annotated.
        text: The sentence, in which it is in capitals.
    """
    words = r"\s+".join(re.escape(word) for word in condition.upper().split())
    found = [match.span() for match in re.finditer(rf"(?<!\w){words}(?![\w'])", text)]
    told = [span for span in found if not text[span[1] :].lstrip().startswith(":")]
    return (told or found or [(0, len(text))])[0]

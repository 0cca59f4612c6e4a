"""The errors most worth a look: sure and wrong, or missed again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from models.evaluation.notes.cases import EntityCase, PredictedSpan
from models.evaluation.notes.matching import right_spans
from models.training.notes.corpora.document import Entity

# Characters shown on either side of a mistake.
_AROUND = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One kind of error at its surest place.

    Attributes:
        kind: "missed", "spurious" (nothing is there), "type", "boundary"; of assertions "presence", "when",
            "whose".
        key: Of the document.
        start, end: What was marked; of a missed entity, where it is.
        gold: What it is; "" when it is nothing.
        found: What the reader says; "" when it says nothing.
        score: The reader's, None when it said nothing.
        times: How often the same words were mistaken in the same way.
        before, words, after: The line around it; words of the corpus, so neither in `repr` nor in JSON.
        meant: The words of the entity that is there, when they are others than those marked; as secret.
    """

    kind: str
    key: str
    start: int
    end: int
    gold: str
    found: str
    score: float | None
    times: int = 1
    before: str = field(default="", repr=False)
    words: str = field(default="", repr=False)
    after: str = field(default="", repr=False)
    meant: str = field(default="", repr=False)


def entity_mistakes(cases: Iterable[EntityCase], limit: int) -> tuple[Mistake, ...]:
    """The worst errors of spans: at most `limit` of each kind, see `worst`."""
    return worst((mistake for case in cases for mistake in _of_case(case)), limit)


def worst(mistakes: Iterable[Mistake], limit: int) -> tuple[Mistake, ...]:
    """At most `limit` mistakes of each kind: by score, or by how often where the reader said nothing.

    The same words mistaken in the same way count as one, at its surest place.
    """
    alike: dict[tuple[str, str, str, str], Mistake] = {}
    for mistake in mistakes:
        same = (mistake.kind, mistake.words.lower(), mistake.gold, mistake.found)
        known = alike.setdefault(same, replace(mistake, times=0))
        surest = mistake if (mistake.score or 0.0) > (known.score or 0.0) else known
        alike[same] = replace(surest, times=known.times + 1)
    by_kind: dict[str, list[Mistake]] = {}
    for mistake in sorted(alike.values(), key=lambda each: (-(each.score or 0.0), -each.times)):
        by_kind.setdefault(mistake.kind, []).append(mistake)
    return tuple(mistake for kind in sorted(by_kind) for mistake in by_kind[kind][:limit])


def located(text: str, mistake: Mistake) -> Mistake:
    """The mistake with the line around it."""
    line_start = text.rfind("\n", 0, mistake.start) + 1
    line_end = text.find("\n", mistake.end)
    low = max(line_start, mistake.start - _AROUND)
    high = min(len(text) if line_end < 0 else line_end, mistake.end + _AROUND)
    before, after = text[low : mistake.start], text[mistake.end : high]
    return replace(
        mistake,
        before=before if low == line_start else f"…{before.partition(' ')[2]}",
        words=text[mistake.start : mistake.end],
        after=after if high == line_end or high == len(text) else f"{after.rpartition(' ')[0]}…",
    )


def _of_case(case: EntityCase) -> Iterator[Mistake]:
    right = right_spans(case)
    gold = sorted(set(case.gold))
    wrong = sorted({span for span in case.predicted if span not in right})
    for span in wrong:
        yield located(case.text, _wrong(case, span, [entity for entity in gold if _overlap(entity, span)]))
    for entity in gold:
        if not any(_overlap(entity, span) for span in case.predicted):
            yield located(
                case.text,
                Mistake(
                    kind="missed",
                    key=case.key,
                    start=entity.start,
                    end=entity.end,
                    gold=entity.label,
                    found="",
                    score=None,
                ),
            )


def _wrong(case: EntityCase, span: PredictedSpan, overlapping: list[Entity]) -> Mistake:
    same_type = [entity for entity in overlapping if entity.label == span.label]
    meant = next(iter(same_type or overlapping), None)
    is_elsewhere = meant is not None and (meant.start, meant.end) != (span.start, span.end)
    return Mistake(
        kind="boundary" if same_type else "type" if overlapping else "spurious",
        key=case.key,
        start=span.start,
        end=span.end,
        gold=meant.label if meant else "",
        found=span.label,
        score=span.score,
        meant=case.text[meant.start : meant.end] if meant and is_elsewhere else "",
    )


def _overlap(entity: Entity, span: PredictedSpan) -> bool:
    return entity.start < span.end and span.start < entity.end

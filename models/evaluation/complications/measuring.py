"""An evaluation's outcomes and risks to its measures: discrimination, calibration, decisions, subgroups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from models.evaluation.complications.calibration import Agreement, RiskGroups
from models.evaluation.complications.cases import Evaluation, Question, Rival
from models.evaluation.complications.decisions import ALERT_RATES, Alerts, NetBenefit, thresholds_for
from models.evaluation.complications.discrimination import Concordance, Ranking
from models.evaluation.complications.measured import (
    Alert,
    Group,
    Measured,
    MeasuredQuestion,
    Subgroup,
    Told,
)
from models.evaluation.complications.resampling import Measure, Sampled, sampled
from models.evaluation.complications.rows import Bool, Float, Rows, rows_of
from models.evaluation.estimates import Estimate, Resampling

# A subgroup with fewer people with or without the outcome is "too few to say".
FEWEST = 20
# Tenths of the risk need so many outcomes; with fewer they are fifths.
_EVENTS_FOR_TENTHS = 100
_QUARTERS = 4
# What all draws together may cost: rows sorted through, and pairs compared. About half a minute.
_ROWS, _PAIRS = 1.2e9, 1.5e11
_FEWEST_DRAWS, _MOST_DRAWS = 200, 1000


def measure(
    evaluation: Evaluation,
    *,
    card: tuple[tuple[str, str], ...] = (),
    measured: date,
    resampling: Resampling | None = None,
) -> Measured:
    """Measures every question.

    Args:
        card: Parts of the model card that a reader should see beside the numbers.
        resampling: Of the intervals; by default as many draws as take about half a minute, 200 to 1000.

    Raises:
        EvaluationError: A question's arrays do not fit together, or a probability is none.
    """
    all_rows = [rows_of(question) for question in evaluation.questions]
    chosen = resampling or Resampling(draws=_draws(evaluation.questions, all_rows))
    pairs = zip(evaluation.questions, all_rows, strict=True)
    return Measured(
        model=evaluation.model,
        version=evaluation.version,
        digest=evaluation.digest,
        data=evaluation.data,
        caution=evaluation.caution,
        facts=evaluation.facts,
        card=card,
        measured=measured,
        resampling=chosen,
        fewest=FEWEST,
        questions=tuple(_Work(question, rows).measured(chosen) for question, rows in pairs),
    )


def _draws(questions: Sequence[Question], all_rows: Sequence[Rows]) -> int:
    sorted_through = pairs = 1.0
    for question, rows in zip(questions, all_rows, strict=True):
        times = len(question.rivals) + len(question.subgroups)
        sorted_through += len(rows) * times
        if rows.years is not None:
            pairs += float(rows.happened.sum()) * len(rows) * times
    affordable = min(_ROWS / sorted_through, _PAIRS / pairs)
    return int(np.clip(affordable, _FEWEST_DRAWS, _MOST_DRAWS))


class Panel:
    """The measures of one set of risks, one after the other."""

    def __init__(self, rows: Rows, risks: Float, *, is_probability: bool) -> None:
        self._parts: list[Measure] = [Ranking(rows, risks)]
        if rows.years is not None:
            self._parts.append(Concordance(rows, risks))
        if is_probability:
            self._parts += [Agreement(rows, risks), RiskGroups(rows, risks, 1)]
        self.names = tuple(
            name.removesuffix(" 0") for name in chain.from_iterable(part.names for part in self._parts)
        )

    def values(self, counts: Float) -> Float:
        """All numbers in each draw."""
        return np.concatenate([part.values(counts) for part in self._parts], axis=1)


@dataclass(frozen=True, slots=True)
class _Side:
    """One rival: its rows, and what was put into the queue of measures for it (by place)."""

    rival: Rival
    rows: Rows
    roc: tuple[tuple[float, float], ...]
    panel: int
    model: int
    alerts: int
    thresholds: tuple[float, ...]
    net_benefit: int | None


class _Work:
    """Queues the measures of one question, so that one pass of draws serves them all."""

    def __init__(self, question: Question, rows: Rows) -> None:
        self._question, self._all = question, rows
        self._queue: list[Measure] = []
        model = question.rivals[0]
        self._spoke: Bool = ~np.isnan(model.risks)
        self._rows, self._risks = rows.at(self._spoke), model.risks[self._spoke]
        self._is_probability = model.is_probability
        share = self._rows.happened.mean() if len(self._rows) else 0.0
        self._thresholds = thresholds_for(float(share)) if share else np.empty(0)

    def measured(self, resampling: Resampling) -> MeasuredQuestion:
        question, events = self._question, int(self._rows.happened.sum())
        whole = self._add(RiskGroups(self._rows, np.zeros(len(self._rows)), 1))
        all_of_them = self._add(NetBenefit(self._rows, np.ones(len(self._rows)), self._thresholds))
        tenths = self._groups(10 if events >= _EVENTS_FOR_TENTHS else 5, wanted=self._is_probability)
        quarters = self._groups(_QUARTERS, wanted=self._rows.years is not None)
        sides = self._sides()
        subgroups = [
            (by, label, self._subgroup(labels == label))
            for by, labels in question.subgroups.items()
            for label in _in_order(labels[self._spoke])
        ]
        found = sampled(self._queue, self._all.count, resampling)
        groups = _told_groups(tenths, found)
        left_early = 0
        if question.years is not None:
            left_early = int((~question.happened & (question.years < self._all.horizon)).sum())
        return MeasuredQuestion(
            name=question.name,
            horizon_years=question.horizon_years if question.years is not None else None,
            rows=len(self._all),
            people=self._all.count,
            events=int(self._all.happened.sum()),
            left_early=left_early,
            share=found[whole].estimates().get("happened 0", Estimate(None)),
            told=tuple(_told(side, sides[0], found) for side in sides),
            groups=groups,
            quarters=_told_groups(quarters, found),
            calibration_error=_calibration_error(groups),
            thresholds=tuple(map(float, self._thresholds)),
            treat_all=tuple(each.value for each in found[all_of_them].estimates().values()),
            subgroups=tuple(self._told_subgroup(by, label, place, found) for by, label, place in subgroups),
        )

    def _add(self, measure: Measure) -> int:
        self._queue.append(measure)
        return len(self._queue) - 1

    def _groups(self, number: int, *, wanted: bool) -> tuple[RiskGroups, int] | None:
        if not wanted:
            return None
        groups = RiskGroups(self._rows, self._risks, number)
        return groups, self._add(groups)

    def _sides(self) -> list[_Side]:
        sides: list[_Side] = []
        for rival in self._question.rivals:
            shared = ~np.isnan(rival.risks[self._spoke])
            rows, risks = self._rows.at(shared), rival.risks[self._spoke][shared]
            panel = self._add(Panel(rows, risks, is_probability=rival.is_probability))
            model = sides[0].panel if sides else panel
            if not shared.all():
                model = self._add(Panel(rows, self._risks[shared], is_probability=self._is_probability))
            alerts = Alerts(rows, risks)
            everywhere = rival.risks[self._spoke]
            sides.append(
                _Side(
                    rival=rival,
                    rows=rows,
                    roc=Ranking(rows, risks).curve(),
                    panel=panel,
                    model=model,
                    alerts=self._add(alerts),
                    thresholds=tuple(alerts.thresholds),
                    net_benefit=self._add(NetBenefit(self._rows, everywhere, self._thresholds))
                    if rival.is_probability
                    else None,
                )
            )
        return sides

    def _subgroup(self, chosen: Bool) -> tuple[Rows, int | None]:
        rows, risks = self._rows.at(chosen[self._spoke]), self._risks[chosen[self._spoke]]
        with_it = rows.people_with(rows.happened > 0)
        if min(with_it, rows.people_with(rows.happened == 0)) < FEWEST:
            return rows, None
        return rows, self._add(Panel(rows, risks, is_probability=self._is_probability))

    def _told_subgroup(
        self, by: str, label: str, placed: tuple[Rows, int | None], found: Sequence[Sampled]
    ) -> Subgroup:
        rows, place = placed
        return Subgroup(
            by=by,
            label=label,
            people=len(np.unique(rows.people)),
            events=rows.people_with(rows.happened > 0),
            measures={} if place is None else found[place].estimates(),
        )


def _in_order(labels: NDArray[np.str_]) -> list[str]:
    """Each label once: "<50" and "under 50" before "50-64", and who is not recorded last."""
    return sorted(
        set(labels.tolist()), key=lambda label: (not label, not label.startswith(("<", "under ")), label)
    )


def _told(side: _Side, model: _Side, found: Sequence[Sampled]) -> Told:
    mine, theirs = found[side.model], found[side.panel]
    is_model = side is model
    net_benefit = [] if side.net_benefit is None else found[side.net_benefit].estimates().values()
    return Told(
        name=side.rival.name,
        kind=side.rival.kind,
        is_probability=side.rival.is_probability,
        rows=len(side.rows),
        people=len(np.unique(side.rows.people)),
        events=int(side.rows.happened.sum()),
        measures=theirs.estimates(),
        model={} if is_model else mine.estimates(),
        difference={} if is_model else mine.minus(theirs),
        roc=side.roc,
        net_benefit=tuple(net_benefit),
        alerts=_told_alerts(side, found[side.alerts].estimates()),
    )


def _told_alerts(side: _Side, numbers: dict[str, Estimate]) -> tuple[Alert, ...]:
    return tuple(
        Alert(
            wanted=wanted,
            threshold=threshold,
            rate=numbers[f"rate {place}"],
            found=numbers[f"found {place}"],
            right=numbers[f"right {place}"],
        )
        for place, (wanted, threshold) in enumerate(zip(ALERT_RATES, side.thresholds, strict=False))
    )


def _told_groups(placed: tuple[RiskGroups, int] | None, found: Sequence[Sampled]) -> tuple[Group, ...]:
    if placed is None:
        return ()
    groups, numbers = placed[0], found[placed[1]].estimates()
    curves = groups.curves() or [()] * len(groups.sizes)
    return tuple(
        Group(
            rows=size,
            told=numbers[f"told {place}"].value or 0.0,
            happened=numbers[f"happened {place}"],
            curve=curves[place],
        )
        for place, size in enumerate(groups.sizes)
        if size
    )


def _calibration_error(groups: Sequence[Group]) -> float | None:
    """Source: Naeini MP et al. AAAI 2015:2901."""
    known = [
        (each.rows, abs(each.told - each.happened.value))
        for each in groups
        if each.happened.value is not None
    ]
    rows = sum(size for size, _ in known)
    return sum(size * distance for size, distance in known) / rows if rows else None

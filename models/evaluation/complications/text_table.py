"""Evaluations of risks as tables for the terminal."""

from __future__ import annotations

from models.evaluation.complications.measured import Measured, MeasuredQuestion
from models.evaluation.complications.words import (
    COMPARED,
    MEASURES,
    label_of,
    number,
    present,
    signed,
    size_of,
    span,
    written,
)
from models.evaluation.text import NOTHING, aligned, interval, percent

_TOO_FEW = "too few to say"


def text_of(measured: Measured) -> str:
    """All questions, each with its comparison, alerts, calibration and subgroups."""
    caution = f"\nBeware: {measured.caution}" if measured.caution else ""
    head = f"{measured.model} {measured.version} {measured.digest[:12]}\n{measured.data}{caution}"
    facts = [f"{name}: {value}" for name, value in measured.facts]
    parts = [head, *(_question(question, measured.fewest) for question in measured.questions)]
    made = measured.resampling
    foot = f"Intervals: {100 * made.level:g}%, {made.draws} bootstrap draws of people (seed {made.seed})."
    return "\n\n".join([*parts, "\n".join([*facts, foot])]) + "\n"


def _question(question: MeasuredQuestion, fewest: int) -> str:
    parts = [f"{question.name}\n{size_of(question)}", _comparison(question), _alerts(question)]
    if question.groups:
        parts.append(_calibration(question))
    if question.subgroups:
        parts.append(_subgroups(question, fewest))
    return "\n\n".join(parts)


def _comparison(question: MeasuredQuestion) -> str:
    rows: list[tuple[str, ...]] = [("  ", "value", "interval", "model there", "model minus it", "rows")]
    for told in question.told:
        rows.append((f"  {told.name} ({told.kind})", "", "", "", "", number(told.rows)))
        for name in present(told):
            estimate = told.measures[name]
            there = written(name, told.model[name].value) if name in told.model else ""
            difference = signed(name, told.difference[name]) if name in told.difference else ""
            rows.append(
                (
                    f"    {MEASURES[name].title}",
                    written(name, estimate.value),
                    span(name, estimate),
                    there,
                    difference if name in COMPARED else "",
                    "",
                )
            )
    return aligned(rows)


def _alerts(question: MeasuredQuestion) -> str:
    rows: list[tuple[str, ...]] = [
        ("  Alerts, in percent", "alerted", "outcomes found", "", "alerts right", "")
    ]
    for told in question.told:
        for each in told.alerts:
            rows.append(
                (
                    f"    {told.name}, highest {percent(each.wanted)}",
                    percent(each.rate.value),
                    percent(each.found.value),
                    interval(each.found),
                    percent(each.right.value),
                    interval(each.right),
                )
            )
    return aligned(rows)


def _calibration(question: MeasuredQuestion) -> str:
    rows: list[tuple[str, ...]] = [
        ("  Groups of rising risk, in percent", "told", "happened", "interval", "rows")
    ]
    rows += [
        (
            f"    {place}",
            percent(group.told),
            percent(group.happened.value),
            interval(group.happened),
            number(group.rows),
        )
        for place, group in enumerate(question.groups, 1)
    ]
    return f"{aligned(rows)}\n  Mean distance: {percent(question.calibration_error)} points."


def _subgroups(question: MeasuredQuestion, fewest: int) -> str:
    head = question.headline
    rows: list[tuple[str, ...]] = [
        ("  Subgroups", MEASURES[head].title, "interval", "told", "happened", "people", "events")
    ]
    for group in question.subgroups:
        counts = (number(group.people), number(group.events))
        name = f"    {group.by}: {label_of(group.label)}"
        if not group.measures:
            rows.append((name, NOTHING, _TOO_FEW, NOTHING, NOTHING, *counts))
            continue
        shares = [
            percent(group.measures[part].value) if part in group.measures else NOTHING
            for part in ("told", "happened")
        ]
        estimate = group.measures[head]
        rows.append((name, written(head, estimate.value), span(head, estimate), *shares, *counts))
    return f"{aligned(rows)}\n  Too few to say: fewer than {fewest} people with or without the outcome."

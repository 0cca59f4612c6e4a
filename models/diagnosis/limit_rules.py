"""Judges rows of laboratory criteria: one analyte, one cut-off, persistence, exclusions, urgency.

A family whose criteria are of this form is a table of rows; this file is the only arithmetic that they need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import CodeSet, documented
from fhir_adapters.terminology.drugs import DrugClass, taking
from models.contract import ClinicalSettings
from models.diagnosis.evidence import dated, day, drugs, label_of, measured, quantity_of, some
from models.diagnosis.exclusions import is_adult, is_pregnant_or_postpartum, medications_missing
from models.diagnosis.rule import Rule
from models.diagnosis.values import (
    TWO_YEARS,
    Points,
    above,
    at_least,
    at_most,
    below,
    daily,
    newest_run,
    recent,
    span_days,
)
from models.finding import (
    Abstention,
    Assessment,
    Confidence,
    Evidence,
    Finding,
    ModelStamp,
    Proposal,
    Urgency,
)
from models.note_facts import NOTES_READ

Sign = Literal["<", "<=", ">", ">="]
_MEETS_AND_NOT = {
    "<": (below, at_least),
    "<=": (at_most, above),
    ">": (above, at_most),
    ">=": (at_least, below),
}
# An entry this recent is of the same episode; an urgent value has to be this fresh to be called urgent.
_EPISODE_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """One criterion of the form "the analyte is beyond a cut-off, twice or clearly".

    Attributes:
        rule: The condition, its codes and its guideline.
        analyte: Key of the analyte.
        sign: How a value relates to the cut-off when it meets the criterion.
        cut: The cut-off, in the analyte's canonical unit.
        cut_women: The cut-off for women, where it differs; other and unknown sex get the stricter one.
        until: Values at or beyond this limit belong to another row; None for no limit.
        single: A newest value beyond this limit needs no repeat; `cut` itself where one result decides.
        urgent, emergency: A newest value of the last 30 days beyond the limit is that urgent.
        sex: The only sex to which the row applies; None for all.
        from_age: Completed years from which it applies.
        to_age: Completed years up to which it applies; None for no limit.
        only_with: Documented conditions one of which must be there for the row to matter.
        repeat_days: Least days from the first to the last abnormal value.
        current_days: The newest abnormal value may be no older.
        lookback_days: How far back values count.
        acute_care: Values of hospital and emergency department count.
        acute: A past entry does not hide an urgent value.
        in_pregnancy: The criterion holds in pregnancy too.
        excluded_by: Documented conditions that explain or distort the value.
        excluded_by_drugs: Current drugs that do.
        contributors: Current drugs shown as evidence.
        derive: Gives the values where they are not those of the laboratory as they stand.
        company: Finds what has to be there beside the newest value; without it the row is not met.
        doubt: Names what keeps the newest value from deciding; "" for nothing.
        advice: What to do next, in one or two sentences.
        orders: Tests to order before the diagnosis is certain or to find the cause.
        confirmed: The confidence when the row is met.
    """

    rule: Rule
    analyte: str
    sign: Sign
    cut: float
    advice: str
    cut_women: float | None = None
    until: float | None = None
    single: float | None = None
    urgent: float | None = None
    emergency: float | None = None
    sex: Literal["female", "male"] | None = None
    from_age: int = 18
    to_age: int | None = None
    only_with: tuple[CodeSet, ...] = ()
    repeat_days: float = 14
    current_days: float = TWO_YEARS
    lookback_days: int = TWO_YEARS
    acute_care: bool = False
    acute: bool = False
    in_pregnancy: bool = False
    excluded_by: tuple[CodeSet, ...] = ()
    excluded_by_drugs: tuple[DrugClass, ...] = ()
    contributors: tuple[DrugClass, ...] = ()
    derive: Callable[[PatientRecord, int], Points] | None = None
    company: Callable[[PatientRecord, Measurement], tuple[Evidence, ...]] | None = None
    doubt: Callable[[PatientRecord, Measurement], str] | None = None
    orders: tuple[Proposal, ...] = ()
    confirmed: Confidence = "A"

    def beyond(self, point: Measurement, cut: float | None) -> bool:
        """True when the value surely is beyond a limit in the direction of this row."""
        return cut is not None and _MEETS_AND_NOT[self.sign][0](point, cut)


class LimitCriteria:
    """A family whose criteria are rows; a subclass names them, its stamp, card and what it reads."""

    name: str
    stamp: ModelStamp
    rows: tuple[LimitRow, ...]

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """The rows that the chart meets, and those that it may meet but that can't be stated."""
        return judge(record, self.rows)


def reads(rows: Iterable[LimitRow], *further: str, notes: bool = False) -> Requires:
    """What the rows read: their analytes, `further` ones that a derivation needs, and notes where asked."""
    rows = tuple(rows)
    days = max(row.lookback_days for row in rows)
    analytes = sorted({row.analyte for row in rows} | set(further) | {"pregnancy_status"})
    return Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(resource="Observation", analytes=tuple(analytes), lookback_days=days, required=True),
            Need(resource="Encounter", lookback_days=days),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            *((Need(resource="DocumentReference", newest=NOTES_READ),) if notes else ()),
        )
    )


def judge(record: PatientRecord, rows: Iterable[LimitRow]) -> Assessment:
    """What the rows say of an adult; of rows with the same group of keys, the first that answers."""
    if not is_adult(record):
        return Assessment()
    answers: dict[str, Finding | Abstention] = {}
    for row in rows:
        answer = answers.get(row.rule.key) or judge_row(record, row)
        if answer is not None:
            answers[row.rule.key] = answer
    return Assessment(
        tuple(answer for answer in answers.values() if isinstance(answer, Finding)),
        tuple(answer for answer in answers.values() if isinstance(answer, Abstention)),
    )


def judge_row(record: PatientRecord, row: LimitRow) -> Finding | Abstention | None:
    """The finding of one row; an abstention where it was met but can't be stated; None when not met."""
    if not _applies(record, row):
        return None
    run = _abnormal(record, row)
    if not run or run[-1].at < record.as_of - timedelta(days=row.current_days):
        return None
    if row.until is not None and row.beyond(run[-1], row.until):
        return None
    beside = row.company(record, run[-1]) if row.company is not None else ()
    if row.company is not None and not beside:
        return None
    urgency = _urgency(record, row, run[-1])
    if _already_known(record, row, urgency):
        return None
    reason = _excluded(record, row)
    if reason:
        return row.rule.abstention("outside-population", reason)
    repeated = len(run) >= 2 and span_days(run) >= row.repeat_days
    if not repeated and not row.beyond(run[-1], row.single):
        missing = f"a repeat {_in_words(run[-1])}"
        return row.rule.abstention("missing-input", f"abnormal once; needs {missing}", (missing,))
    return _finding(record, row, run, urgency, beside)


def _applies(record: PatientRecord, row: LimitRow) -> bool:
    age = record.age_years or 0
    of_age = row.from_age <= age and (row.to_age is None or age <= row.to_age)
    company = not row.only_with or documented(record, *row.only_with) is not None
    return of_age and company and row.sex in (None, record.patient.sex)


def _abnormal(record: PatientRecord, row: LimitRow) -> Points:
    if row.derive is not None:
        points = row.derive(record, row.lookback_days)
    else:
        points = recent(record, row.analyte, row.lookback_days, acute_care=row.acute_care)
    cut = _cut(record, row)
    meets, not_met = _MEETS_AND_NOT[row.sign]
    return newest_run(daily(points), lambda p: meets(p, cut), lambda p: not_met(p, cut))


def _cut(record: PatientRecord, row: LimitRow) -> float:
    if row.cut_women is None or record.patient.sex == "male":
        return row.cut
    if record.patient.sex == "female":
        return row.cut_women
    stricter = max if row.sign.startswith(">") else min
    return stricter(row.cut, row.cut_women)


def _urgency(record: PatientRecord, row: LimitRow, newest: Measurement) -> Urgency:
    if newest.at >= record.as_of - timedelta(days=_EPISODE_DAYS):
        if row.beyond(newest, row.emergency):
            return "emergency"
        if row.beyond(newest, row.urgent):
            return "urgent"
    return "routine"


def _already_known(record: PatientRecord, row: LimitRow, urgency: Urgency) -> bool:
    entry = row.rule.documented(record)
    if entry is None:
        return False
    if not row.acute or urgency == "routine":
        return True
    since = entry.recorded or entry.onset
    return since is not None and since >= record.as_of - timedelta(days=_EPISODE_DAYS)


def _excluded(record: PatientRecord, row: LimitRow) -> str:
    cause = next((found.name for found in row.excluded_by if documented(record, found)), "")
    drug = next((found.name for found in row.excluded_by_drugs if taking(record, found)), "")
    if not row.in_pregnancy and is_pregnant_or_postpartum(record):
        return "in pregnancy and 12 weeks after it other limits apply; values were not judged"
    return f"{cause or drug} may explain the values; they were not judged" if cause or drug else ""


def _finding(
    record: PatientRecord, row: LimitRow, run: Points, urgency: Urgency, beside: tuple[Evidence, ...]
) -> Finding:
    newest = run[-1]
    doubt = row.doubt(record, newest) if row.doubt is not None else ""
    before = f", {quantity_of(run[-2])} on {day(run[-2].at)}" if len(run) > 1 else ""
    certain = not doubt and row.confirmed == "A"
    name = row.rule.name[:1].upper() + row.rule.name[1:]
    lead = name if certain else f"Possible {row.rule.name}"
    return row.rule.finding(
        statement=f"{lead}: {_in_words(newest)} {dated(newest)}{before}",
        rationale=row.advice,
        confidence="B" if row.confirmed == "A" and not certain else row.confirmed,
        urgency=urgency,
        evidence=(
            *(measured(point) for point in reversed(run[-3:])),
            *beside,
            *drugs(record, row.contributors),
            *some(row.rule.previously(record)),
        ),
        missing=(*((doubt,) if doubt else ()), *medications_missing(record)),
        proposals=(*row.orders, row.rule.add_problem()) if certain or not row.orders else row.orders,
    )


def _in_words(point: Measurement) -> str:
    """The analyte inside a sentence: "sodium", but "TSH"."""
    label = label_of(point)
    return label if label[:2].isupper() else label[:1].lower() + label[1:]

"""The parts of a PatientRecord: frozen, typed, each with the FHIR reference that it came from.

Every time has a zone; every measurement is in its analyte's canonical UCUM unit. The text of a
part is patient data, so `repr` shows the type and the source only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from fhir_adapters.record.coding import MATCHED_BY_NAME, NO_CONCEPT, Concept

Sex = Literal["female", "male", "other", "unknown"]
Setting = Literal["ambulatory", "inpatient", "emergency", "home", "unknown"]
Comparator = Literal["", "<", "<=", ">=", ">"]


class Redacted:
    """Gives every part a `repr` without patient data, so that no log or traceback can leak it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self, 'source', '')})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Demographics(Redacted):
    """Who the record is about. `birth_date` is None when absent or unreadable."""

    source: str
    patient_id: str
    name: str = ""
    sex: Sex = "unknown"
    birth_date: date | None = None
    birth_date_precision: Literal["day", "month", "year"] = "day"
    deceased: bool = False
    deceased_at: datetime | None = None

    def age_years(self, on: datetime) -> int | None:
        """Completed years of age on a day; None when the birth date is unknown.

        A birth date given as a year or a month counts as the last day of that period, so the age
        is the youngest possible one.
        """
        if self.birth_date is None:
            return None
        had_birthday = (on.month, on.day) >= (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - (0 if had_birthday else 1)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Condition(Redacted):
    """A diagnosis or problem. Refuted and entered-in-error conditions never become a part."""

    source: str
    concept: Concept
    clinical_status: Literal["active", "recurrence", "relapse", "inactive", "remission", "resolved", ""]
    verification: Literal["confirmed", "provisional", "differential", "unconfirmed", ""] = ""
    category: Literal["problem-list-item", "encounter-diagnosis", "health-concern", ""] = ""
    onset: datetime | None = None
    abatement: datetime | None = None
    recorded: datetime | None = None
    encounter: str = ""

    @property
    def is_current(self) -> bool:
        """True for what the patient has now: an active status and no abatement.

        A missing clinicalStatus (FHIR allows it) counts as active unless an abatement says otherwise.
        """
        return self.clinical_status in ("active", "recurrence", "relapse", "") and self.abatement is None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Measurement(Redacted):
    """One number of one analyte, in the analyte's canonical unit.

    Attributes:
        analyte: Key of `terminology.analytes`, e.g. "hba1c".
        value: In `unit`.
        unit: The analyte's canonical UCUM unit.
        at: When the specimen was taken or the reading made.
        comparator: "" for an exact value; "<" and the like for a censored one.
        setting: Where it was measured, from the encounter's class.
        reported: Value and unit as sent, when they were converted ("48 mmol/mol").
        suspect: Why it must not be relied on ("hemolyzed specimen"); "" when nothing says so.
        date_only: True when the sender gave a day without a time.
        code: The LOINC code that it came under; "" where it came without one.
        by_name: True where a name alone told what was measured; evidence says so.
    """

    source: str
    analyte: str
    value: float
    unit: str
    at: datetime
    comparator: Comparator = ""
    setting: Setting = "unknown"
    reported: str = ""
    suspect: str = ""
    date_only: bool = False
    code: str = ""
    by_name: bool = False

    @property
    def matched(self) -> str:
        """How it was known what was measured, for evidence: "" by code, else that it was by name."""
        return MATCHED_BY_NAME if self.by_name else ""


@dataclass(frozen=True, slots=True)
class Series:
    """The measurements of one analyte, oldest first."""

    points: tuple[Measurement, ...] = ()

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    def __bool__(self) -> bool:
        return bool(self.points)

    def __repr__(self) -> str:
        return f"Series({len(self.points)} measurements)"

    @property
    def latest(self) -> Measurement | None:
        """The newest measurement, or None."""
        return self.points[-1] if self.points else None

    def where(self, keep: Callable[[Measurement], bool]) -> Series:
        """The measurements for which `keep` is true."""
        return Series(tuple(point for point in self.points if keep(point)))

    def within(self, days: float, as_of: datetime) -> Series:
        """The measurements of the last `days` days before `as_of`."""
        start = as_of - timedelta(days=days)
        if not self.points or (start <= self.points[0].at and self.points[-1].at <= as_of):
            return self
        return Series(tuple([point for point in self.points if start <= point.at <= as_of]))

    def outside_acute_care(self) -> Series:
        """Measurements not made in hospital or an emergency department; unknown settings stay."""
        return Series(tuple([p for p in self.points if p.setting not in ("inpatient", "emergency")]))

    def reliable(self) -> Series:
        """Exact measurements without a mark such as a hemolyzed specimen."""
        return Series(tuple([p for p in self.points if not p.suspect and not p.comparator]))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CodedObservation(Redacted):
    """A coded or textual result: smoking status, pregnancy status, level of consciousness...

    `kind` is an analyte key whose unit is a code, such as "smoking_status" or "pregnancy_status".
    """

    source: str
    kind: str
    value: Concept
    at: datetime
    setting: Setting = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Medication(Redacted):
    """A prescribed or stated drug.

    `written` is when an order was written, None for a statement; `supplied_until` is how far an order reaches
    by the end of its validity, or by its supply with all repeats, where it says so.
    """

    source: str
    concept: Concept
    status: str
    intent: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    written: datetime | None = None
    supplied_until: datetime | None = None

    def is_current(self, as_of: datetime) -> bool:
        """True when the drug is being taken as of a time: active, not a proposal, not ended."""
        return (
            self.status in ("active", "on-hold")
            and self.intent not in ("proposal", "plan", "option")
            and (self.ended is None or self.ended >= as_of)
        )

    def is_outdated(self, as_of: datetime, days: float) -> bool:
        """True for an order older than `days` whose supply, where it is stated, has ended as well.

        Nobody ended it, and yet it is no sign that the drug is taken now.
        """
        if self.written is None or self.written >= as_of - timedelta(days=days):
            return False
        return self.supplied_until is None or self.supplied_until < as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """How a drug is to be taken, as far as an order says it in a form that can be computed with.

    Attributes:
        amount, unit: Of one dose, UCUM where a code was sent ("mg"), else the sender's word ("tablet"); None
            and "" where the order gives none.
        times_per_day: Doses a day; None where it can't be told.
        route: The route in the sender's words.
    """

    amount: float | None = None
    unit: str = ""
    times_per_day: float | None = None
    route: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DraftOrder(Redacted):
    """A medication order that is about to be signed; it is no part of the chart yet.

    Attributes:
        source: Reference by which the call names it, e.g. "MedicationRequest/draft-1".
        concept: The drug; empty where the order names none that can be read.
        selected: Whether the call asks about it; the others are what is ordered beside it.
        doses: One for each dosage instruction.
        dose_text: The instructions in the sender's words.
        reasons: What the drug is for, as the order says.
        reason_sources: References of the chart's conditions that it is for.
        replaces: Reference of the order that it renews or replaces; "" where it does not say so.
        withheld: True for one that is labelled as confidential and was not read.
    """

    source: str
    concept: Concept
    selected: bool = True
    doses: tuple[Dose, ...] = ()
    dose_text: str = ""
    reasons: tuple[Concept, ...] = ()
    reason_sources: tuple[str, ...] = ()
    replaces: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Allergy(Redacted):
    """An allergy or intolerance that is not refuted.

    Attributes:
        kind: "allergy", "intolerance", or "" where it is not said.
        category: "medication", "food", "environment", "biologic"; "" where it is not said.
        reactions: The manifestations, in the sender's words.
    """

    source: str
    concept: Concept
    criticality: str = ""
    active: bool = True
    recorded: datetime | None = None
    kind: str = ""
    category: str = ""
    reactions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Procedure(Redacted):
    """A procedure that was done."""

    source: str
    concept: Concept
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Encounter(Redacted):
    """A stay or a visit; `setting` is derived from Encounter.class.

    `discharged_to` is the discharge disposition, empty while a stay goes on or where nobody recorded it;
    `admitted_from` is where the patient came from, `priority` how urgent the admission was.
    """

    source: str
    setting: Setting
    status: str = ""
    start: datetime | None = None
    end: datetime | None = None
    concept: Concept = NO_CONCEPT
    discharged_to: Concept = NO_CONCEPT
    admitted_from: Concept = NO_CONCEPT
    priority: Concept = NO_CONCEPT


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FamilyCondition(Redacted):
    """A condition of a relative; never a fact about the patient."""

    source: str
    relationship: Concept
    concept: Concept
    onset_age_years: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Section(Redacted):
    """A stretch of a note under one heading.

    `kind` is the section type ("assessment", "family_history", "" when not recognised); `start` and
    `end` are character offsets of the body in `Note.text`.
    """

    kind: str
    heading: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Note(Redacted):
    """A clinical note as text, cut into sections by its headings."""

    source: str
    text: str
    at: datetime | None
    title: str = ""
    author: str = ""
    type: Concept = NO_CONCEPT
    encounter: str = ""
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class DataQualityNote:
    """Something that was asked for and not obtained, or sent and not used, and why.

    `reason` is written by us and holds no patient data; `source` is a reference such as
    "Observation/123" or a prefetch key.

    `problem`: "unavailable" (could not be had), "incomplete" (cut off by paging or the deadline),
    "unreadable" (malformed), "unconvertible" (unit), "implausible" (value), "future" (dated after
    now), "wrong-patient", "not-used" (its own status says not to: withdrawn, not final, not done),
    "duplicate" (said by another entry of the record), "approximate" (used, with less precision than usual),
    "restricted" (left out because the sender labelled it as confidential).
    """

    problem: Literal[
        "unavailable",
        "incomplete",
        "unreadable",
        "unconvertible",
        "implausible",
        "future",
        "wrong-patient",
        "not-used",
        "duplicate",
        "approximate",
        "restricted",
    ]
    source: str
    reason: str

"""What models say: findings with their evidence, and abstentions with their reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fhir_adapters.record import Coding
from models.explanation import Explanation

FindingKind = Literal[
    "diagnosis",
    "differential",
    "complication_risk",
    "safety",
    "medication_safety",
    "care_gap",
    "documented_in_notes",
]

# How soon somebody should look, most urgent last.
Urgency = Literal["routine", "soon", "urgent", "emergency"]

# A: the full published criterion is met. B: part of it, to be confirmed. C: a screening flag.
Confidence = Literal["A", "B", "C"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a criterion or an equation was published."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Evidence:
    """One piece of the chart that a finding rests on, as a clinician would check it.

    Attributes:
        source: FHIR reference, e.g. "Observation/123"; "" for something computed.
        label: What it is, e.g. "HbA1c".
        value: As text, rounded for display, e.g. "6.9".
        unit: For people, e.g. "%", "mmHg", "mL/min/1.73 m²".
        at: When it was measured or recorded; None when unknown.
        remark: How it was derived or converted ("from creatinine 1.42 mg/dL, CKD-EPI 2021").
        quote: The sentence of a note, verbatim; "" otherwise.
    """

    source: str
    label: str
    value: str
    unit: str = ""
    at: datetime | None = None
    remark: str = ""
    quote: str = ""

    @property
    def quantity(self) -> str:
        """The value with its unit."""
        space = "" if self.unit == "%" else " "
        return f"{self.value}{space}{self.unit}".strip()

    def __repr__(self) -> str:
        return f"Evidence({self.source})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Estimate:
    """The number that a model gives.

    Attributes:
        name: What it is, e.g. "10-year risk of cardiovascular disease".
        value: Unrounded: a probability (0 to 1) or a score in `unit`.
        unit: "probability", or the score's own unit ("points", "mL/min/{1.73_m2}").
        horizon: e.g. "10 years"; "" where none applies.
        band: The published category, e.g. "high"; "" where none is published.
    """

    name: str
    value: float
    unit: str
    horizon: str = ""
    band: str = ""

    def __repr__(self) -> str:
        return f"Estimate({self.name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """A dose that a label gives: `dose_mg` milligrams, `times_per_day` times a day."""

    dose_mg: float
    times_per_day: int

    @property
    def daily_mg(self) -> float:
        """Milligrams a day."""
        return self.dose_mg * self.times_per_day

    @property
    def words(self) -> str:
        """For people, e.g. "2.5 mg twice daily"."""
        times = {1: "once", 2: "twice", 3: "three times"}[self.times_per_day]
        return f"{self.dose_mg:g} mg {times} daily"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Proposal:
    """Something that the clinician may accept with one click; the card builder makes the resource.

    Attributes:
        kind: "add-problem" makes a Condition on the problem list, "order" a ServiceRequest; "withdraw-order"
            takes back a medication order that is not signed yet, "revise-order" gives it another dose.
        label: The words on the button, e.g. "Add type 2 diabetes mellitus to the problem list".
        codings: Of the condition, the test or the drug, preferred code system first.
        text: The concept's plain name.
        target: Reference of the order that is taken back or revised; "" otherwise.
        regimen: The dose of "revise-order"; None otherwise.
    """

    kind: Literal["add-problem", "order", "withdraw-order", "revise-order"]
    label: str
    codings: tuple[Coding, ...]
    text: str
    target: str = ""
    regimen: Regimen | None = None

    def __repr__(self) -> str:
        return f"Proposal({self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStamp:
    """Which model said something: registry name, version, and hash of its numbers or weights."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Finding:
    """One thing that a model asserts about the patient.

    Attributes:
        key: The rule or score, e.g. "t2dm", "prevent"; stable across versions.
        group: The clinical question; findings of one group share a card ("kidney", "diabetes",
            "blood-pressure", "lipids", "thyroid", "potassium", "anemia", "cardiovascular-risk",
            "atrial-fibrillation", "bleeding", "thrombosis", "liver", "deterioration",
            "documented-in-notes", "differential"); of an order its question and drug
            ("order-kidney-metformin").
        statement: One sentence, under 120 characters, that a clinician can act on.
        rationale: Why it matters and what to do next, in one to three sentences.
        missing: Inputs that would confirm or sharpen it, in clinical words.
        topic: The condition or score as a coding, for the card's source topic.
        explanation: How the inputs add up to the estimate; None where there is no number to explain.
        learned_from: For a model that was trained here, on whose data, in words that follow "learned from"
            ("ICU stays of two US hospital systems, PhysioNet/CinC 2019"); "" for what was published as such.
    """

    kind: FindingKind
    key: str
    group: str
    statement: str
    rationale: str
    urgency: Urgency
    topic: Coding
    guideline: Citation
    model: ModelStamp
    confidence: Confidence | None = None
    estimate: Estimate | None = None
    further_estimates: tuple[Estimate, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    explanation: Explanation | None = None
    learned_from: str = ""

    def __repr__(self) -> str:
        return f"Finding({self.key}, {self.model.name})"


AbstentionCause = Literal[
    "missing-input",
    "out-of-range",
    "outside-population",
    "not-indicated",
    "data-unavailable",
    "out-of-time",
    "model-error",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """A model that did not answer, and why.

    `reason` is shown to clinicians and must hold no identifying data; `missing` names inputs in
    clinical words ("total cholesterol in the last 5 years"). "not-indicated" means that the question does
    not arise (no atrial fibrillation, so no stroke score) and is not shown as a shortcoming.
    """

    key: str
    cause: AbstentionCause
    reason: str
    model: ModelStamp
    missing: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that one or more models said about one record."""

    findings: tuple[Finding, ...] = ()
    abstentions: tuple[Abstention, ...] = ()

    def __add__(self, other: Assessment) -> Assessment:
        return Assessment(self.findings + other.findings, self.abstentions + other.abstentions)

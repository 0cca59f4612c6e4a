"""The same drug twice, or two drugs of a class of which one is enough.

Sources: The Joint Commission, National Patient Safety Goal NPSG.03.06.01 (medication lists are compared for
duplications); for a renin-angiotensin blocker on top of another the US labels, section 7 (dual blockade),
after ONTARGET, N Engl J Med 2008;358:1547-59; for two anticoagulants the US labels of direct oral
anticoagulants, section 7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.drugs import HEPARIN
from fhir_adapters.terminology.ingredients import Drug, Ingredient
from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment, Citation, Confidence, Evidence, Finding, Urgency
from models.medication_safety._orders import Order, Taken, all_orders, knows_medications, orders, taken
from models.medication_safety._rule import Check, not_counted, rules_card, withdraw
from models.registry import clinical_model
from models.scoring import stamped

_GOAL: Final = Citation(label="Joint Commission, NPSG.03.06.01 (duplications)")
_DUAL_BLOCKADE: Final = Citation(
    label="ONTARGET, N Engl J Med 2008;358:1547; labels, section 7",
    url="https://doi.org/10.1056/NEJMoa0801317",
)
_ANTICOAGULANT_LABELS: Final = Citation(label="US labels of direct oral anticoagulants, section 7")


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """Drugs of which one at a time is enough.

    Attributes:
        atc: ATC prefixes of its members.
        urgency: Of two of them together.
    """

    words: str
    atc: tuple[str, ...]
    why: str
    urgency: Urgency = "soon"
    guideline: Citation = _GOAL


_CLASSES: Final = (
    Class(
        words="anticoagulants",
        atc=("B01AA", "B01AB", "B01AE07", "B01AF", "B01AX05"),
        why="Two anticoagulants add up their bleeding; they overlap on purpose only when one replaces the "
        "other.",
        urgency="urgent",
        guideline=_ANTICOAGULANT_LABELS,
    ),
    Class(
        words="renin-angiotensin blockers",
        atc=("C09A", "C09C", "C09DX04", "C09XA02"),
        why="Two of them add hypotension, hyperkalemia and kidney failure and no benefit; sacubitril with an "
        "ACE inhibitor also angioedema.",
        guideline=_DUAL_BLOCKADE,
    ),
    Class(words="statins", atc=("C10AA",), why="A second statin adds muscle toxicity and no benefit."),
    Class(words="NSAIDs", atc=("M01A",), why="A second NSAID adds bleeding and kidney injury and no relief."),
    Class(words="proton pump inhibitors", atc=("A02BC",), why="One is enough.", urgency="routine"),
    Class(words="H2 blockers", atc=("A02BA",), why="One is enough.", urgency="routine"),
    Class(words="beta blockers", atc=("C07A",), why="Two of them add bradycardia and hypotension."),
    Class(words="dihydropyridines", atc=("C08CA",), why="Two of them add edema and hypotension."),
    Class(words="thiazides", atc=("C03AA", "C03BA"), why="Two of them add loss of sodium and potassium."),
    Class(words="aldosterone antagonists", atc=("C03DA",), why="Two add hyperkalemia.", urgency="urgent"),
    Class(words="sulfonylureas", atc=("A10BB",), why="Two of them add hypoglycemia."),
    Class(words="DPP-4 inhibitors", atc=("A10BH",), why="A second one adds nothing."),
    Class(words="SGLT2 inhibitors", atc=("A10BK",), why="A second one adds nothing but risk."),
    Class(words="GLP-1 receptor agonists", atc=("A10BJ", "A10BX16"), why="A second one adds nausea only."),
    Class(words="SSRIs", atc=("N06AB",), why="Two of them add serotonin toxicity."),
    Class(words="tricyclics", atc=("N06AA",), why="Two of them add arrhythmia and confusion."),
    Class(
        words="benzodiazepines and Z-drugs",
        atc=("N05BA", "N05CD", "N05CF", "N03AE01"),
        why="Two of them add sedation, falls and dependence.",
    ),
    Class(words="bisphosphonates", atc=("M05BA",), why="A second one adds nothing."),
)  # fmt: skip
STAMP: Final = stamped("duplicate_therapy.v1", "1.1", tuple((each.words, each.atc) for each in _CLASSES))
_CHECK: Final = Check(
    key="duplicate_therapy", question="duplicate", words="duplications", guideline=_GOAL, stamp=STAMP
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Other:
    """A drug beside the order: taken already, or ordered with it.

    Attributes:
        outdated: The entry of the list, where its order is too old to say that the drug is taken; else None.
    """

    drug: Drug
    evidence: Evidence
    ordered: bool
    outdated: Taken | None = None


@clinical_model
class DuplicateTherapy:
    """Each order against the medication list and the orders beside it."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = rules_card(
        authors="The Joint Commission (NPSG.03.06.01) and the manufacturers in their labels",
        question="a drug that is taken or ordered already, or that doubles its class",
        output="For an order: the same ingredient, or one of the same class, on the medication list or among "
        "the other orders.",
        out_of_scope="Drugs that act where they are applied, insulins, opioids, inhalers, vaccines.",
        known_risks="A renewal or a change of dose looks like the same drug twice unless the order says what "
        "it replaces. An order on the list that is older than a year (a setting) and states no supply until "
        "now counts as not taken, and as a question where the pair is grave: what is taken by it is missed.",
        basis="Reconciliation of lists; trials of dual blockade.",
        inputs="None.",
        references="NPSG.03.06.01; N Engl J Med 2008;358:1547-59.",
    )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """The strongest duplication of each order."""
        findings: list[Finding] = []
        silent: list[Abstention] = []
        reported: set[frozenset[str]] = set()
        asked = orders(record)
        for order in asked:
            for other in _others(record, order, settings.order_days):
                pair = frozenset((order.draft.source, other.evidence.source))
                if pair in reported:
                    continue
                finding = _duplicate(order, other)
                if finding is None:
                    continue
                reported.add(pair)
                if other.outdated is None:
                    findings.append(finding)
                elif finding.urgency == "urgent" and not other.drug.of(HEPARIN):
                    findings.append(_asked(finding, settings.order_days))
                else:
                    silent.append(not_counted(_CHECK, other.outdated, settings.order_days))
        if asked and not knows_medications(record):
            silent.append(_unavailable())
        return Assessment(tuple(findings), tuple(silent))


def _asked(finding: Finding, days: int) -> Finding:
    """The same as a question: what the pair could do is grave, and only an old order says that it is one."""
    doubt = f"The order on the list is older than {days} days and nobody ended it: ask whether it is taken. "
    return replace(finding, confidence="C", rationale=doubt + finding.rationale)


def _unavailable() -> Abstention:
    return Abstention(
        key="duplicate_therapy",
        cause="data-unavailable",
        reason="the medication list could not be read",
        model=STAMP,
        missing=("medication list",),
        subject="duplications and interactions",
    )


def _others(record: PatientRecord, order: Order, days: int) -> list[_Other]:
    beside = [other for other in all_orders(record) if other.draft.source != order.draft.source]
    return [
        *(_Other(drug=other.drug, evidence=other.evidence, ordered=True) for other in beside),
        *(_listed(each, each.is_outdated(record, days)) for each in taken(record)),
    ]


def _listed(each: Taken, outdated: bool) -> _Other:
    return _Other(drug=each.drug, evidence=each.evidence, ordered=False, outdated=each if outdated else None)


def _duplicate(order: Order, other: _Other) -> Finding | None:
    if not (order.drug.systemic and other.drug.systemic):
        return None
    shared = next((each for each in order.drug.ingredients if each in other.drug.ingredients), None)
    if shared is not None:
        return None if shared.belongs("A10A") else _same(order, other, shared)
    for cls in _CLASSES:
        mine = next((each for each in order.drug.ingredients if each.belongs(*cls.atc)), None)
        theirs = next((each for each in other.drug.ingredients if each.belongs(*cls.atc)), None)
        # Sacubitril is sold with valsartan: together they are one renin-angiotensin blocker.
        if mine is not None and theirs is not None:
            return _class(order, other, cls, (mine, theirs))
    return None


def _same(order: Order, other: _Other, shared: Ingredient) -> Finding:
    """Ordered twice is an error; on the list already it may be a renewal or a new dose."""
    where = "is ordered twice" if other.ordered else "is on the medication list already"
    return _finding(
        order,
        other,
        _GOAL,
        statement=f"{shared.name.capitalize()} {where}",
        rationale="Sign one of the two orders."
        if other.ordered
        else "If this renews it or changes its dose, end the old order; else it would be taken twice.",
        urgency="soon" if other.ordered else "routine",
        confidence="A" if other.ordered else "B",
    )


def _class(order: Order, other: _Other, cls: Class, pair: tuple[Ingredient, Ingredient]) -> Finding:
    mine, theirs = pair
    where = "ordered too" if other.ordered else "on the medication list"
    return _finding(
        order,
        other,
        cls.guideline,
        statement=f"Two {cls.words}: {mine.name} is ordered, {theirs.name} is {where}",
        rationale=f"{cls.why} If one replaces the other, end the other.",
        urgency=cls.urgency,
        confidence="A" if other.ordered else "B",
    )


def _finding(
    order: Order,
    other: _Other,
    guideline: Citation,
    *,
    statement: str,
    rationale: str,
    urgency: Urgency,
    confidence: Confidence,
) -> Finding:
    return replace(_CHECK, guideline=guideline).finding(
        order,
        statement=statement,
        rationale=rationale,
        urgency=urgency,
        confidence=confidence,
        evidence=(other.evidence,),
        proposals=withdraw(order),
    )

"""The orders of a call with what their drugs are, and what the patient takes already."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

from fhir_adapters.record import RXNORM, Coding, DraftOrder, Medication, PatientRecord
from fhir_adapters.terminology.drugs import DrugClass
from fhir_adapters.terminology.ingredients import Drug, Ingredient, identify
from models.finding import Evidence

_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Order:
    """A draft order whose drug is known.

    Attributes:
        tag: The drug's name as part of a finding's group; with a number where several orders have it.
    """

    draft: DraftOrder
    drug: Drug
    tag: str

    @property
    def name(self) -> str:
        """The ingredients, e.g. "amoxicillin / clavulanate"."""
        return name_of(self.drug)

    @property
    def evidence(self) -> Evidence:
        """The order as evidence, and how its drug was recognized."""
        return Evidence(
            source=self.draft.source,
            label="Order",
            value=", ".join(filter(None, (self.draft.concept.label, self.draft.dose_text))),
            remark="" if self.drug.coded else "drug matched by name",
        )

    def __repr__(self) -> str:
        return f"Order({self.draft.source})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Taken:
    """A current medication whose drug is known."""

    medication: Medication
    drug: Drug

    @property
    def evidence(self) -> Evidence:
        """The medication as evidence."""
        return Evidence(
            source=self.medication.source,
            label="Medication list",
            value=self.medication.concept.label,
            at=self.medication.started,
            remark="" if self.drug.coded else "drug matched by name",
        )

    def is_outdated(self, record: PatientRecord, days: float) -> bool:
        """True where the list has only an order that is older than `days`; see `Medication.is_outdated`."""
        return days < math.inf and self.medication.is_outdated(record.as_of, days)

    def __repr__(self) -> str:
        return f"Taken({self.medication.source})"


def name_of(drug: Drug) -> str:
    """The names of the ingredients."""
    return " / ".join(each.name for each in drug.ingredients)[:_LONGEST_NAME]


def all_orders(record: PatientRecord) -> tuple[Order, ...]:
    """Every draft whose drug is known, those beside the selected ones too."""
    return record.once("draft orders", _all_orders)


def _all_orders(record: PatientRecord) -> tuple[Order, ...]:
    found = []
    for draft in record.drafts:
        route = next((dose.route for dose in draft.doses if dose.route), "")
        drug = identify(draft.concept, route)
        if drug is not None:
            found.append(Order(draft=draft, drug=drug, tag=name_of(drug).replace(" ", "-")))
    seen: Counter[str] = Counter()
    tagged = []
    for order in found:
        seen[order.tag] += 1
        number = seen[order.tag]
        tagged.append(order if number == 1 else replace(order, tag=f"{order.tag}-{number}"))
    return tuple(tagged)


def orders(record: PatientRecord) -> tuple[Order, ...]:
    """The orders that the call asks about."""
    return tuple(order for order in all_orders(record) if order.draft.selected)


def taken(record: PatientRecord) -> tuple[Taken, ...]:
    """What the patient takes by the medication list, without what an order of the call is or replaces."""
    return record.once("medications taken", _taken)


def _taken(record: PatientRecord) -> tuple[Taken, ...]:
    own = {draft.source for draft in record.drafts} | {draft.replaces for draft in record.drafts}
    found = []
    for med in record.medications:
        if med.source not in own and med.is_current(record.as_of):
            drug = identify(med.concept)
            if drug is not None:
                found.append(Taken(medication=med, drug=drug))
    return tuple(found)


def outdated_words(each: Taken, days: int) -> str:
    """Why an order on the list does not count, for an abstention."""
    written = f" of {each.medication.written:%Y-%m-%d}" if each.medication.written else ""
    return f"the order{written} for {name_of(each.drug)} is older than {days} days: counted as not taken now"


def knows_medications(record: PatientRecord) -> bool:
    """True when the medication list was read, so that what is not on it is not known to be taken."""
    return record.knows("MedicationRequest", "MedicationStatement")


def renews(order: Order, record: PatientRecord) -> bool:
    """True for an order that says that it replaces another one, or that the list holds already itself."""
    listed = {med.source for med in record.medications if med.is_current(record.as_of)}
    return bool(order.draft.replaces) or order.draft.source in listed


def taking(
    record: PatientRecord,
    *classes: DrugClass,
    besides: Order | None = None,
    within_days: float = math.inf,
) -> Evidence | None:
    """The first medication or other order of the classes, as evidence; None without one.

    Args:
        besides: An order that is not meant.
        within_days: An order on the list that is older, and whose supply has ended, is passed over.
    """
    for each in taken(record):
        if any(each.drug.of(cls) for cls in classes) and not each.is_outdated(record, within_days):
            return each.evidence
    for other in all_orders(record):
        if other is not besides and any(other.drug.of(cls) for cls in classes):
            return other.evidence
    return None


def coding_of(ingredient: Ingredient) -> Coding:
    """The ingredient as a coding; without a code where none is known for sure."""
    return Coding(RXNORM if ingredient.rxnorm else "", ingredient.rxnorm, ingredient.name)

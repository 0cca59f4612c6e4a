"""An NSAID together with an anticoagulant.

Sources: US prescribing information of Coumadin, section 7, and of direct oral anticoagulants, section 7
(NSAIDs); Davidson BL et al., JAMA Intern Med 2014;174:947-53, doi:10.1001/jamainternmed.2014.946.
"""

from __future__ import annotations

from typing import Final

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.drugs import HEPARIN, NSAID, ORAL_ANTICOAGULANT, DrugClass
from models.contract import ClinicalSettings
from models.finding import Assessment, Citation, Evidence, Finding
from models.medication_safety._orders import Order, orders, taken, taking
from models.medication_safety._rule import Check, not_counted, rules_card, withdraw
from models.registry import clinical_model
from models.scoring import stamped

STAMP: Final = stamped("drug_bleeding.v1", "1.1", (NSAID.atc, ORAL_ANTICOAGULANT.atc, HEPARIN.atc))
_CHECK: Final = Check(
    key="nsaid_anticoagulant",
    question="bleeding",
    words="bleeding",
    guideline=Citation(
        label="Davidson, JAMA Intern Med 2014; anticoagulant labels, section 7",
        url="https://doi.org/10.1001/jamainternmed.2014.946",
    ),
    stamp=STAMP,
)


@clinical_model
class DrugsAndBleeding:
    """An order that brings an NSAID and an anticoagulant together."""

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
        authors="the manufacturers of anticoagulants in their labels",
        question="an NSAID together with an anticoagulant",
        output="For an order of either: the other one on the medication list or among the orders.",
        out_of_scope="Aspirin and other antiplatelet drugs, which are combined on purpose; topical NSAIDs.",
        known_risks="NSAIDs that are bought without a prescription are not on the list. An order that is "
        "older than a year (a setting) and states no supply until now counts as not taken; an oral "
        "anticoagulant of such an order is asked about.",
        basis="A cohort within two trials: clinically relevant bleeding was more than twice as frequent on "
        "NSAIDs.",
        inputs="None.",
        references="doi:10.1001/jamainternmed.2014.946; US prescribing information of anticoagulants, "
        "section 7.",
    )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """The pairs that the orders make, each once; an outdated oral anticoagulant is asked about."""
        said = Assessment()
        asked = {order.draft.source for order in orders(record)}
        for order in orders(record):
            if order.drug.of(NSAID):
                said += _of_nsaid(record, order, settings.order_days)
            elif order.drug.of(ORAL_ANTICOAGULANT) or order.drug.of(HEPARIN):
                other = taking(record, NSAID, besides=order, within_days=settings.order_days)
                # Where both are ordered, the NSAID's card says it: it is the one that can be left out.
                if other is None:
                    said += _outdated(record, order, settings.order_days, NSAID)
                elif other.source not in asked:
                    said += Assessment((_finding(order, other),))
        return said


def _of_nsaid(record: PatientRecord, order: Order, days: int) -> Assessment:
    """With an anticoagulant that is taken; with an oral one of an old order it is a question."""
    other = taking(record, ORAL_ANTICOAGULANT, HEPARIN, besides=order, within_days=days)
    if other is not None:
        return Assessment((_finding(order, other),))
    old = taking(record, ORAL_ANTICOAGULANT, besides=order)
    if old is not None:
        return Assessment((_question(order, old, days),))
    return _outdated(record, order, days, HEPARIN)


def _outdated(record: PatientRecord, order: Order, days: int, cls: DrugClass) -> Assessment:
    old = (each for each in taken(record) if each.drug.of(cls) and each.is_outdated(record, days))
    return Assessment(abstentions=tuple(not_counted(_CHECK, each, days) for each in old))


def _question(order: Order, old: Evidence, days: int) -> Finding:
    return _CHECK.finding(
        order,
        statement=f"{order.name.capitalize()}: is the anticoagulant of an old order still taken?",
        rationale=f"The order of the anticoagulant is older than {days} days and nobody ended it. Taken "
        "together, clinically relevant bleeding more than doubled in trial patients. If it is not taken any "
        "more, end its order.",
        urgency="soon",
        confidence="C",
        evidence=(old,),
        proposals=withdraw(order),
    )


def _finding(order: Order, other: Evidence) -> Finding:
    nsaid = order.drug.of(NSAID) is not None
    with_what = "an anticoagulant" if nsaid else "an NSAID"
    return _CHECK.finding(
        order,
        statement=f"{order.name.capitalize()} together with {with_what}: more bleeding",
        rationale="On an anticoagulant, NSAIDs more than doubled clinically relevant bleeding in trial "
        "patients. Use acetaminophen or a topical form where possible; else keep it short and protect the "
        "stomach.",
        urgency="soon",
        confidence="A",
        evidence=(other,),
        proposals=withdraw(order) if nsaid else (),
    )

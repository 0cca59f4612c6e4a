"""An NSAID together with an anticoagulant.

Sources: US prescribing information of Coumadin, section 7, and of direct oral anticoagulants, section 7
(NSAIDs); Davidson BL et al., JAMA Intern Med 2014;174:947-53, doi:10.1001/jamainternmed.2014.946.
"""

from __future__ import annotations

from typing import Final

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.drugs import HEPARIN, NSAID, ORAL_ANTICOAGULANT
from models.contract import ClinicalSettings
from models.finding import Assessment, Citation, Evidence, Finding
from models.medication_safety._orders import Order, orders, taking
from models.medication_safety._rule import Check, rules_card, withdraw
from models.registry import clinical_model
from models.scoring import stamped

STAMP: Final = stamped("drug_bleeding.v1", "1.0", (NSAID.atc, ORAL_ANTICOAGULANT.atc, HEPARIN.atc))
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
        known_risks="NSAIDs that are bought without a prescription are not on the list.",
        basis="A cohort within two trials: clinically relevant bleeding was more than twice as frequent on "
        "NSAIDs.",
        inputs="None.",
        references="doi:10.1001/jamainternmed.2014.946; US prescribing information of anticoagulants, "
        "section 7.",
    )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """The pairs that the orders make, each once."""
        findings: list[Finding] = []
        asked = {order.draft.source for order in orders(record)}
        for order in orders(record):
            if order.drug.of(NSAID):
                other = taking(record, ORAL_ANTICOAGULANT, HEPARIN, besides=order)
            elif order.drug.of(ORAL_ANTICOAGULANT) or order.drug.of(HEPARIN):
                other = taking(record, NSAID, besides=order)
            else:
                continue
            # Where both are ordered, the NSAID's card says it: it is the one that can be left out.
            if other is not None and (order.drug.of(NSAID) or other.source not in asked):
                findings.append(_finding(order, other))
        return Assessment(tuple(findings))


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

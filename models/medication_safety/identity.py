"""Orders whose drug is not recognized: said by name, because every other check passes them over."""

from __future__ import annotations

from fhir_adapters.record import DraftOrder, Need, PatientRecord, Requires
from fhir_adapters.terminology.ingredients import identify
from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment
from models.medication_safety._rule import rules_card
from models.registry import clinical_model
from models.scoring import stamped

_LONGEST = 80
STAMP = stamped("order_identity.v1", "1.0", ())


@clinical_model
class OrderIdentity:
    """Names each selected order that no check can judge."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires((Need(resource="Patient", required=True),))
    card = rules_card(
        authors="nobody: a statement about this service's own limits",
        question="orders whose drug this service does not recognize",
        output="The name of each order that was not checked for anything.",
        out_of_scope="Whether the order is right.",
        known_risks="A name that means another drug is recognized as that drug.",
        basis="Not applicable: nothing is judged.",
        inputs="None.",
        references="Not applicable: no publication.",
    )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """One abstention for each order that names no drug, or none that is known."""
        return Assessment(
            abstentions=tuple(
                Abstention(
                    key="order_identity",
                    cause="missing-input",
                    reason=f"{_why(draft)}; nothing was checked",
                    model=STAMP,
                    subject=draft.concept.label[:_LONGEST] or "an order",
                )
                for draft in record.drafts
                if draft.selected and identify(draft.concept) is None
            )
        )


def _why(draft: DraftOrder) -> str:
    if draft.withheld:
        return "it is labelled as confidential"
    return "the drug is not recognized" if draft.concept.label else "it names no drug that can be read"

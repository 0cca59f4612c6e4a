"""medication-safety: orders against the chart, when they are signed."""

from __future__ import annotations

from cds_hooks.services.registry import HookService

SERVICE = HookService(
    id="medication-safety",
    hook="order-sign",
    title="Medication safety",
    description=(
        "Reads the medication orders that are about to be signed and compares them with allergies, kidney "
        "function, potassium and the medication list, and doses of direct oral anticoagulants with their "
        "labels. What could not be checked is said."
    ),
    # What may harm at once comes first, as models get the time of a call in this order.
    models=(
        "order_identity.v1",
        "drug_allergy.v1",
        "drug_potassium.v1",
        "drug_kidney.v1",
        "anticoagulant_dose.v1",
        "drug_bleeding.v1",
        "duplicate_therapy.v1",
    ),
    usage_requirements=(
        "Supports clinicians and pharmacists and replaces no judgement of theirs; it knows some rules, not "
        "all. For adults. Draft orders are read from the context and need not exist on the FHIR server."
    ),
)

"""discharge-risk: readmission, when somebody is being discharged."""

from __future__ import annotations

from cds_hooks.services.registry import HookService

SERVICE = HookService(
    id="discharge-risk",
    hook="encounter-discharge",
    title="Risk of readmission",
    description=(
        "When a stay in hospital is being ended: LACE, the HOSPITAL score and, in diabetes, a risk learned "
        "from public data. A card only where the risk is high enough to change the follow-up."
    ),
    models=("lace.v1", "hospital.v1", "readmission.v1"),
    usage_requirements="Supports clinicians and replaces no judgement of theirs. For adults after a stay in "
    "hospital.",
    states_silence=True,
)

"""chart-review: what the chart shows and the problem list does not say, when a chart is opened."""

from __future__ import annotations

from cds_hooks.services.registry import HookService

SERVICE = HookService(
    id="chart-review",
    hook="patient-view",
    title="Chart review",
    description=(
        "Reads the chart when it is opened and answers with a few cards: conditions that meet published "
        "diagnostic criteria or are documented in notes and are not on the problem list, published risk "
        "scores, risks learned from public data, and what a week's symptoms speak for, each with evidence."
    ),
    # What can't wait comes first, as models get the time of a call in this order.
    models=(
        "news2.v1",
        "sepsis.v3",
        "sepsis_signs.v1",
        "acid_base.v1",
        "heparin.v1",
        "curb65.v1",
        "mood.v1",
        "potassium.v1",
        "electrolytes.v1",
        "kidney.v1",
        "kfre.v1",
        "diabetes.v1",
        "gestational.v1",
        "heart.v1",
        "rhythm.v1",
        "stroke_af.v1",
        "has_bled.v1",
        "hypertension.v1",
        "prevent.v1",
        "score2.v1",
        "anemia.v1",
        "lipids.v1",
        "thyroid.v1",
        "hyperthyroidism.v1",
        "blood_counts.v1",
        "organs.v1",
        "vitamins.v1",
        "metabolic.v1",
        "metabolic_syndrome.v1",
        "serology.v1",
        "liver.v1",
        "fib4.v1",
        "meld3.v1",
        "khorana.v1",
        "cardiometabolic.v2",
        "nutrition.v1",
        "fractures.v1",
        "readmission.v1",
        "treated.v1",
        "note_problems.v1",
        "differential.v1",
    ),
    usage_requirements=(
        "Supports clinicians and replaces no judgement of theirs. For adults. "
        "Prefetch is optional: what is missing is read from the FHIR server with the token of the call."
    ),
)

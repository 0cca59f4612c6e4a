"""chart-summary: everything that was assessed, on one card, for somebody who asks."""

from __future__ import annotations

from cds_hooks.services.chart_review import SERVICE as CHART_REVIEW
from cds_hooks.services.registry import HookService

SERVICE = HookService(
    id="chart-summary",
    hook="patient-view",
    title="Chart summary",
    description=(
        "One card with every finding, the result of every score that the chart allows, and why the others "
        "were not computed."
    ),
    models=(
        *CHART_REVIEW.models,
        "ckdepi.v1",
        "kdigo_grid.v1",
        "aki_kdigo.v1",
        "recode.v1",
        "charlson.v1",
        "child_pugh.v1",
        "qsofa.v1",
        "sirs.v1",
        "sofa.v1",
        "lace.v1",
        "hospital.v1",
        "grace.v1",
        "timi.v1",
        "wells_dvt.v1",
        "wells_pe.v1",
        "cockcroft_gault.v1",
        "perc.v1",
        "padua.v1",
        "four_ts.v1",
        "findrisc.v1",
        "phq9.v1",
        "gad7.v1",
        "trajectory.v1",
    ),
    usage_requirements=(
        "To be called when a clinician asks for it, not whenever a chart is opened. "
        "Supports clinicians and replaces no judgement of theirs. For adults."
    ),
    form="summary",
)

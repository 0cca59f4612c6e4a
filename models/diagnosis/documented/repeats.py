"""One condition, one finding: what a criterion or a score already names is not offered again from notes."""

from __future__ import annotations

from fhir_adapters.record import Coding
from models.finding import Assessment, Finding
from models.notes.linking import same_condition


def without_repeats(assessment: Assessment) -> Assessment:
    """The assessment without findings from notes whose condition another finding is about."""
    others = [f for f in assessment.findings if f.kind != "documented_in_notes"]
    if len(others) == len(assessment.findings):
        return assessment
    codes = [coding for finding in others for coding in (finding.topic, *_proposed(finding))]
    kept = tuple(
        finding
        for finding in assessment.findings
        if finding.kind != "documented_in_notes" or not same_condition(_proposed(finding), codes)
    )
    return Assessment(kept, assessment.abstentions)


def _proposed(finding: Finding) -> tuple[Coding, ...]:
    return tuple(
        coding
        for proposal in finding.proposals
        if proposal.kind == "add-problem"
        for coding in proposal.codings
    )

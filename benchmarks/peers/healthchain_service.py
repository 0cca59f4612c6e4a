"""HealthChain from PyPI, run in its own environment, answering one constant card.

"bare" does not look at the chart. "adapter" runs its FHIR adapter over the prefetched resources, which
is how a model there gets its data. They sit on two hooks because it keeps one handler for each hook.
"""

from __future__ import annotations

from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.io import CdsFhirAdapter
from healthchain.models import CDSRequest, CDSResponse

CARD = {"summary": "constant", "indicator": "info", "source": {"label": "peer"}}
service = CDSHooksService()


@service.hook("patient-view", id="bare")
def bare(request: CDSRequest) -> CDSResponse:
    """Answers without looking at the chart."""
    return CDSResponse(cards=[CARD])


@service.hook("encounter-discharge", id="adapter")
def adapter(request: CDSRequest) -> CDSResponse:
    """Turns the prefetched resources into its document first."""
    document = CdsFhirAdapter(hook_name="encounter-discharge").parse(request)
    return CDSResponse(cards=[{**CARD, "summary": str(len(document.fhir.prefetch_resources))}])


app = HealthChainAPI(title="peer")
app.register_service(service)

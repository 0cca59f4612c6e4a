"""Runs models over a record, one failing or late model never silencing the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from fhir_adapters.record import PatientRecord
from models.contract import ClinicalModel, ClinicalSettings
from models.diagnosis.documented.repeats import without_repeats
from models.finding import Abstention, AbstentionCause, Assessment

log = logging.getLogger(__name__)


def assess(
    record: PatientRecord,
    models: Iterable[ClinicalModel],
    settings: ClinicalSettings,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Assessment:
    """Asks each model in turn.

    Args:
        record: The chart.
        models: In the order in which they should get the time there is.
        settings: The site's clinical settings.
        out_of_time: Says when the call's deadline has come; models not yet asked then abstain.

    Returns:
        All findings and abstentions. A deceased patient gets neither: no model applies.
    """
    if record.patient.deceased:
        return Assessment()
    total = Assessment()
    for model in models:
        if out_of_time():
            total += _abstain(model, "out-of-time", "not assessed: the time for this call was used up")
            continue
        try:
            total += model.assess(record, settings)
        except Exception as error:  # a defect in one model must not hide what the others found
            log.error("model failed", extra={"model": model.name, "error": type(error).__name__})
            total += _abstain(model, "model-error", "not assessed: the model failed on this chart")
    return without_repeats(total)


def _abstain(model: ClinicalModel, cause: AbstentionCause, reason: str) -> Assessment:
    return Assessment(
        abstentions=(
            Abstention(key=model.name.partition(".")[0], cause=cause, reason=reason, model=model.stamp),
        )
    )

"""Patient -> Demographics."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.values import Json, dicts, last_day, moment, text_of
from fhir_adapters.record import Demographics, Sex

_SEXES: dict[str, Sex] = {"female": "female", "male": "male", "other": "other"}
_NAME_USES = ("official", "usual", "")


def map_patient(patient: Json, chart: ChartContext) -> Demographics:
    """Reads who the chart is about; what can't be read is unknown."""
    source = f"Patient/{chart.patient_id}"
    birth_date, precision = _birth_date(patient, source, chart)
    death = moment(patient.get("deceasedDateTime"))
    if death is not None and chart.is_future(death):
        chart.quality.add("future", source, "the date of death is after now")
        death = None
    return Demographics(
        source=source,
        patient_id=chart.patient_id,
        name=_name(patient),
        sex=_SEXES.get(text_of(patient.get("gender")).lower(), "unknown"),
        birth_date=birth_date,
        birth_date_precision=precision,
        deceased=death is not None or patient.get("deceasedBoolean") is True,
        deceased_at=death.at if death else None,
    )


def _birth_date(
    patient: Json, source: str, chart: ChartContext
) -> tuple[date | None, Literal["day", "month", "year"]]:
    sent = patient.get("birthDate")
    born = moment(sent)
    if born is None:
        if sent is not None:
            chart.quality.add("unreadable", source, "the birth date is not a date")
        return None, "day"
    if chart.is_future(born):
        chart.quality.add("future", source, "the birth date is after now")
        return None, "day"
    precision = born.precision
    if precision in ("month", "year"):
        chart.quality.add("approximate", source, f"the birth date is known to the {precision} only")
    return last_day(born), "day" if precision == "time" else precision


def _name(patient: Json) -> str:
    names = dicts(patient.get("name"))
    names.sort(key=lambda name: _rank(text_of(name.get("use"))))
    for name in names:
        given = name.get("given")
        words = [word for word in given if isinstance(word, str)] if isinstance(given, list) else []
        written = text_of(name.get("text")) or " ".join((*words, text_of(name.get("family")))).strip()
        if written:
            return written
    return ""


def _rank(use: str) -> int:
    return _NAME_USES.index(use) if use in _NAME_USES else len(_NAME_USES)

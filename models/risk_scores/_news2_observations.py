"""One NEWS2 observation set out of a chart: vital signs, consciousness and oxygen taken within the hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from fhir_adapters.record import CodedObservation, Measurement, PatientRecord
from models.chart_inputs import Answer, measured, usable, words_of
from models.finding import Evidence
from models.risk_scores._chart import in_hospital

RECENT = timedelta(hours=24)
_TOGETHER = timedelta(minutes=60)

# Input of the score -> analyte of the record. Respiratory rate, the rarest, is the anchor of a set.
VITAL_SIGNS = {
    "respiratory_rate": "resp_rate",
    "spo2": "spo2",
    "sbp": "sbp",
    "pulse": "heart_rate",
    "temperature_c": "temperature",
}

_ALERT_CODES = frozenset({"248234008", "LA9340-6"})
# Responds to voice, to pain; unresponsive; acute or new confusion; clouded consciousness.
_NOT_ALERT_CODES = frozenset(
    {"300202002", "450847001", "422768004", "130987000", "1104441000000107", "40917007"}
)
_NOT_ALERT_WORDS = ("voice", "verbal", "pain", "unresponsive", "confus", "drowsy", "letharg", "coma")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ObservationSet:
    """What was observed within an hour of `at`.

    Attributes:
        vital_signs: By input name; absent ones are absent.
        alert: None when consciousness was not recorded.
        on_oxygen: None when neither a flow nor an inspired fraction was recorded.
        acute: True when it was taken in hospital or the patient is there now.
    """

    at: datetime
    vital_signs: dict[str, Measurement]
    alert: Answer | None
    on_oxygen: Answer | None
    acute: bool

    def __repr__(self) -> str:
        return f"ObservationSet({', '.join(self.vital_signs)})"


class _Timed(NamedTuple):
    distance: timedelta
    answer: Answer


def newest_set(record: PatientRecord) -> ObservationSet | None:
    """The newest set of the last 24 hours, as complete as it is; None when nothing was observed.

    It is taken around the newest respiratory rate; without one, around the newest vital sign.
    Measurements that carry a day only, and those made at home or in the clinic, don't belong to any set.
    """
    recent = {name: _recent(record, analyte) for name, analyte in VITAL_SIGNS.items()}
    anchors = recent["respiratory_rate"] or [point for points in recent.values() for point in points]
    if not anchors:
        return None
    at = max(point.at for point in anchors)
    vital_signs = {
        name: min(near, key=lambda point: abs(point.at - at))
        for name, points in recent.items()
        if (near := [point for point in points if abs(point.at - at) <= _TOGETHER])
    }
    return ObservationSet(
        at=at,
        vital_signs=vital_signs,
        alert=_alert(record, at),
        on_oxygen=_oxygen(record, at),
        acute=in_hospital(record) is not None
        or any(point.setting in ("inpatient", "emergency") for point in vital_signs.values()),
    )


def _recent(record: PatientRecord, analyte: str) -> list[Measurement]:
    found = []
    for point in reversed(record.series(analyte).points):
        if point.at < record.as_of - RECENT:
            break
        outpatient = point.setting in ("ambulatory", "home")
        if point.at <= record.as_of and usable(point) and not point.date_only and not outpatient:
            found.append(point)
    return found


def _near(record: PatientRecord, analyte: str, at: datetime) -> Measurement | None:
    near = [point for point in _recent(record, analyte) if abs(point.at - at) <= _TOGETHER]
    return min(near, key=lambda point: abs(point.at - at), default=None)


def _alert(record: PatientRecord, at: datetime) -> Answer | None:
    """Alert or not: by the coded level of consciousness or the coma scale, whichever is nearer in time."""
    found = [
        _Timed(abs(obs.at - at), Answer(int(alert), _level_evidence(obs)))
        for obs in record.coded_observations
        if obs.kind == "consciousness"
        and abs(obs.at - at) <= _TOGETHER
        and (alert := _is_alert(obs)) is not None
    ]
    gcs = _near(record, "gcs", at)
    if gcs is not None:
        found.append(_Timed(abs(gcs.at - at), Answer(int(gcs.value >= 15), measured(gcs))))
    return min(found, key=lambda timed: timed.distance).answer if found else None


def _level_evidence(obs: CodedObservation) -> Evidence:
    return Evidence(source=obs.source, label="Level of consciousness", value=obs.value.label, at=obs.at)


def _is_alert(obs: CodedObservation) -> bool | None:
    codes = {coding.code for coding in obs.value.codings}
    words = words_of(obs)
    if codes & _NOT_ALERT_CODES or any(word in words for word in _NOT_ALERT_WORDS):
        return False
    return True if codes & _ALERT_CODES or words in ("alert", "mentally alert") else None


def _oxygen(record: PatientRecord, at: datetime) -> Answer | None:
    found = [
        (point, point.value > room_air)
        for analyte, room_air in (("o2_flow", 0.0), ("fio2", 21.0))
        if (point := _near(record, analyte, at)) is not None
    ]
    if not found:
        return None
    point, given = max(found, key=lambda item: item[1])
    return Answer(int(given), measured(point))

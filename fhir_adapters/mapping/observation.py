"""Observation -> measurements in canonical units, and coded observations.

This is the hot path: a chart has hundreds of Observations and the answer is due in milliseconds. So an
ordinary one (a known code, an exact time, a Quantity with a known unit) is read by plain dictionary look-ups
that assume its shape; what does not have that shape goes through the slower, tolerant readers.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import SHAPELESS, SetAsideError, not_used, unreadable
from fhir_adapters.mapping.quantity import coded_value, in_words, numeric_value
from fhir_adapters.mapping.specimen import off_scale, only_compares, suspicion
from fhir_adapters.mapping.thawed import twin
from fhir_adapters.mapping.values import (
    LENGTH_OF_A_DATE,
    SHAPE_ERRORS,
    Json,
    Moment,
    dicts,
    iso_time,
    moment,
    period,
    reference_to,
    text_of,
)
from fhir_adapters.record import LOINC, CodedObservation, Comparator, Measurement, Series, Setting
from fhir_adapters.terminology.analyte import IDENTITY, Analyte
from fhir_adapters.terminology.analyte_names import loinc_of_name
from fhir_adapters.terminology.analytes import BY_LOINC
from fhir_adapters.terminology.code_systems import spellings_of
from fhir_adapters.terminology.units import UnitProblem, conversion

_USED = frozenset({"final", "amended", "corrected"})
_LOINC_SYSTEMS = spellings_of(LOINC)

# What was measured: the LOINC code that decides about the number, its analyte, whether a name alone told it.
_Found = tuple[str, Analyte, bool]
# What holds for all values of one Observation: source, time, date only, setting, why it is suspect, and
# whether its interpretation is an ordinary one.
_Frame = tuple[str, datetime, bool, Setting, str, bool]

_ThawedMeasurement = twin(Measurement)


@lru_cache(maxsize=64)
def _table(analytes: frozenset[str] | None) -> Mapping[str, Analyte]:
    if analytes is None:
        return dict(BY_LOINC)
    return {code: analyte for code, analyte in BY_LOINC.items() if analyte.key in analytes}


class ObservationReader:
    """Reads the Observations of one chart.

    Attributes:
        coded: The coded observations so far, in the order of the chart.
    """

    def __init__(self, chart: ChartContext, analytes: frozenset[str] | None) -> None:
        self._chart = chart
        self._analytes = _table(analytes)
        self._points: defaultdict[str, list[Measurement]] = defaultdict(list)
        self.coded: list[CodedObservation] = []

    def read_all(self, observations: Mapping[str, Json]) -> None:
        """Reads Observations by their reference; a bad one becomes a data-quality note."""
        for source, obs in observations.items():
            try:
                self._read(source, obs)
            except SetAsideError as error:
                self._chart.quality.set_aside(source, error)
            except SHAPE_ERRORS:
                self._chart.quality.add("unreadable", source, SHAPELESS)

    def series(self) -> dict[str, Series]:
        """The measurements by analyte, each once, oldest first."""
        return {analyte: Series(self._in_order(points)) for analyte, points in self._points.items()}

    def _in_order(self, points: list[Measurement]) -> tuple[Measurement, ...]:
        """By time; of one value at one time from several resources one, a suspect one if there is."""
        points.sort(key=attrgetter("at"))
        if all(earlier.at != later.at for earlier, later in pairwise(points)):
            return tuple(points)
        points.sort(
            key=attrgetter("at", "source")
        )  # not in the order in which a server happened to send them
        once: dict[tuple[datetime, float, str], Measurement] = {}
        for point in points:
            key = (point.at, point.value, point.comparator)
            held = once.setdefault(key, point)
            if held is point:
                continue
            spare = point
            if point.suspect and not held.suspect:
                once[key], spare = point, held
            if spare.source != once[key].source:
                self._chart.quality.add("duplicate", spare.source, "repeats a value of the same time")
        return tuple(once.values())

    def _read(self, source: str, obs: Json) -> None:
        chart = self._chart
        subject = obs.get("subject")
        if subject is None or subject.get("reference") not in chart.own_references:
            chart.check_subject(obs)
        status = obs["status"]
        found = self._find(obs["code"])
        components = obs.get("component")
        if status not in _USED:
            if found is not None or any(self._find(part["code"]) for part in components or ()):
                raise not_used(status)
            return
        if found is None and not components:
            return
        at, date_only = self._when(source, obs)
        setting = chart.setting_of(reference_to(obs.get("encounter"))) if chart.settings else "unknown"
        is_plain = "interpretation" not in obs or only_compares(obs["interpretation"])
        suspect = "" if is_plain and "note" not in obs else suspicion(obs)
        frame = (source, at, date_only, setting, suspect, is_plain)
        if components:
            self._take_components(frame, components)
        if found is not None:
            self._take(frame, obs, *found)

    def _find(self, code: Json) -> _Found | None:
        """The first LOINC code that is asked for and its analyte; without LOINC codes, what the name says."""
        for coding in code.get("coding") or ():
            loinc = coding.get("code")
            analyte = self._analytes.get(loinc)
            if analyte is not None and coding.get("system") in _LOINC_SYSTEMS:
                return loinc, analyte, False
        return self._find_by_name(code)

    def _find_by_name(self, code: Json) -> _Found | None:
        codings = dicts(code.get("coding"))
        if any(coding.get("system") in _LOINC_SYSTEMS for coding in codings):
            return None
        displays = (text_of(coding.get("display")) for coding in codings)
        named = loinc_of_name(text_of(code.get("text")), *displays)
        analyte = self._analytes.get(named) if named else None
        return (named, analyte, True) if named and analyte is not None else None

    def _when(self, source: str, obs: Json) -> tuple[datetime, bool]:
        """When the specimen was taken or the reading made, and whether only the day is known."""
        text = obs.get("effectiveDateTime")
        if type(text) is str and len(text) > LENGTH_OF_A_DATE:
            at = iso_time(text)
            if at is not None and at <= self._chart.latest:
                return at, False
        when = _moment_of(obs)
        if self._chart.is_future(when):
            raise SetAsideError("future", "is dated after now")
        if when.precision in ("month", "year"):
            self._chart.quality.add("approximate", source, f"is dated to the {when.precision} only")
        return when.at, when.precision != "time"

    def _take_components(self, frame: _Frame, components: Iterable[Json]) -> None:
        """Takes each component on its own: a bad diastolic value does not cost the systolic one."""
        source, at, date_only, setting, suspect, _ = frame
        for part in components:
            try:
                found = self._find(part["code"])
                if found is not None:
                    is_plain = "interpretation" not in part or only_compares(part["interpretation"])
                    doubt = suspect or ("" if is_plain else suspicion(part))
                    self._take((source, at, date_only, setting, doubt, is_plain), part, *found)
            except SetAsideError as error:
                self._chart.quality.set_aside(source, error)
            except SHAPE_ERRORS:
                self._chart.quality.add("unreadable", source, "has a component without the shape of one")

    def _take(self, frame: _Frame, holder: Json, loinc: str, analyte: Analyte, by_name: bool) -> None:
        """Takes the value of an Observation or a component."""
        if "valueQuantity" not in holder and _holds_no_value(holder):
            return
        if "dataAbsentReason" in holder:
            raise unreadable("has a value and a reason for having none")
        source, at, date_only, setting, suspect, is_plain = frame
        if analyte.coded:
            self.coded.append(
                CodedObservation(
                    source=source, kind=analyte.key, value=coded_value(holder), at=at, setting=setting
                )
            )
            return
        if analyte.in_words and "valueQuantity" not in holder and (said := in_words(holder)) is not None:
            self.coded.append(
                CodedObservation(source=source, kind=analyte.key, value=said, at=at, setting=setting)
            )
            return
        sent, code, unit, comparator = numeric_value(holder)
        if not is_plain and not comparator:
            comparator = off_scale(holder["interpretation"])
        how = conversion(loinc, code, unit)
        if isinstance(how, UnitProblem):
            raise SetAsideError("unconvertible", f"{analyte.name}: {how.value}")
        value = sent if how is IDENTITY else how.apply(sent)
        if not analyte.low <= value <= analyte.high and not _is_bound(value, analyte, comparator):
            raise SetAsideError("implausible", f"{analyte.name}: the value is outside the plausible range")
        reported = "" if value == sent else f"{comparator}{sent:.10g} {unit or code}"
        key, canonical = analyte.key, analyte.unit
        point = _ThawedMeasurement(
            source,
            key,
            value,
            canonical,
            at,
            comparator,
            setting,
            reported,
            suspect,
            date_only,
            "" if by_name else loinc,
            by_name,
        )
        point.__class__ = Measurement
        self._points[key].append(point)


def _is_bound(value: float, analyte: Analyte, comparator: Comparator) -> bool:
    """True for a censored value beyond the range: "<5" may lie below what can be measured. Never for NaN."""
    below = comparator.startswith("<") and min(analyte.low, 0.0) <= value <= analyte.high
    return below or (comparator.startswith(">") and analyte.low <= value < math.inf)


def _holds_no_value(holder: Json) -> bool:
    """True for the head of a panel, whose values are elsewhere.

    Raises:
        SetAsideError: There is no value: a reason stands in its place, or nothing says why.
    """
    if any(key.startswith("value") for key in holder):
        return False
    if "dataAbsentReason" in holder:
        raise SetAsideError("not-used", "says that its value is absent")
    if "component" not in holder and "hasMember" not in holder:
        raise unreadable("has no value")
    return True


def _moment_of(obs: Json) -> Moment:
    for value in (
        obs.get("effectiveDateTime"),
        obs.get("effectiveInstant"),
        *period(obs.get("effectivePeriod")),
        obs.get("issued"),
    ):
        when = moment(value)
        if when is not None:
            return when
    raise unreadable("has no readable date")

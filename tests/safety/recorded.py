"""A record that remembers what a model read of it: resource types, and analytes of Observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Final, TypeVar

from fhir_adapters.record import CodedObservation, PatientRecord, ResourceType, Series
from fhir_adapters.terminology.analytes import ANALYTES

V = TypeVar("V")

# The parts of a record that come from the chart, by the resource types that they are made of. Observations
# are told apart by analyte; orders, discharge and time belong to the call.
_PARTS: Final[Mapping[str, tuple[ResourceType, ...]]] = MappingProxyType(
    {
        "patient": ("Patient",),
        "conditions": ("Condition",),
        "medications": ("MedicationRequest", "MedicationStatement"),
        "allergies": ("AllergyIntolerance",),
        "procedures": ("Procedure",),
        "encounters": ("Encounter",),
        "family_history": ("FamilyMemberHistory",),
        "notes": ("DocumentReference",),
        "readings": ("DocumentReference",),
    }
)


@dataclass(frozen=True, slots=True)
class Reads:
    """What was read.

    Attributes:
        content: Types of which content was looked at; Observations are in `analytes`.
        asked_after: Types of which it was looked at whether they were obtained.
        analytes: Keys of the Observations that were looked for, whether or not there were any.
    """

    content: set[str] = field(default_factory=set)
    asked_after: set[str] = field(default_factory=set)
    analytes: set[str] = field(default_factory=set)

    @property
    def resources(self) -> set[str]:
        """Types of which content was looked at."""
        return self.content | ({"Observation"} if self.analytes else set())

    def add(self, other: Reads) -> None:
        """Takes in what was read elsewhere."""
        self.content.update(other.content)
        self.asked_after.update(other.asked_after)
        self.analytes.update(other.analytes)


def recorded(record: PatientRecord) -> tuple[PatientRecord, Reads]:
    """The same record with nothing derived yet, and where its reads are told.

    How a measurement's setting is known is from the Encounter: it is read where the setting is compared,
    not where it is only handed on.
    """
    reads = Reads()
    content: dict[str, Any] = {each.name: getattr(record, each.name) for each in fields(record) if each.init}
    content["measurements"] = _Recorded(
        {analyte: _with_settings(series, reads) for analyte, series in record.measurements.items()},
        reads.analytes,
    )
    content["coded_observations"] = tuple(_with_kind(each, reads) for each in record.coded_observations)
    content["coverage"] = _Recorded(record.coverage, reads.asked_after)
    made = _RecordedRecord(**content)
    object.__setattr__(made, "reads", reads)
    return made, reads


class _RecordedRecord(PatientRecord):
    __slots__ = ("reads",)

    def __getattribute__(self, name: str) -> Any:
        if name in _PARTS:
            object.__getattribute__(self, "reads").content.update(_PARTS[name])
        return object.__getattribute__(self, name)


class _Recorded(Mapping[str, V]):
    """A mapping that notes which keys were asked for; whoever goes through it has asked for all."""

    def __init__(self, content: Mapping[Any, V], asked: set[str]) -> None:
        self._content, self._asked = content, asked

    def __getitem__(self, key: str) -> V:
        self._asked.add(key)
        return self._content[key]

    def __iter__(self) -> Iterator[str]:
        self._asked.update(self._content)
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


class _Setting(str):
    """Where something was measured; notes that it was compared."""

    content: set[str]

    def __eq__(self, other: object) -> bool:
        self.content.add("Encounter")
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        self.content.add("Encounter")
        return str.__hash__(self)


class _Kind(str):
    """The analyte of a coded observation; notes which analytes it was compared with."""

    analytes: set[str]

    def __eq__(self, other: object) -> bool:
        self.analytes.add(str(other))
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        self.analytes.add(str(self))
        return str.__hash__(self)

    def startswith(self, prefix: Any, *place: Any) -> bool:
        self.analytes.update(analyte for analyte in ANALYTES if analyte.startswith(prefix))
        return str(self).startswith(prefix, *place)


def _setting(setting: str, reads: Reads) -> Any:
    told = _Setting(setting)
    told.content = reads.content
    return told


def _with_settings(series: Series, reads: Reads) -> Series:
    return Series(tuple(replace(each, setting=_setting(each.setting, reads)) for each in series))


def _with_kind(obs: CodedObservation, reads: Reads) -> CodedObservation:
    kind = _Kind(obs.kind)
    kind.analytes = reads.analytes
    return replace(obs, kind=kind, setting=_setting(obs.setting, reads))

"""What every mapper needs to know about the chart that it works on."""

from __future__ import annotations

from datetime import datetime, timedelta

from fhir_adapters.mapping.quality import LISTED_OF_ONE_KIND, QualityNotes, SetAsideError, unreadable
from fhir_adapters.mapping.values import LENGTH_OF_A_DATE, Json, Moment, iso_time, moment, relative
from fhir_adapters.record import Setting

# Clocks of laboratories and servers differ; what is dated this little after now is not of the future.
CLOCK_TOLERANCE = timedelta(minutes=5)


class ChartContext:
    """One patient, one point in time, and the notes made while reading.

    Attributes:
        patient_id: Whose chart it is.
        latest: Data dated after it is of the future.
        settings: The setting of each encounter, by its reference.
        quality: What was set aside so far.
        own_references: Reference strings known to mean the patient, in the forms that they came in.
    """

    __slots__ = ("_identifiers", "latest", "now", "own_references", "patient_id", "quality", "settings")

    def __init__(self, patient_id: str, now: datetime, listed: int = LISTED_OF_ONE_KIND) -> None:
        self.patient_id = patient_id
        self.now = now
        self.latest = now + CLOCK_TOLERANCE
        self.settings: dict[str, Setting] = {}
        self.quality = QualityNotes(listed)
        self.own_references = {f"Patient/{patient_id}"}
        self._identifiers: frozenset[tuple[str, str]] = frozenset()

    def know_identifiers(self, patient: Json) -> None:
        """Takes the Patient's business identifiers, which a reference may give in place of an id."""
        identifiers = patient.get("identifier")
        found = (_identifier(item) for item in identifiers) if isinstance(identifiers, list) else ()
        self._identifiers = frozenset(item for item in found if item is not None)

    def check_subject(self, resource: Json) -> None:
        """Passes when the resource is about the patient.

        Raises:
            SetAsideError: It is about somebody else, or doesn't say about whom.
        """
        subject = resource.get("subject") or resource.get("patient")
        reference = subject.get("reference") if isinstance(subject, dict) else None
        if isinstance(reference, str) and reference:
            if reference not in self.own_references:
                self._learn(reference)
        elif not isinstance(subject, dict) or _identifier(subject.get("identifier")) not in self._identifiers:
            raise unreadable("does not say whom it is about")

    def _learn(self, reference: str) -> None:
        kind, _, identity = relative(reference).rpartition("/")
        if reference.startswith("urn:uuid:"):
            kind, identity = "Patient", reference.removeprefix("urn:uuid:")
        if kind != "Patient" or identity != self.patient_id:
            raise SetAsideError("wrong-patient", "is about another patient")
        self.own_references.add(reference)

    def is_future(self, when: Moment) -> bool:
        """True for what is dated after now; a date without a time counts as a day."""
        if when.at <= self.latest:
            return False
        return when.precision == "time" or when.at.date() > self.now.date()

    def past(self, value: object) -> datetime | None:
        """A date of something that has happened; None when absent or unreadable.

        Raises:
            SetAsideError: It is dated after now.
        """
        if type(value) is str and len(value) > LENGTH_OF_A_DATE:
            at = iso_time(value)
            if at is not None and at <= self.latest:
                return at
        when = moment(value)
        if when is None:
            return None
        if self.is_future(when):
            raise SetAsideError("future", "is dated after now")
        return when.at

    def setting_of(self, encounter: str) -> Setting:
        """Where something recorded under an encounter took place; "unknown" without the encounter."""
        return self.settings.get(encounter, "unknown")


def _identifier(value: object) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return None
    system, name = value.get("system"), value.get("value")
    return (system, name) if isinstance(system, str) and isinstance(name, str) and system and name else None

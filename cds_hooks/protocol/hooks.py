"""The hooks of the CDS Hooks library as one table: the fields of each context, how many and of what type.

Source: CDS Hooks library (HL7), one page a hook, each with a table "Context"; versions as printed there.
Where the examples of a page contradict its table, the other name is in `also` and both are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

# id: a bare FHIR id. reference: `Type/id`. references: an array of them, with at least one.
# resources: FHIR resources, as a Bundle, as one resource, or as {"resource": ...}. array: an array of
# resources.
FieldKind = Literal["id", "reference", "references", "resources", "array"]

CLINICIAN: Final = ("Practitioner", "PractitionerRole")
ANYONE: Final = (*CLINICIAN, "Patient", "RelatedPerson")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextField:
    """One row of a context's table.

    Attributes:
        name: As the table has it, e.g. "draftOrders".
        types: Resource types that a reference may name or a resource may be of; empty for any.
        also: Other names under which examples of the library, or older versions of the hook, send it.
    """

    name: str
    kind: FieldKind
    required: bool = True
    types: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A hook: its name, the version that is read, and the fields of its context."""

    name: str
    version: str
    fields: tuple[ContextField, ...]


def _user(*types: str, required: bool = True) -> ContextField:
    return ContextField(name="userId", kind="reference", types=types, required=required)


_PATIENT = ContextField(name="patientId", kind="id")
_ENCOUNTER = ContextField(name="encounterId", kind="id")
_PERHAPS_ENCOUNTER = ContextField(name="encounterId", kind="id", required=False)
_DRAFTS = ContextField(name="draftOrders", kind="resources")

_LIBRARY: Final = (
    Hook(name="patient-view", version="1.0", fields=(_user(*ANYONE), _PATIENT, _PERHAPS_ENCOUNTER)),
    Hook(
        name="order-select",
        version="1.0.2",
        fields=(
            _user(*CLINICIAN),
            _PATIENT,
            _PERHAPS_ENCOUNTER,
            ContextField(name="selections", kind="references"),
            _DRAFTS,
        ),
    ),
    Hook(
        name="order-sign",
        version="1.1.0",
        fields=(_user(*CLINICIAN), _PATIENT, _PERHAPS_ENCOUNTER, _DRAFTS),
    ),
    Hook(
        name="order-dispatch",
        version="1.1",
        fields=(
            _PATIENT,
            ContextField(name="dispatchedOrders", kind="references", also=("order",)),
            ContextField(name="performer", kind="reference"),
            ContextField(
                name="fulfillmentTasks",
                kind="array",
                required=False,
                types=("Task",),
                also=("fulfillment-tasks", "task"),
            ),
        ),
    ),
    Hook(name="encounter-start", version="1.0", fields=(_user(*CLINICIAN), _PATIENT, _ENCOUNTER)),
    Hook(name="encounter-discharge", version="1.0", fields=(_user(*CLINICIAN), _PATIENT, _ENCOUNTER)),
    Hook(
        name="appointment-book",
        version="1.0",
        fields=(
            _user(*ANYONE),
            _PATIENT,
            _PERHAPS_ENCOUNTER,
            ContextField(name="appointments", kind="resources"),
        ),
    ),
    Hook(
        name="problem-list-item-create",
        version="0.1.0",
        fields=(
            _user(*CLINICIAN),
            _PATIENT,
            _PERHAPS_ENCOUNTER,
            ContextField(name="conditions", kind="resources", types=("Condition",)),
        ),
    ),
    Hook(
        name="allergyintolerance-create",
        version="0.1.0",
        # The table names Practitioner only; a clinician may act in a role here as everywhere.
        fields=(
            _user(*CLINICIAN),
            _PATIENT,
            _PERHAPS_ENCOUNTER,
            ContextField(
                name="allergyIntolerance",
                kind="resources",
                types=("AllergyIntolerance",),
                also=("allergyIntolerances",),
            ),
        ),
    ),
    Hook(
        name="medication-refill",
        version="0.1.0",
        fields=(
            _user(*CLINICIAN, required=False),
            _PATIENT,
            _PERHAPS_ENCOUNTER,
            ContextField(name="medications", kind="resources"),
        ),
    ),
    Hook(
        name="medication-verify",
        version="0.1.0",
        fields=(
            _user(*CLINICIAN),
            _PATIENT,
            _PERHAPS_ENCOUNTER,
            ContextField(
                name="medication",
                kind="resources",
                types=("MedicationRequest", "MedicationOrder"),
                also=("order",),
            ),
        ),
    ),
)

HOOKS: Final[Mapping[str, Hook]] = MappingProxyType({hook.name: hook for hook in _LIBRARY})

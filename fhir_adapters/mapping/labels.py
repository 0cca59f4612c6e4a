"""Resources that their sender labelled as confidential, and what becomes of them.

A label is a coding of `meta.security`; documents have labels of their own (`DocumentReference.securityLabel`,
`Composition.confidentiality` up to R4). A label on a Bundle is the highest of what is in it, so only the
labels of the resources count.

Sources: FHIR R4 and R5, "Security Labels"; HL7 v3 code systems Confidentiality and ActCode, value set
ActInformationSensitivityPolicy; FHIR DS4P implementation guide (inline labels).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from fhir_adapters.mapping.values import Json, dicts, relative

# What is left out of the record:
#   leave-out: what is restricted, very restricted or of a sensitive kind;
#   leave-out-restricted: what is restricted or very restricted, of whatever kind;
#   use: nothing.
Labelled = Literal["leave-out", "leave-out-restricted", "use"]

# By FHIR's URIs since R4, those up to STU3, and OIDs; a sender that names no system means FHIR's.
_CONFIDENTIALITY: Final = frozenset(
    {
        "",
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
        "http://hl7.org/fhir/v3/Confidentiality",
        "urn:oid:2.16.840.1.113883.5.25",
    }
)
_ACT_CODE: Final = frozenset(
    {
        "",
        "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "http://hl7.org/fhir/v3/ActCode",
        "urn:oid:2.16.840.1.113883.5.4",
    }
)
_RESTRICTED: Final = frozenset({"R", "V"})
# Kinds of clinical information; those of identity, family or employment are not among them.
_SENSITIVE: Final = frozenset(
    {
        *("BH", "COGN", "DVD", "EMOTDIS", "MH", "PSY", "PSYTHPN"),
        *("ETH", "ETHUD", "OPIOIDUD", "SUD", "42CFRPart2"),
        *("GDIS", "HIV", "PREGNANT", "SCA", "SEX", "SICKLE", "STD"),
        *("ADOL", "MST", "SDV", "SPI", "TBOO", "VIO"),
    }
)
# A part of the resource carries a label; parts are not told apart here.
_IN_PARTS: Final = "PROCESSINLINELABEL"
_ELSEWHERE: Final = frozenset({"securityLabel", "confidentiality", "contained"})
_ORDERS: Final = frozenset({"MedicationRequest", "MedicationOrder", "MedicationStatement"})


@dataclass(frozen=True, slots=True)
class Sorted:
    """A chart without what its labels keep out.

    Attributes:
        used: In the order in which they came.
        withheld: The others.
    """

    used: tuple[Json, ...]
    withheld: tuple[Json, ...]


def by_labels(resources: Iterable[Json], labelled: Labelled, *, beside: Iterable[Json] = ()) -> Sorted:
    """Sorts resources by their labels.

    One version that is labelled keeps out all versions, and an order goes with the Medication that it names.

    Args:
        resources: In the shape of any version; what is no resource counts as used, its reader notes it.
        labelled: The site's choice.
        beside: Further resources that these may name.
    """
    listed = list(resources)
    if labelled == "use":
        return Sorted(tuple(listed), ())
    kept_out = {_reference(each) for each in (*listed, *beside) if is_kept_out(each, labelled)}
    if not kept_out:
        return Sorted(tuple(listed), ())
    used: list[Json] = []
    withheld: list[Json] = []
    for each in listed:
        named = {_reference(each), _drug(each)} - {""}
        out = bool(named & kept_out) or is_kept_out(each, labelled)
        (withheld if out else used).append(each)
    return Sorted(tuple(used), tuple(withheld))


def is_kept_out(resource: object, labelled: Labelled) -> bool:
    """True when a label of the resource, or of one that it contains, keeps it out."""
    if labelled == "use" or not isinstance(resource, dict):
        return False
    meta = resource.get("meta")
    if not (isinstance(meta, dict) and "security" in meta) and _ELSEWHERE.isdisjoint(resource):
        return False  # nearly every resource of nearly every chart
    return any(_keeps_out(*label, labelled) for label in _labels(resource))


def _keeps_out(system: str, code: str, labelled: Labelled) -> bool:
    if (system in _CONFIDENTIALITY and code in _RESTRICTED) or code == _IN_PARTS:
        return True
    return labelled == "leave-out" and system in _ACT_CODE and code in _SENSITIVE


def _labels(resource: Json) -> Iterator[tuple[str, str]]:
    """Each label as (system, code), those of contained resources too."""
    # FHIR forbids labels on what is contained (dom-5); one that is there all the same is heeded.
    for each in (resource, *dicts(resource.get("contained"))):
        yield from _own_labels(each)


def _own_labels(resource: Json) -> Iterator[tuple[str, str]]:
    meta = resource.get("meta")
    if isinstance(meta, dict):
        yield from _codings(meta.get("security"))
    for concept in dicts(resource.get("securityLabel")):
        yield from _codings(concept.get("coding"))
    confidentiality = resource.get("confidentiality")
    if isinstance(confidentiality, str):
        yield "", confidentiality


def _codings(value: object) -> Iterator[tuple[str, str]]:
    for coding in dicts(value):
        system, code = coding.get("system", ""), coding.get("code")
        if isinstance(system, str) and isinstance(code, str):
            yield system.strip(), code.strip()


def _reference(resource: object) -> str:
    identity = resource.get("id") if isinstance(resource, dict) else None
    return f"{resource.get('resourceType')}/{identity}" if isinstance(resource, dict) and identity else ""


def _drug(resource: object) -> str:
    """The reference of the Medication that an order names; "" without one."""
    if not isinstance(resource, dict) or resource.get("resourceType") not in _ORDERS:
        return ""
    link = resource.get("medicationReference")
    if not isinstance(link, dict) and isinstance(resource.get("medication"), dict):  # R5
        link = resource["medication"].get("reference")
    return relative(link.get("reference")) if isinstance(link, dict) else ""

"""Codes: a FHIR Coding and CodeableConcept, reduced to what decisions read.

Code and words of a chart are patient data, so `repr` shows the type only.
"""

from __future__ import annotations

from dataclasses import dataclass

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ICD9CM = "http://hl7.org/fhir/sid/icd-9-cm"  # in FHIR for diagnoses and procedures alike
ICD9CM_PROCEDURES = "urn:oid:2.16.840.1.113883.6.104"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"


# The remark of evidence that rests on a name.
MATCHED_BY_NAME = "matched by name, no standard code"


@dataclass(frozen=True, slots=True, repr=False)
class Coding:
    """One code in one code system; `system` is the FHIR canonical URI, or "" when none was given."""

    system: str
    code: str
    display: str = ""

    def __repr__(self) -> str:
        return "Coding()"


@dataclass(frozen=True, slots=True, repr=False)
class Concept:
    """A CodeableConcept: every coding that was sent, and the text beside them.

    Attributes:
        codings: As sent, code systems under their canonical URI.
        text: As sent.
        by_name: Codes that the words name, where no code of a standard system was sent; whatever rests on
            them says that it was matched by name.
    """

    codings: tuple[Coding, ...] = ()
    text: str = ""
    by_name: tuple[Coding, ...] = ()

    @property
    def meaning(self) -> tuple[Coding, ...]:
        """The codes that decide: those that were sent, and those that the words name."""
        return self.codings + self.by_name if self.by_name else self.codings

    @property
    def matched(self) -> str:
        """How the meaning was found, for evidence: "" by code, else that it was by name."""
        return MATCHED_BY_NAME if self.by_name else ""

    @property
    def label(self) -> str:
        """The words to show: the sender's text, else the first display, else the first code."""
        if self.text:
            return self.text
        for coding in self.codings:
            if coding.display:
                return coding.display
        return self.codings[0].code if self.codings else ""

    def codes(self, system: str) -> tuple[str, ...]:
        """The codes of one code system, in the sender's order; empty when there is none."""
        return tuple(coding.code for coding in self.codings if coding.system == system)

    def __repr__(self) -> str:
        return "Concept()"


NO_CONCEPT = Concept()

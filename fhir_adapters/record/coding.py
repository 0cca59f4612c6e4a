"""Codes: a FHIR Coding and CodeableConcept, reduced to what decisions read."""

from __future__ import annotations

from dataclasses import dataclass

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"


@dataclass(frozen=True, slots=True)
class Coding:
    """One code in one code system; `system` is the FHIR canonical URI, or "" when none was given."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Concept:
    """A CodeableConcept: every coding that was sent, and the text beside them."""

    codings: tuple[Coding, ...] = ()
    text: str = ""

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


NO_CONCEPT = Concept()

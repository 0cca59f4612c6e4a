"""The vocabulary of a criterion: what it is called, what documents it, and how it becomes a Finding."""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import ICD10CM, LOINC, SNOMED, Coding, Condition, PatientRecord
from fhir_adapters.terminology.code_set import CodeSet, documented, previously_documented
from models.finding import (
    Abstention,
    AbstentionCause,
    Citation,
    Confidence,
    Evidence,
    Finding,
    ModelStamp,
    Proposal,
    Urgency,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a table of diagnostic criteria, without its arithmetic.

    Attributes:
        key: Stable name, e.g. "ckd_g3a".
        group: Findings of one group share a card.
        name: The condition in clinical words, as the problem list would say it.
        snomed: SNOMED CT id of the condition; "" where there is no confirmed one.
        icd10: ICD-10-CM code of the condition; "" where the criterion alone can't choose one.
        documented_by: Code sets that make the finding superfluous.
        guideline: Where the criterion was published.
        stamp: The model that states it.
    """

    key: str
    group: str
    name: str
    snomed: str
    icd10: str
    documented_by: tuple[CodeSet, ...]
    guideline: Citation
    stamp: ModelStamp

    def documented(self, record: PatientRecord) -> Condition | None:
        """What already says so among the current conditions, or None."""
        return documented(record, *self.documented_by)

    def previously(self, record: PatientRecord) -> Evidence | None:
        """The newest resolved or inactive entry of the condition, as evidence; None without one."""
        cond = previously_documented(record, *self.documented_by)
        if cond is None:
            return None
        return Evidence(
            source=cond.source,
            label="Previously recorded",
            value=cond.concept.label,
            at=cond.recorded or cond.onset,
            remark="; ".join(filter(None, ("no longer active on the problem list", cond.concept.matched))),
        )

    def add_problem(self, icd10: str = "", snomed: str = "", name: str = "") -> Proposal:
        """Offers the condition for the problem list; the arguments replace the rule's own codes."""
        entry = _capitalized(name or self.name)
        chosen = ((SNOMED, snomed or self.snomed), (ICD10CM, icd10 or self.icd10))
        codings = tuple(Coding(system, code, entry) for system, code in chosen if code)
        label = f"Add {name or self.name} to the problem list"
        return Proposal(kind="add-problem", label=label, codings=codings, text=entry)

    def finding(
        self,
        *,
        statement: str,
        rationale: str,
        confidence: Confidence,
        evidence: tuple[Evidence, ...],
        urgency: Urgency = "routine",
        missing: tuple[str, ...] = (),
        proposals: tuple[Proposal, ...] = (),
    ) -> Finding:
        """The Finding of this rule; see `Finding` for what each text has to be."""
        return Finding(
            kind="diagnosis",
            key=self.key,
            group=self.group,
            statement=statement,
            rationale=rationale,
            urgency=urgency,
            topic=self._topic(),
            guideline=self.guideline,
            model=self.stamp,
            confidence=confidence,
            evidence=evidence,
            missing=missing,
            proposals=proposals,
        )

    def _topic(self) -> Coding:
        system, code = (SNOMED, self.snomed) if self.snomed else (ICD10CM, self.icd10)
        return Coding(system, code, _capitalized(self.name))

    def abstention(self, cause: AbstentionCause, reason: str, missing: tuple[str, ...] = ()) -> Abstention:
        """Says why this rule does not answer."""
        return Abstention(key=self.key, cause=cause, reason=reason, model=self.stamp, missing=missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFamily:
    """What the rules of one table share."""

    group: str
    stamp: ModelStamp

    def rule(
        self,
        key: str,
        name: str,
        codes: tuple[str, str],
        documented_by: tuple[CodeSet, ...],
        guideline: Citation,
    ) -> Rule:
        """A rule of the family; `codes` are the SNOMED CT id and the ICD-10-CM code of the condition."""
        return Rule(
            key=key,
            group=self.group,
            name=name,
            snomed=codes[0],
            icd10=codes[1],
            documented_by=documented_by,
            guideline=guideline,
            stamp=self.stamp,
        )


def _capitalized(name: str) -> str:
    """As a problem list writes it; the rest of the name keeps its case."""
    return name[:1].upper() + name[1:]


def order(name: str, loinc: str) -> Proposal:
    """Offers a laboratory test."""
    return Proposal(kind="order", label=f"Order {name}", codings=(Coding(LOINC, loinc, name),), text=name)


ORDER_HBA1C = order("HbA1c", "4548-4")
ORDER_UACR = order("urine albumin-creatinine ratio", "9318-7")
ORDER_BASIC_METABOLIC_PANEL = order("basic metabolic panel", "51990-0")
ORDER_POTASSIUM = order("potassium", "2823-3")
ORDER_MAGNESIUM = order("magnesium", "19123-9")
ORDER_ECG = order("12-lead ECG", "11524-6")
ORDER_FERRITIN = order("ferritin", "2276-4")
ORDER_TSH = order("TSH", "3016-3")
ORDER_FREE_T4 = order("free T4", "3024-7")
ORDER_LIPID_PANEL = order("lipid panel", "57698-3")
ORDER_AMBULATORY_BP = Proposal(
    kind="order",
    label="Order ambulatory blood pressure monitoring",
    codings=(Coding(SNOMED, "164783007", "ambulatory blood pressure monitoring"),),
    text="ambulatory blood pressure monitoring",
)

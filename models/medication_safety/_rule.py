"""The vocabulary of a check on an order: how it becomes a Finding, or says that it was not made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.diagnosis.criteria_card import PublishedCriteria
from models.finding import (
    Abstention,
    AbstentionCause,
    Citation,
    Confidence,
    Evidence,
    Finding,
    ModelStamp,
    Proposal,
    Regimen,
    Urgency,
)
from models.medication_safety._orders import Order, Taken, coding_of, outdated_words
from models.model_card import ModelCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question that is asked of an order.

    Attributes:
        key: Stable name of the rule, e.g. "metformin_kidney".
        question: As part of a group's name: findings on one order and question share a card.
        words: The question in clinical words, e.g. "kidney function".
        guideline: Label section or guideline that the rule rests on.
    """

    key: str
    question: str
    words: str
    guideline: Citation
    stamp: ModelStamp

    def finding(
        self,
        order: Order,
        *,
        statement: str,
        rationale: str,
        urgency: Urgency,
        confidence: Confidence,
        evidence: tuple[Evidence, ...],
        missing: tuple[str, ...] = (),
        proposals: tuple[Proposal, ...] = (),
    ) -> Finding:
        """The Finding; the order itself is the first piece of its evidence."""
        return Finding(
            kind="medication_safety",
            key=self.key,
            group=f"order-{self.question}-{order.tag}"[:64],
            statement=statement,
            rationale=rationale,
            urgency=urgency,
            topic=coding_of(order.drug.ingredients[0]),
            guideline=self.guideline,
            model=self.stamp,
            confidence=confidence,
            evidence=(order.evidence, *evidence),
            missing=missing,
            proposals=proposals,
        )

    def unchecked(
        self, order: Order, cause: AbstentionCause, reason: str, missing: tuple[str, ...] = ()
    ) -> Abstention:
        """Says that the question was not answered for this order, and why."""
        return Abstention(
            key=self.key,
            cause=cause,
            reason=reason,
            model=self.stamp,
            missing=missing,
            subject=f"{order.name}: {self.words}",
        )


def not_counted(check: Check, old: Taken, days: int) -> Abstention:
    """Says that an outdated order on the medication list was not taken for a drug that is taken."""
    return Abstention(
        key=check.key, cause="not-indicated", reason=outdated_words(old, days), model=check.stamp
    )


def withdraw(order: Order) -> tuple[Proposal, ...]:
    """Offers to take the order back."""
    return (
        Proposal(
            kind="withdraw-order",
            label=f"Remove {order.name} from the orders",
            codings=(),
            text=order.name,
            target=order.draft.source,
        ),
    )


def revise(order: Order, regimen: Regimen) -> tuple[Proposal, ...]:
    """Offers the order with the label's dose, naming the drug by its ingredient: the tablet is chosen
    anew."""
    return (
        Proposal(
            kind="revise-order",
            label=f"Change to {order.name} {regimen.words}",
            codings=tuple(coding_of(each) for each in order.drug.ingredients if each.rxnorm),
            text=f"{order.name} {regimen.words}",
            target=order.draft.source,
            regimen=regimen,
        ),
    )


def rules_card(
    *,
    authors: str,
    question: str,
    output: str,
    out_of_scope: str,
    known_risks: str,
    basis: str,
    inputs: str,
    references: str,
) -> ModelCard:
    """The 31 source attributes of a family of checks; what all published rules share is said in one place.

    Args:
        question: As it follows "To point out, before an order is signed, ".
    """
    shared = PublishedCriteria(
        authors=authors,
        conditions=question,
        output=output,
        population="Adults of 18 years and over for whom a drug is being ordered.",
        out_of_scope=out_of_scope,
        known_risks=f"{known_risks} A drug is recognized by RxNorm ingredient code, ATC code or name; one "
        "that is not recognized is named on a card as not checked.",
        basis=basis,
        accuracy="Not available. How often such a warning prevents harm at this site is not known.",
        fairness="No difference between groups in these rules is published.",
        inputs=inputs,
        references=references,
    ).card()
    return replace(
        shared,
        intended_use=f"To point out, before an order is signed, {question}.",
        decision_role="Informs. The evidence is shown with date and source; the clinician decides, and an "
        "order changes only when a suggestion is accepted.",
    )

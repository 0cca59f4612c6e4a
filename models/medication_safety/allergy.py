"""An ordered drug against the allergy list: the same drug, its family, and a penicillin's shared side chain.

Sources: Khan DA et al., Drug allergy: a 2022 practice parameter update, J Allergy Clin Immunol
2022;150:1333-93,
doi:10.1016/j.jaci.2022.08.028; contraindications (section 4) of the US labels of NSAIDs and ACE inhibitors;
Strom BL et al., N Engl J Med 2003;349:1628-35 (sulfonamides that are no antibiotics).
"""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment, Citation, Confidence, Evidence, Finding, Urgency
from models.medication_safety._allergens import (
    CEPHALOSPORINS,
    PENICILLINS,
    SAME_SIDE_CHAIN,
    Allergen,
    Family,
    allergen_of,
    may_be_a_drug,
)
from models.medication_safety._orders import Order, orders
from models.medication_safety._rule import Check, rules_card, withdraw
from models.registry import clinical_model
from models.scoring import stamped

_LONGEST = 60
STAMP = stamped("drug_allergy.v1", "1.0", sorted(SAME_SIDE_CHAIN.items()))
_CHECK = Check(
    key="drug_allergy",
    question="allergy",
    words="allergies",
    guideline=Citation(
        label="Drug allergy: 2022 practice parameter update", url="https://doi.org/10.1016/j.jaci.2022.08.028"
    ),
    stamp=STAMP,
)


@clinical_model
class DrugAllergy:
    """Each order against each active entry of the allergy list."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires((Need(resource="Patient", required=True), Need(resource="AllergyIntolerance")))
    card = rules_card(
        authors="the AAAAI and ACAAI (2022) and the manufacturers of NSAIDs and ACE inhibitors in their "
        "labels",
        question="drugs to which an allergy or intolerance is recorded, or to whose family",
        output="For an order: whether the allergy list holds the same drug, a drug of the same family, or a "
        "penicillin with the side chain of an ordered cephalosporin; and which entries were not understood.",
        out_of_scope="Excipients, latex, contrast media, vaccines, local anesthetics.",
        known_risks="Lists hold many entries that are no allergies: most people with a penicillin allergy on "
        "the list tolerate penicillins. An entry in words that are not known is named as not compared.",
        basis="Case series, skin tests and challenges; contraindications of the labels.",
        inputs="None.",
        references="doi:10.1016/j.jaci.2022.08.028; N Engl J Med 2003;349:1628-35.",
    )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """The strongest objection to each order, and what could not be compared."""
        asked = orders(record)
        if not asked:
            return Assessment()
        active = [entry for entry in record.allergies if entry.active]
        found = {entry.source: allergen_of(entry) for entry in active}
        allergens = [each for each in found.values() if each is not None]
        findings = tuple(finding for order in asked if (finding := _strongest(order, allergens)) is not None)
        strange = [entry for entry in active if found[entry.source] is None and may_be_a_drug(entry)]
        names = ", ".join(entry.concept.label[:_LONGEST] for entry in strange)
        unchecked = []
        if strange:
            unchecked.append(_abstention(f"not compared with the allergy to {names}: it is not recognized"))
        if record.coverage.get("AllergyIntolerance", "not-asked") != "complete":
            unchecked.append(_abstention("the allergy list could not be read in full", unavailable=True))
        return Assessment(findings, tuple(unchecked))


def _abstention(reason: str, *, unavailable: bool = False) -> Abstention:
    return Abstention(
        key=_CHECK.key,
        cause="data-unavailable" if unavailable else "missing-input",
        reason=reason,
        model=STAMP,
        missing=("allergies",) if unavailable else (),
        subject="allergies",
    )


def _strongest(order: Order, allergens: list[Allergen]) -> Finding | None:
    if not order.drug.ingredients:
        return None
    for judge in (_same, _family, _side_chain):
        for allergen in allergens:
            finding = judge(order, allergen)
            if finding is not None:
                return finding
    return None


def _same(order: Order, allergen: Allergen) -> Finding | None:
    shared = next((each for each in order.drug.ingredients if each in allergen.ingredients), None)
    if shared is None:
        return None
    intolerance = allergen.entry.kind == "intolerance"
    urgency: Urgency = "urgent"
    if allergen.entry.criticality == "high" and not intolerance:
        urgency = "emergency"
    elif intolerance:
        urgency = "soon"
    recorded = "an intolerance" if intolerance else "an allergy"
    return _finding(
        order,
        allergen,
        statement=f"{order.name.capitalize()}: {recorded} to {shared.name} is recorded{_reacted(allergen)}",
        rationale="Check what happened and when. If the entry is wrong, correct the allergy list rather than "
        "override it each time.",
        urgency=urgency,
        confidence="A",
    )


def _family(order: Order, allergen: Allergen) -> Finding | None:
    family = next(
        (f for f in allergen.touched if any(f.holds(each) for each in order.drug.ingredients)), None
    )
    if family is None:
        return None
    whole = family in allergen.families
    high = allergen.entry.criticality == "high" and allergen.entry.kind != "intolerance"
    urgency: Urgency = "urgent" if high or whole else "soon"
    if whole and high and family is PENICILLINS:
        urgency = "emergency"
    return _finding(
        order,
        allergen,
        statement=f"{order.name.capitalize()} is one of the {family.words}: {_named(allergen, family)} is "
        f"recorded{_reacted(allergen)}",
        rationale=f"{family.why} Check what happened before it is given.",
        urgency=urgency,
        confidence="A" if whole else "B",
    )


def _side_chain(order: Order, allergen: Allergen) -> Finding | None:
    """A penicillin on the list and a cephalosporin ordered: only a shared side chain is worth a warning."""
    ordered = next((each for each in order.drug.ingredients if CEPHALOSPORINS.holds(each)), None)
    if ordered is None or PENICILLINS not in allergen.touched:
        return None
    chains = SAME_SIDE_CHAIN.get(ordered.name, ())
    named = [each.name for each in allergen.ingredients]
    if not chains or (named and not set(named) & set(chains)):
        return None
    whole = PENICILLINS in allergen.families and not named
    high = allergen.entry.criticality == "high"
    return _finding(
        order,
        allergen,
        statement=f"{ordered.name.capitalize()} has the side chain of {' and '.join(chains)}: "
        f"{_named(allergen, PENICILLINS)} is recorded",
        rationale="Cross-reactions between penicillins and cephalosporins follow the side chain and are rare "
        "otherwise: cefazolin and other cephalosporins with another one can be given after most reactions. "
        "After a mild reaction long ago this one may be given too.",
        urgency="soon" if high and not whole else "routine",
        confidence="C" if whole else "B",
    )


def _named(allergen: Allergen, family: Family) -> str:
    if family in allergen.families or not allergen.ingredients:
        return f"an allergy to {family.words}"
    return f"an allergy to {allergen.ingredients[0].name}"


def _reacted(allergen: Allergen) -> str:
    reactions = allergen.entry.reactions
    return f" ({', '.join(reactions)[:_LONGEST]})" if reactions else ""


def _finding(
    order: Order,
    allergen: Allergen,
    *,
    statement: str,
    rationale: str,
    urgency: Urgency,
    confidence: Confidence,
) -> Finding:
    entry = allergen.entry
    details = [f"criticality {entry.criticality}" if entry.criticality else "", ", ".join(entry.reactions)]
    shown = Evidence(
        source=entry.source,
        label="Allergy list",
        value=entry.concept.label,
        at=entry.recorded,
        remark="; ".join(filter(None, details)),
    )
    return _CHECK.finding(
        order,
        statement=statement,
        rationale=rationale,
        urgency=urgency,
        confidence=confidence,
        evidence=(shown,),
        missing=() if entry.reactions else ("what the reaction was",),
        proposals=withdraw(order),
    )

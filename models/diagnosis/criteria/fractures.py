"""Fractures of hip or spine after 50 that nobody has called osteoporotic.

Source: LeBoff MS et al. (BHOF), Osteoporos Int 2022;33:2049-102: a low-trauma fracture of hip or spine is
osteoporosis whatever the bone density.
"""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import CodeSet, ever_documented
from fhir_adapters.terminology.conditions import FRAGILITY_FRACTURE, OSTEOPOROSIS
from fhir_adapters.terminology.drugs import OSTEOPOROSIS_DRUG, taking
from fhir_adapters.terminology.score_conditions import CANCER
from models.chart_inputs import stated
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.rule import RuleFamily, order
from models.finding import Assessment, Citation
from models.registry import clinical_model
from models.scoring import stamped

_FROM_AGE = 50
# Traffic accidents, and falls from a height.
_TRAUMA = CodeSet(name="major trauma", icd10=(*(f"V{n:02d}" for n in range(100)), "W11", "W12", "W13", "W17"))
STAMP = stamped("fractures.v1", "1.0", (_FROM_AGE, FRAGILITY_FRACTURE.icd10, _TRAUMA.icd10))
RULE = RuleFamily(group="bone", stamp=STAMP).rule(
    "osteoporosis",
    "osteoporosis",
    ("64859006", "M81.0"),
    (OSTEOPOROSIS,),
    Citation(label="BHOF 2022 guide to osteoporosis", url="https://doi.org/10.1007/s00198-021-05900-y"),
)


@clinical_model
class FractureCriteria:
    """A fracture of hip or spine without a diagnosis or treatment of osteoporosis."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = PublishedCriteria(
        authors="the Bone Health and Osteoporosis Foundation (2022)",
        conditions="osteoporosis after a fracture",
        output="The fracture of hip or spine that is recorded.",
        population="People of 50 years and over.",
        out_of_scope="Younger people, traffic accidents and falls from a height that are coded, cancer.",
        known_risks="How much force broke the bone is mostly not coded, so a fracture by violence may be "
        "named.",
        basis="Consensus of the society; fractures predict fractures.",
        accuracy="Not available for this rule.",
        fairness="Osteoporosis in men is treated less often than in women; the rule is the same for both.",
        inputs="Age.",
        references="doi:10.1007/s00198-021-05900-y.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """One finding where a fracture is recorded and neither the disease nor a drug for it is."""
        fracture = ever_documented(record, FRAGILITY_FRACTURE)
        explained = ever_documented(record, OSTEOPOROSIS, CANCER, _TRAUMA) or taking(
            record, OSTEOPOROSIS_DRUG
        )
        if fracture is None or explained or (record.age_years or 0) < _FROM_AGE:
            return Assessment()
        return Assessment(
            findings=(
                RULE.finding(
                    statement="Fracture of hip or spine on record; osteoporosis neither recorded nor treated",
                    rationale="Without much force it is osteoporosis whatever the bone density: look for "
                    "causes, "
                    "measure bone density, and discuss treatment.",
                    confidence="C",
                    urgency="soon",
                    evidence=(stated(fracture, "Fracture"),),
                    missing=("how the fracture happened",),
                    proposals=(order("bone density by DXA", "38269-7"),),
                ),
            )
        )

"""Drugs that are taken without any recorded reason: the condition is probably there and undocumented.

Insulin and other glucose-lowering drugs are judged with diabetes, thyroid hormone with the thyroid. Source of
the approach: Wright A et al., J Am Med Inform Assoc 2011;18:859-67, doi:10.1136/amiajnl-2011-000121.
"""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import Medication, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import CodeSet, ever_documented
from fhir_adapters.terminology.conditions import (
    ATRIAL_FIBRILLATION,
    COPD,
    CORONARY_DISEASE,
    DEMENTIA,
    GOUT,
    HEART_FAILURE,
    MILD_COGNITIVE_IMPAIRMENT,
    MITRAL_STENOSIS_OR_MECHANICAL_VALVE,
    OSTEOPOROSIS,
    PARKINSON_DISEASE,
    RESTLESS_LEGS_OR_DYSTONIA,
    STROKE_TIA_EMBOLISM,
    VENOUS_THROMBOEMBOLISM,
)
from fhir_adapters.terminology.drugs import (
    DEMENTIA_DRUG,
    LEVODOPA,
    LONG_ACTING_ANTIMUSCARINIC,
    NITRATE,
    ORAL_ANTICOAGULANT,
    OSTEOPOROSIS_DRUG,
    URATE_LOWERING,
    DrugClass,
    taking,
)
from fhir_adapters.terminology.score_conditions import CANCER, CHRONIC_LUNG_DISEASE, PERIPHERAL_ARTERY_DISEASE
from models.chart_inputs import problem_list
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import drug
from models.diagnosis.exclusions import is_adult
from models.diagnosis.rule import Rule, RuleFamily
from models.finding import Assessment, Citation, Finding
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """A drug class, what it is taken for, and every recorded reason that makes the finding superfluous.

    Attributes:
        drugs: The class.
        reasons: Recorded conditions, past ones too, that explain the drug.
        likely: What it is mostly taken for; "" where there are several reasons, none of which is offered.
        rule: How the finding is called and coded.
    """

    drugs: DrugClass
    reasons: tuple[CodeSet, ...]
    likely: str
    rule: Rule


_SOURCE = Citation(
    label="Inference of problems from medications, Wright et al., JAMIA 2011;18:859-67",
    url="https://doi.org/10.1136/amiajnl-2011-000121",
)
_FAMILY_DRUGS = (
    ORAL_ANTICOAGULANT, URATE_LOWERING, DEMENTIA_DRUG, LEVODOPA, OSTEOPOROSIS_DRUG,
    LONG_ACTING_ANTIMUSCARINIC, NITRATE,
)  # fmt: skip
STAMP = stamped("treated.v1", "1.0", tuple((cls.name, cls.atc, cls.ingredients) for cls in _FAMILY_DRUGS))
_FAMILY = RuleFamily(group="treated-undocumented", stamp=STAMP)
TABLE = (
    Treated(
        drugs=ORAL_ANTICOAGULANT,
        reasons=(
            ATRIAL_FIBRILLATION,
            VENOUS_THROMBOEMBOLISM,
            MITRAL_STENOSIS_OR_MECHANICAL_VALVE,
            STROKE_TIA_EMBOLISM,
            PERIPHERAL_ARTERY_DISEASE,
            CORONARY_DISEASE,
            CANCER,
        ),
        likely="",
        rule=_FAMILY.rule(
            "anticoagulant_without_indication",
            "anticoagulant therapy",
            ("182764009", "Z79.01"),
            (),
            _SOURCE,
        ),
    ),
    Treated(
        drugs=URATE_LOWERING,
        reasons=(GOUT, CANCER, CodeSet(name="uric acid stones", icd10=("N20", "E79", "M10"))),
        likely="gout",
        rule=_FAMILY.rule("gout", "gout", ("90560007", "M10.9"), (GOUT,), _SOURCE),
    ),
    Treated(
        drugs=DEMENTIA_DRUG,
        reasons=(DEMENTIA, MILD_COGNITIVE_IMPAIRMENT, PARKINSON_DISEASE),
        likely="dementia",
        rule=_FAMILY.rule("dementia", "dementia", ("52448006", "F03.90"), (DEMENTIA,), _SOURCE),
    ),
    Treated(
        drugs=LEVODOPA,
        reasons=(PARKINSON_DISEASE, DEMENTIA, RESTLESS_LEGS_OR_DYSTONIA),
        likely="Parkinson disease",
        rule=_FAMILY.rule(
            "parkinson_disease", "Parkinson disease", ("49049000", "G20.A1"), (PARKINSON_DISEASE,), _SOURCE
        ),
    ),
    Treated(
        drugs=OSTEOPOROSIS_DRUG,
        reasons=(
            OSTEOPOROSIS,
            CANCER,
            CodeSet(name="Paget disease or fracture", icd10=("M80", "M88", "M84")),
        ),
        likely="osteoporosis",
        rule=_FAMILY.rule("osteoporosis", "osteoporosis", ("64859006", "M81.0"), (OSTEOPOROSIS,), _SOURCE),
    ),
    Treated(
        drugs=LONG_ACTING_ANTIMUSCARINIC,
        reasons=(COPD, CHRONIC_LUNG_DISEASE),
        likely="COPD",
        rule=_FAMILY.rule("copd", "COPD", ("13645005", "J44.9"), (COPD,), _SOURCE),
    ),
    Treated(
        drugs=NITRATE,
        reasons=(CORONARY_DISEASE, HEART_FAILURE),
        likely="coronary artery disease",
        rule=_FAMILY.rule(
            "coronary_disease",
            "coronary artery disease",
            ("53741008", "I25.10"),
            (CORONARY_DISEASE,),
            _SOURCE,
        ),
    ),
)


@clinical_model
class TreatedCriteria:
    """Drugs whose reason nobody recorded."""

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
        authors="Wright A et al. (2011), who derived such rules; this table is the project's own",
        conditions="conditions whose treatment is on the medication list",
        output="Which drug is taken without a recorded reason, and the condition it is mostly taken for.",
        population="Adults of 18 years and over with a known problem list and medication list.",
        out_of_scope="Children; drugs with many common uses, which are not in the table.",
        known_risks="A drug may be taken for a reason outside the table, or may no longer be taken though it "
        "is listed. An anticoagulant has several reasons: none is offered.",
        basis="The licensed and usual indications of each class.",
        accuracy="Not available for this table; the cited rules had high positive predictive value at one "
        "hospital.",
        fairness="Lists kept less well for some groups make such findings more frequent for them.",
        inputs="Age.",
        references="doi:10.1136/amiajnl-2011-000121.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """One finding for each class that is taken without any recorded reason."""
        if not is_adult(record) or not record.knows("Condition"):
            return Assessment()
        return Assessment(
            findings=tuple(
                _finding(record, row, med)
                for row in TABLE
                if (med := taking(record, row.drugs)) is not None
                and ever_documented(record, *row.reasons) is None
            )
        )


def _finding(record: PatientRecord, row: Treated, med: Medication) -> Finding:
    named = row.drugs.name[:1].upper() + row.drugs.name[1:]
    if not row.likely:
        return row.rule.finding(
            statement=f"{named} on the medication list, no reason on {problem_list(record)}",
            rationale="Record why it is taken, or ask whether it is still needed: every year on an "
            "anticoagulant has a risk of bleeding.",
            confidence="B",
            urgency="soon",
            evidence=(drug(med, named),),
        )
    return row.rule.finding(
        statement=f"{named} on the medication list, no {row.likely} on {problem_list(record)}",
        rationale="Record the reason for the treatment, if it is this one, so that everybody sees it.",
        confidence="C",
        evidence=(drug(med, named),),
        proposals=(row.rule.add_problem(),),
    )

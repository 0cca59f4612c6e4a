"""Kidney disease that is not on the problem list: chronic, by eGFR or albuminuria, and acute."""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from models.contract import ClinicalSettings
from models.diagnosis.criteria._akd import AKD_RULE, assess_akd
from models.diagnosis.criteria._aki import assess_aki
from models.diagnosis.criteria._ckd import ALBUMINURIA_RULE, CKD_RULES, assess_ckd
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.exclusions import is_adult, outside_pregnancy
from models.diagnosis.kdigo import STAMP, creatinines
from models.diagnosis.rule import Rule
from models.diagnosis.values import FIVE_YEARS
from models.finding import Assessment, Finding
from models.registry import clinical_model


@clinical_model
class KidneyCriteria:
    """CKD with stage, albuminuria, acute kidney injury and disease by KDIGO criteria."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=("creatinine", "egfr", "uacr", "pregnancy_status"),
                lookback_days=FIVE_YEARS,
                required=True,
            ),
            Need(resource="Encounter", lookback_days=FIVE_YEARS),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = PublishedCriteria(
        authors="Kidney Disease: Improving Global Outcomes (CKD 2024, AKI 2012)",
        conditions="chronic kidney disease, albuminuria, acute kidney injury and acute kidney disease",
        output="The KDIGO stage with the values that give it, or that albuminuria is to be confirmed; for "
        "acute injury the stage, the change and the baseline used; for acute disease both values and the "
        "change between them.",
        population="Adults of 18 years and over, not on dialysis and without a kidney transplant.",
        out_of_scope="Children; chronic criteria also pregnancy and 12 weeks after it, and 90 days after "
        "acute injury. Urine output is not read, so an injury seen only in it is missed.",
        known_risks="Creatinine depends on muscle mass and diet, so eGFR misleads in amputees, body "
        "builders and frailty. Low eGFR in old age without albuminuria may not progress. A baseline chosen "
        "from few values may be wrong; the finding names it.",
        basis="Cut-offs rest on the relation of eGFR and albuminuria to outcomes in pooled cohorts, and of "
        "changes in creatinine to mortality.",
        accuracy="By the publication of the equation, 90% of eGFR values lie within 30% of measured GFR; "
        "figures for the criteria in this implementation are not available.",
        fairness="The 2021 equation has no term for race. It uses recorded sex; for other or unknown "
        "sex no eGFR is computed and only reported values count.",
        inputs="Age and recorded sex, through eGFR.",
        references="Kidney Int 2024;105(4S):S117-S314; Kidney Int Suppl 2012;2:1-138; N Engl J Med "
        "2021;385:1737-49.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Acute injury if there is one now; else acute disease; else, or beside it, what is chronic."""
        if not is_adult(record):
            return Assessment()
        points = creatinines(record)
        acute = assess_aki(record, points)
        if acute.findings:
            return acute
        fall = assess_akd(record)
        chronic = assess_ckd(record, points)
        if fall.findings:
            fall = outside_pregnancy(record, AKD_RULE, fall.findings)
            chronic = _stage_left_open(chronic)
        rule = _rule_of(chronic.findings)
        return fall + (outside_pregnancy(record, rule, chronic.findings) if chronic.findings else chronic)


def _rule_of(findings: tuple[Finding, ...]) -> Rule:
    """The rule of the first stage among the findings; without one, that of albuminuria."""
    keys = {finding.key for finding in findings}
    return next((rule for rule in CKD_RULES.values() if rule.key in keys), ALBUMINURIA_RULE)


def _stage_left_open(chronic: Assessment) -> Assessment:
    """What is chronic without its stage, which can't be told while kidney function falls."""
    stages = {rule.key for rule in CKD_RULES.values()}
    kept = tuple(finding for finding in chronic.findings if finding.key not in stages)
    if kept == chronic.findings:
        return chronic
    rule = _rule_of(chronic.findings)
    reason = "eGFR fell by a third or more within 3 months; judge the stage of chronic disease later"
    left = rule.abstention("outside-population", reason, ("eGFR more than 90 days after the fall",))
    return Assessment(findings=kept, abstentions=(*chronic.abstentions, left))

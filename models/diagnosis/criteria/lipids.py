"""Severe hypercholesterolemia, possible familial hypercholesterolemia, and high LDL without a diagnosis.

Sources: Grundy SM et al., 2018 AHA/ACC cholesterol guideline, Circulation 2019;139:e1082-e1143; Dutch
Lipid Clinic Network criteria as in Nordestgaard BG et al., Eur Heart J 2013;34:3478-90.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fhir_adapters.record import FamilyCondition, Measurement, Medication, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import CodeSet, documented, ever_documented
from fhir_adapters.terminology.conditions import (
    CHOLESTASIS,
    CORONARY_DISEASE,
    DIABETES,
    FAMILIAL_HYPERCHOLESTEROLAEMIA,
    HYPERCHOLESTEROLAEMIA,
    HYPERTRIGLYCERIDEMIA,
    NEPHROTIC,
    STROKE_TIA_EMBOLISM,
    VASCULAR_DISEASE,
)
from fhir_adapters.terminology.drugs import STATIN, taking
from models.chart_inputs import problem_list
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import dated, drug, measured, quantity_of, some
from models.diagnosis.exclusions import is_adult, medications_missing, outside_pregnancy
from models.diagnosis.rule import ORDER_LIPID_PANEL, ORDER_TSH, Rule
from models.diagnosis.values import (
    FIVE_YEARS,
    TWO_YEARS,
    Points,
    above,
    at_least,
    daily,
    high_run,
    nearest,
    recent,
    span_days,
)
from models.finding import Assessment, Citation, Evidence, Finding, Proposal
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Cut-offs in mg/dL, TSH in m[IU]/L, times in days, ages in years; the Dutch score in points."""

    ldl_severe: float = 190
    ldl_high: float = 160
    non_hdl_high: float = 190
    triglycerides_high: float = 175
    repeat_days: float = 14
    # LDL before treatment from LDL under a statin, taking it to lower LDL by 30%.
    untreated_factor: float = 1.43
    tsh_secondary_above: float = 10
    premature_man: int = 55
    premature_woman: int = 60
    dutch_ldl: tuple[tuple[float, int], ...] = ((330, 8), (250, 5), (190, 3), (155, 1))
    dutch_relative: int = 1
    dutch_coronary: int = 2
    dutch_vascular: int = 1
    dutch_definite_above: int = 8
    dutch_probable: int = 6


LIMITS = Limits()
STAMP = stamped("lipids.v1", "1.1", LIMITS)
GUIDELINE = Citation(
    label="AHA/ACC cholesterol guideline 2018", url="https://doi.org/10.1161/CIR.0000000000000625"
)
FAMILIAL = Rule(
    key="familial_hypercholesterolaemia",
    group="lipids",
    name="familial hypercholesterolemia",
    snomed="398036000",
    icd10="E78.019",
    documented_by=(FAMILIAL_HYPERCHOLESTEROLAEMIA,),
    guideline=Citation(
        label="Dutch Lipid Clinic Network criteria (EAS 2013); AHA/ACC 2018",
        url="https://doi.org/10.1093/eurheartj/eht273",
    ),
    stamp=STAMP,
)
HIGH_LDL = Rule(
    key="hyperlipidaemia",
    group="lipids",
    name="hyperlipidemia",
    snomed="55822004",
    icd10="E78.5",
    documented_by=(HYPERCHOLESTEROLAEMIA,),
    guideline=GUIDELINE,
    stamp=STAMP,
)
_REASONS_FOR_STATIN = (
    HYPERCHOLESTEROLAEMIA,
    HYPERTRIGLYCERIDEMIA,
    CORONARY_DISEASE,
    STROKE_TIA_EMBOLISM,
    VASCULAR_DISEASE,
    DIABETES,
)
_UNEXPLAINED_STATIN = replace(HIGH_LDL, key="statin_without_reason")
_PURE = replace(HIGH_LDL, name="pure hypercholesterolemia", snomed="13644009", icd10="E78.00")
_MIXED = replace(HIGH_LDL, name="mixed hyperlipidemia", snomed="267434003", icd10="E78.2")
# HL7 v3-RoleCode and words of first-degree relatives.
_FIRST_DEGREE_CODES = frozenset(
    [
        "MTH",
        "FTH",
        "NMTH",
        "NFTH",
        "SIS",
        "BRO",
        "NSIS",
        "NBRO",
        "SIB",
        "NSIB",
        "PRN",
        "NPRN",
        "CHILD",
        "SON",
        "DAU",
        "NCHILD",
        "DAUC",
        "SONC",
    ]
)
_FIRST_DEGREE_WORDS = frozenset(
    {"mother", "father", "sister", "brother", "sibling", "parent", "son", "daughter", "child"}
)
_MALE_WORDS = frozenset({"father", "brother", "son"})


@clinical_model
class LipidCriteria:
    """LDL of 190 mg/dL or more, LDL of 160 mg/dL or more, or a statin, without a diagnosis."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=(
                    "ldl",
                    "non_hdl",
                    "total_cholesterol",
                    "hdl",
                    "triglycerides",
                    "tsh",
                    "pregnancy_status",
                ),
                lookback_days=FIVE_YEARS,
                required=True,
            ),
            Need(resource="Encounter", lookback_days=FIVE_YEARS),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="FamilyMemberHistory"),
        )
    )
    card = PublishedCriteria(
        authors="the American Heart Association and American College of Cardiology (2018) and the Dutch "
        "Lipid Clinic Network",
        conditions="severe hypercholesterolemia, possible familial hypercholesterolemia and hyperlipidemia",
        output="LDL cholesterol with the points of the Dutch score that the chart can give, or LDL that "
        "was high twice without a diagnosis; or a statin that nobody gave a reason for.",
        population="Adults of 18 years and over by lipid results of the last 5 years.",
        out_of_scope="Pregnancy and 12 weeks after it, nephrotic syndrome, cholestasis and untreated "
        "hypothyroidism, which raise LDL. Xanthomas, corneal arcus and genetic tests are not read.",
        known_risks="The score is a lower bound, because findings of the examination are not counted. "
        "Under a statin the untreated LDL is estimated from an average effect; poor adherence looks the "
        "same as familial disease. Calculated LDL misleads at high triglycerides.",
        basis="Cut-offs rest on cohort data and trials; the score on carriers of mutations in Dutch "
        "families.",
        accuracy="Not available for the score without examination and genetic test.",
        fairness="The score was derived in people of European descent; familial hypercholesterolemia is "
        "under-recognized in women and in other populations.",
        inputs="Age and recorded sex (for the age at which coronary disease counts as premature).",
        references="Circulation 2019;139:e1082-e1143; Eur Heart J 2013;34:3478-90.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Possible familial hypercholesterolemia, else undocumented high LDL, else an unexplained statin."""
        if not is_adult(record):
            return Assessment()
        ldl = daily(recent(record, "ldl", FIVE_YEARS))
        severe = _severe(record, ldl)
        if severe:
            return _familial(record, severe)
        if HIGH_LDL.documented(record):
            return Assessment()
        raised = high_run(ldl, LIMITS.ldl_high)
        if not _twice(raised):
            raised = () if ldl else high_run(_non_hdl(record), LIMITS.non_hdl_high)
        if not _twice(raised):
            return _treated(record)
        return outside_pregnancy(record, HIGH_LDL, (_high(record, raised),))


def _twice(points: Points) -> bool:
    return len(points) >= 2 and span_days(points) >= LIMITS.repeat_days


def _severe(record: PatientRecord, ldl: Points) -> Points:
    """The run of LDL at 190 or more; under a statin 160 twice, which stands for 229 without it."""
    measured_high = high_run(ldl, LIMITS.ldl_severe)
    if measured_high:
        return measured_high
    raised = high_run(ldl, LIMITS.ldl_high)
    statin = taking(record, STATIN) if _twice(raised) else None
    treated = statin is not None and all(_under(statin, point) for point in raised[-2:])
    return raised if treated else ()


def _under(statin: Medication, point: Measurement) -> bool:
    return statin.started is None or statin.started <= point.at


def _familial(record: PatientRecord, severe: Points) -> Assessment:
    if FAMILIAL.documented(record):
        return Assessment()
    secondary = _secondary(record, severe[-1])
    if secondary:
        reason = f"LDL is high, but {secondary} can be the cause; repeat after treating it"
        return Assessment(abstentions=(FAMILIAL.abstention("outside-population", reason),))
    return outside_pregnancy(record, FAMILIAL, (_familial_finding(record, severe),))


def _secondary(record: PatientRecord, newest: Measurement) -> str:
    for cause in (NEPHROTIC, CHOLESTASIS):
        if documented(record, cause):
            return cause.name
    tsh = nearest(recent(record, "tsh", FIVE_YEARS), newest.at, TWO_YEARS)
    return (
        "hypothyroidism (TSH above 10)" if tsh is not None and above(tsh, LIMITS.tsh_secondary_above) else ""
    )


def _familial_finding(record: PatientRecord, severe: Points) -> Finding:
    newest = severe[-1]
    statin = taking(record, STATIN)
    treated = statin is not None and _under(statin, newest)
    peak = max(severe, key=lambda point: point.value)
    untreated = peak.value * LIMITS.untreated_factor if treated else peak.value
    points, reasons = _dutch(record, untreated)
    likelihood = _likelihood(points)
    before = f" and {quantity_of(severe[-2])} before" if len(severe) > 1 and not treated else ""
    under = f" on a statin (about {untreated:.0f} untreated)" if treated else ""
    tests = some(
        Evidence(
            source="",
            label="Dutch Lipid Clinic Network score",
            value=f"at least {points}",
            unit="points",
            remark=f"{likelihood} familial hypercholesterolemia; examination and genetics not counted",
        )
    )
    twice = _twice(severe)
    return FAMILIAL.finding(
        statement=f"LDL {dated(newest)}{before}{under}: {likelihood} familial hypercholesterolemia",
        rationale=_familial_advice(treated, twice),
        confidence="A" if points >= LIMITS.dutch_probable else "B",
        urgency="soon",
        evidence=(
            *(measured(point) for point in reversed(severe[-3:])),
            *tests,
            *reasons,
            *((drug(statin, "On statin"),) if statin is not None else ()),
        ),
        missing=(
            "tendon xanthomas, corneal arcus, relatives' LDL, genetic test",
            *(() if twice else ("a second LDL",)),
            *medications_missing(record),
        ),
        proposals=_familial_proposals(record, twice),
    )


def _familial_advice(treated: bool, twice: bool) -> str:
    if treated:
        return "Check that the statin is taken and its dose; then intensify, and examine and ask the family."
    repeat = "" if twice else "Repeat, and rule out hypothyroidism, nephrotic syndrome and cholestasis. "
    return repeat + (
        "LDL of 190 or more is treated with a high-intensity statin without a risk score. Ask for early "
        "heart disease in relatives, look for xanthomas and arcus, and screen first-degree relatives."
    )


def _familial_proposals(record: PatientRecord, twice: bool) -> tuple[Proposal, ...]:
    if not twice:
        return (ORDER_LIPID_PANEL, ORDER_TSH)
    # LDL alone does not prove the familial form, so the problem offered is the high LDL itself.
    return () if HIGH_LDL.documented(record) else (_PURE.add_problem(),)


def _likelihood(points: int) -> str:
    if points > LIMITS.dutch_definite_above:
        return "definite"
    return "probable" if points >= LIMITS.dutch_probable else "possible"


def _dutch(record: PatientRecord, untreated_ldl: float) -> tuple[int, tuple[Evidence, ...]]:
    """The points that the chart can give, and what gave them besides LDL."""
    points = next((score for cut, score in LIMITS.dutch_ldl if untreated_ldl >= cut), 0)
    reasons: list[Evidence] = []
    relative = next((f for f in record.family_history if _premature_relative(f)), None)
    if relative is not None:
        points += LIMITS.dutch_relative
        label = f"Premature coronary disease: {relative.relationship.label}"
        reasons.append(Evidence(source=relative.source, label=label, value=relative.concept.label))
    for sets, score in (
        ((CORONARY_DISEASE,), LIMITS.dutch_coronary),
        ((STROKE_TIA_EMBOLISM, VASCULAR_DISEASE), LIMITS.dutch_vascular),
    ):
        own = _premature_own(record, sets)
        if own is not None:
            return points + score, (*reasons, own)
    return points, tuple(reasons)


def _premature_own(record: PatientRecord, sets: tuple[CodeSet, ...]) -> Evidence | None:
    limit = LIMITS.premature_man if record.patient.sex == "male" else LIMITS.premature_woman
    for cond in record.conditions:
        if cond.onset is not None and any(codes.holds(cond.concept) for codes in sets):
            age = record.patient.age_years(cond.onset)
            if age is not None and age < limit:
                return Evidence(
                    source=cond.source,
                    label=f"At age {age}",
                    value=cond.concept.label,
                    at=cond.onset,
                    remark=cond.concept.matched,
                )
    return None


def _premature_relative(member: FamilyCondition) -> bool:
    words = set(member.relationship.label.lower().replace(",", " ").split())
    codes = {coding.code for coding in member.relationship.codings}
    if not (codes & _FIRST_DEGREE_CODES or words & _FIRST_DEGREE_WORDS) or member.onset_age_years is None:
        return False
    male = bool(words & _MALE_WORDS or codes & {"FTH", "NFTH", "BRO", "NBRO", "SON"})
    limit = LIMITS.premature_man if male else LIMITS.premature_woman
    return member.onset_age_years < limit and CORONARY_DISEASE.holds(member.concept)


def _non_hdl(record: PatientRecord) -> Points:
    """Non-HDL cholesterol, mg/dL, as reported, else total minus HDL cholesterol of one specimen's day."""
    reported = daily(recent(record, "non_hdl", FIVE_YEARS))
    if reported:
        return reported
    hdl = {p.at.date(): p for p in recent(record, "hdl", FIVE_YEARS) if not p.comparator}
    return tuple(
        replace(
            total,
            analyte="non_hdl",
            value=total.value - hdl[total.at.date()].value,
            reported=f"total {total.value:.0f} minus HDL {hdl[total.at.date()].value:.0f} mg/dL",
        )
        for total in daily(recent(record, "total_cholesterol", FIVE_YEARS))
        if not total.comparator and total.at.date() in hdl
    )


def _high(record: PatientRecord, raised: Points) -> Finding:
    newest = raised[-1]
    statin = taking(record, STATIN)
    triglycerides = nearest(recent(record, "triglycerides", FIVE_YEARS), newest.at, 1)
    name = "LDL" if newest.analyte == "ldl" else "Non-HDL cholesterol"
    on_statin = " on a statin" if statin is not None and _under(statin, newest) else ""
    return HIGH_LDL.finding(
        statement=f"{name} {dated(newest)} and {quantity_of(raised[-2])} before{on_statin}; no lipid "
        "diagnosis",
        rationale="Check the 10-year cardiovascular risk; a level this high counts as risk-enhancing and "
        "favors a statin. Exclude hypothyroidism, nephrotic syndrome and cholestasis.",
        confidence="A",
        evidence=(
            *(measured(point) for point in reversed(raised[-3:])),
            *((measured(triglycerides),) if triglycerides is not None else ()),
            *((drug(statin, "On statin"),) if statin is not None else ()),
            *some(HIGH_LDL.previously(record)),
        ),
        missing=medications_missing(record),
        proposals=(_named(newest, triglycerides).add_problem(),),
    )


def _treated(record: PatientRecord) -> Assessment:
    """A statin without a lipid diagnosis, or another reason that is usual for one."""
    statin = taking(record, STATIN)
    if statin is None or not record.knows("Condition") or ever_documented(record, *_REASONS_FOR_STATIN):
        return Assessment()
    finding = _UNEXPLAINED_STATIN.finding(
        statement="Statin on the medication list, no lipid diagnosis or other reason on "
        f"{problem_list(record)}",
        rationale="Record the reason for the treatment, if it is this one, so that everybody sees it.",
        confidence="C",
        evidence=(drug(statin, "On statin"),),
        proposals=(HIGH_LDL.add_problem(),),
    )
    return Assessment(findings=(finding,))


def _named(newest: Measurement, triglycerides: Measurement | None) -> Rule:
    if newest.analyte != "ldl" or triglycerides is None:
        return HIGH_LDL
    return _MIXED if at_least(triglycerides, LIMITS.triglycerides_high) else _PURE

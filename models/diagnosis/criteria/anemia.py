"""Iron-deficiency anemia, anemia of kidney disease, unexplained anemia and iron deficiency, undocumented.

Sources: WHO guideline on haemoglobin cut-offs, 2024; Ko CW et al., AGA guideline on iron deficiency anemia,
Gastroenterology 2020;159:1085-94; McDonagh TA et al., ESC heart failure guideline, Eur Heart J 2021;42:3599;
KDIGO guideline for anemia in CKD, Kidney Int Suppl 2012;2:279-335; NCI Common Terminology Criteria for
Adverse Events 5.0, 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import Measurement, Medication, Need, PatientRecord, Requires, Series
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import (
    CHEMOTHERAPY,
    CKD,
    GASTROINTESTINAL_BLEEDING,
    HEART_FAILURE,
)
from fhir_adapters.terminology.drugs import IRON, taking
from fhir_adapters.terminology.score_conditions import CANCER
from models.chart_inputs import not_recorded, problem_list, stated
from models.contract import ClinicalSettings
from models.derived import egfr_with_limits
from models.diagnosis.criteria._anemia_rules import (
    ANEMIA_RULE,
    IRON_DEFICIENCY_ANEMIA_RULE,
    IRON_RULE,
    LIMITS,
    RENAL_RULE,
    STAMP,
)
from models.diagnosis.criteria._treatment_anemia import severe_under_treatment
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import dated, drug, measured, quantity_of, some
from models.diagnosis.exclusions import is_adult, is_pregnant_or_postpartum
from models.diagnosis.rule import ORDER_FERRITIN
from models.diagnosis.values import (
    ONE_YEAR,
    TWO_YEARS,
    Points,
    above,
    at_least,
    below,
    daily,
    low_run,
    nearest,
    recent,
    span_days,
)
from models.finding import Abstention, Assessment, Evidence, Finding
from models.registry import clinical_model


@dataclass(frozen=True, slots=True, kw_only=True)
class _Iron:
    """What ferritin and transferrin saturation say; `lacking` is "" when iron is not shown to be low."""

    ferritin: Measurement | None
    saturation: Measurement | None
    lacking: str

    @property
    def certain(self) -> bool:
        return self.lacking == "low ferritin"

    def evidence(self) -> tuple[Evidence, ...]:
        return tuple(measured(p) for p in (self.ferritin, self.saturation) if p is not None)


@clinical_model
class AnemiaCriteria:
    """Anemia by hemoglobin; of the causes that apply, the most specific one is stated, alone."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=(
                    "hemoglobin", "ferritin", "tsat", "iron", "tibc", "crp", "mcv", "creatinine", "egfr",
                    "pregnancy_status",
                ),
                lookback_days=TWO_YEARS,
                required=True,
            ),
            Need(resource="Encounter", lookback_days=TWO_YEARS),
            Need(resource="Procedure"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )  # fmt: skip
    card = PublishedCriteria(
        authors="the World Health Organization (2024), the American Gastroenterological Association (2020) "
        "and the National Cancer Institute (CTCAE 5.0, 2017)",
        conditions="iron-deficiency anemia, anemia of kidney disease, unexplained anemia, iron deficiency "
        "and severe anemia during antineoplastic treatment",
        output="Whether hemoglobin is persistently low, whether ferritin and transferrin saturation show "
        "a lack of iron, or which of them is missing.",
        population="Adults of 18 years and over; the hemoglobin limit follows recorded sex and pregnancy.",
        out_of_scope="Children, anemia during chemotherapy unless it is severe, and otherwise values taken "
        "in hospital. Other causes (vitamin B12, folate, hemolysis) are not judged.",
        known_risks="Ferritin rises in inflammation and liver disease and then hides a lack of iron. "
        "Altitude and smoking raise hemoglobin. For other or unknown sex the lower limit is used, so mild "
        "anemia may be missed.",
        basis="Hemoglobin limits are population percentiles; ferritin limits rest on comparison with "
        "bone-marrow iron.",
        accuracy="By the AGA guideline ferritin below 45 ng/mL finds 85% of iron deficiency at a "
        "specificity of 92%; figures for this implementation are not available.",
        fairness="Hemoglobin is on average lower in people of African descent; WHO keeps one limit for all.",
        inputs="Age, recorded sex and pregnancy.",
        references="WHO guideline 2024; Gastroenterology 2020;159:1085-94; Eur Heart J 2021;42:3599-726.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Severe anemia during treatment, beside it a lack of iron; else what hemoglobin and iron say."""
        if not is_adult(record):
            return Assessment()
        severe = severe_under_treatment(record)
        found = self._by_hemoglobin(record)
        if severe is None:
            return found
        iron = tuple(each for each in found.findings if each.key == IRON_DEFICIENCY_ANEMIA_RULE.key)
        return Assessment((severe, *iron), found.abstentions)

    def _by_hemoglobin(self, record: PatientRecord) -> Assessment:
        """Iron-deficiency anemia, else unexplained anemia, else iron deficiency, else nothing."""
        hemoglobin = daily(recent(record, "hemoglobin", TWO_YEARS))
        if hemoglobin and below(hemoglobin[-1], LIMITS.hemoglobin_men):
            low = low_run(hemoglobin, _limit(record))
            if _persistent(low):
                return _anemic(record, low)
            if low:
                return Assessment()
        finding = _iron_deficient(record)
        return Assessment(findings=(finding,)) if finding is not None else Assessment()


def _limit(record: PatientRecord) -> float:
    if record.patient.sex == "male":
        return LIMITS.hemoglobin_men
    return LIMITS.hemoglobin_pregnant if is_pregnant_or_postpartum(record) else LIMITS.hemoglobin_women


def _persistent(low: Points) -> bool:
    if not low:
        return False
    return below(low[-1], LIMITS.hemoglobin_single) or (
        len(low) >= 2 and span_days(low) >= LIMITS.repeat_days
    )


def _anemic(record: PatientRecord, low: Points) -> Assessment:
    if documented(record, CHEMOTHERAPY) or IRON_DEFICIENCY_ANEMIA_RULE.documented(record):
        return Assessment()
    iron = _iron(record, low[-1])
    if iron.lacking:
        return Assessment(findings=(_iron_deficiency_anemia(record, low, iron),))
    renal = _renal(record, low, iron)
    if renal is not None:
        return Assessment(findings=(renal,))
    if ANEMIA_RULE.documented(record):
        return Assessment()
    return Assessment(findings=(_unexplained(record, low, iron),), abstentions=_iron_unknown(iron))


def _iron(record: PatientRecord, hemoglobin: Measurement) -> _Iron:
    ferritin = nearest(recent(record, "ferritin", TWO_YEARS), hemoglobin.at, LIMITS.ferritin_days)
    saturation = _saturation(record, hemoglobin)
    return _Iron(ferritin=ferritin, saturation=saturation, lacking=_lacking(record, ferritin, saturation))


def _saturation(record: PatientRecord, near: Measurement) -> Measurement | None:
    """Transferrin saturation, %: as reported, else 100 * iron / TIBC of one day."""
    reported = nearest(recent(record, "tsat", TWO_YEARS), near.at, LIMITS.ferritin_days)
    if reported is not None:
        return reported
    iron = nearest(recent(record, "iron", TWO_YEARS), near.at, LIMITS.ferritin_days)
    binding = nearest(recent(record, "tibc", TWO_YEARS), iron.at, 1) if iron is not None else None
    if iron is None or binding is None or binding.value <= 0 or binding.comparator:
        return None
    return Measurement(
        source=iron.source,
        analyte="tsat",
        value=100 * iron.value / binding.value,
        unit="%",
        at=iron.at,
        comparator=iron.comparator,
        setting=iron.setting,
        reported=f"iron {iron.comparator}{iron.value:.0f} and TIBC {binding.value:.0f} µg/dL",
    )


def _lacking(record: PatientRecord, ferritin: Measurement | None, saturation: Measurement | None) -> str:
    if ferritin is None:
        return ""
    if below(ferritin, LIMITS.ferritin_low):
        return "low ferritin"
    if below(ferritin, LIMITS.ferritin_probable):
        return "ferritin below 45"
    unsaturated = saturation is not None and below(saturation, LIMITS.saturation_low)
    if below(ferritin, LIMITS.ferritin_inflamed) and unsaturated and _inflamed(record, ferritin):
        return "low saturation with inflammation, kidney disease or heart failure"
    return ""


def _inflamed(record: PatientRecord, ferritin: Measurement) -> bool:
    crp = nearest(recent(record, "crp", TWO_YEARS), ferritin.at, LIMITS.ferritin_days)
    if crp is not None and above(crp, LIMITS.crp_above):
        return True
    egfr = Series(egfr_with_limits(record)).within(ONE_YEAR, record.as_of).latest
    low_egfr = egfr is not None and below(egfr, LIMITS.ckd_egfr_below)
    return low_egfr or documented(record, CKD, HEART_FAILURE) is not None


def _iron_deficiency_anemia(record: PatientRecord, low: Points, iron: _Iron) -> Finding:
    newest, ferritin = low[-1], iron.ferritin
    shown = f", ferritin {quantity_of(ferritin)}" if ferritin is not None else ""
    treated = taking(record, IRON)
    word = "Iron-deficiency anemia" if iron.certain else "Probable iron-deficiency anemia"
    tail = f"on iron, not on {problem_list(record)}" if treated else f"not on {problem_list(record)}"
    rule = IRON_DEFICIENCY_ANEMIA_RULE
    pregnant = is_pregnant_or_postpartum(record)
    return rule.finding(
        statement=f"{word}: hemoglobin {dated(newest)}{shown}; {tail}",
        rationale=_cause_advice(record, treated is not None),
        confidence="A" if iron.certain else "B",
        urgency="soon",
        evidence=(*_hemoglobins(low), *iron.evidence(), *_context(record, newest, treated)),
        missing=() if iron.certain or iron.saturation else ("transferrin saturation",),
        # Codes of pregnancy differ (O99.01-), so nothing is offered for the problem list then.
        proposals=() if pregnant else (rule.add_problem(),) if iron.certain else (ORDER_FERRITIN,),
    )


def _cause_advice(record: PatientRecord, treated: bool) -> str:
    iron = "Record the diagnosis that the iron is given for. " if treated else "Replace iron. "
    age = record.age_years or 0
    if record.patient.sex == "male" or age >= 50:
        return (
            iron + "Men and postmenopausal women need upper and lower gastrointestinal endoscopy unless the "
            "cause is known; test for celiac disease."
        )
    return (
        iron
        + "Look for menstrual loss, celiac disease and gastrointestinal symptoms; recheck in 4 to 8 weeks."
    )


def _hemoglobins(low: Points) -> tuple[Evidence, ...]:
    return tuple(measured(point) for point in reversed(low[-3:]))


def _context(record: PatientRecord, newest: Measurement, treated: Medication | None) -> tuple[Evidence, ...]:
    mcv = nearest(recent(record, "mcv", TWO_YEARS), newest.at, LIMITS.ferritin_days)
    bleeding = documented(record, GASTROINTESTINAL_BLEEDING)
    return some(
        measured(mcv) if mcv is not None else None,
        drug(treated, "On iron") if treated is not None else None,
        stated(bleeding, "Bleeding") if bleeding is not None else None,
    )


def _renal(record: PatientRecord, low: Points, iron: _Iron) -> Finding | None:
    """Anemia of kidney disease: iron is replete, the kidneys are failing, and nothing else explains it."""
    other = documented(record, CANCER, GASTROINTESTINAL_BLEEDING) or RENAL_RULE.documented(record)
    egfr = Series(egfr_with_limits(record)).within(ONE_YEAR, record.as_of).latest
    failing = egfr is not None and below(egfr, LIMITS.renal_egfr_below) and documented(record, CKD)
    if other or egfr is None or not failing or not _replete(iron):
        return None
    if len(low) < 2 or span_days(low) < LIMITS.renal_repeat_days:
        return None
    return RENAL_RULE.finding(
        statement=f"Anemia in chronic kidney disease: hemoglobin {dated(low[-1])}, eGFR {quantity_of(egfr)}",
        rationale="Iron is enough and kidney function is low. Check B12 and folate; below 10 g/dL weigh an "
        "erythropoiesis-stimulating agent with nephrology.",
        confidence="B",
        urgency="soon" if below(low[-1], LIMITS.hemoglobin_single) else "routine",
        evidence=(*_hemoglobins(low), measured(egfr), *iron.evidence()),
        missing=("vitamin B12 and folate",),
        proposals=(RENAL_RULE.add_problem(),),
    )


def _replete(iron: _Iron) -> bool:
    if iron.ferritin is None or iron.saturation is None:
        return False
    enough = at_least(iron.ferritin, LIMITS.renal_ferritin)
    return enough and at_least(iron.saturation, LIMITS.renal_saturation)


def _unexplained(record: PatientRecord, low: Points, iron: _Iron) -> Finding:
    newest = low[-1]
    severe = below(newest, LIMITS.hemoglobin_severe)
    below_ten = below(newest, LIMITS.hemoglobin_single)
    mcv = nearest(recent(record, "mcv", TWO_YEARS), newest.at, LIMITS.ferritin_days)
    small = mcv is not None and below(mcv, LIMITS.microcytic_below)
    hint = " A low MCV with enough iron suggests thalassemia trait." if small and iron.ferritin else ""
    before = f", {quantity_of(low[0])} before" if len(low) > 1 else ""
    wanted = "ferritin" if iron.ferritin is None else "vitamin B12, folate and kidney function"
    return ANEMIA_RULE.finding(
        statement=f"Anemia, cause {not_recorded(record)}: hemoglobin {dated(newest)}{before}",
        rationale=f"Persistently low and not on {problem_list(record)}; the cause is open: check {wanted}."
        f"{hint}",
        confidence="A" if len(low) > 1 and span_days(low) >= LIMITS.repeat_days else "B",
        urgency="urgent" if severe else "soon" if below_ten else "routine",
        evidence=(*_hemoglobins(low), *iron.evidence(), *_context(record, newest, taking(record, IRON))),
        missing=("ferritin within 90 days",) if iron.ferritin is None else (),
        proposals=(ORDER_FERRITIN,) if iron.ferritin is None else (ANEMIA_RULE.add_problem(),),
    )


def _iron_unknown(iron: _Iron) -> tuple[Abstention, ...]:
    if iron.ferritin is not None:
        return ()
    reason = "hemoglobin is low, but no ferritin was measured within 90 days of it"
    return (IRON_DEFICIENCY_ANEMIA_RULE.abstention("missing-input", reason, ("ferritin",)),)


def _iron_deficient(record: PatientRecord) -> Finding | None:
    ferritin = next(iter(reversed(recent(record, "ferritin", ONE_YEAR))), None)
    if ferritin is None or not below(ferritin, LIMITS.ferritin_heart_failure):
        return None
    saturation = _saturation(record, ferritin)
    unsaturated = saturation is not None and below(saturation, LIMITS.saturation_low)
    failing = documented(record, HEART_FAILURE)
    low = below(ferritin, LIMITS.ferritin_low)
    low_in_failure = failing is not None and (below(ferritin, LIMITS.ferritin_inflamed) or unsaturated)
    if not (low or low_in_failure) or IRON_RULE.documented(record) or taking(record, IRON):
        return None
    context = " in heart failure" if not low else ""
    return IRON_RULE.finding(
        statement=f"Iron deficiency without anemia{context}: ferritin {dated(ferritin)}",
        rationale="In heart failure with reduced ejection fraction and symptoms, consider intravenous iron."
        if low_in_failure
        else "Look for blood loss and diet; iron by mouth if there are symptoms or the cause continues.",
        confidence="A",
        evidence=(
            measured(ferritin),
            *((measured(saturation),) if saturation is not None else ()),
            *((stated(failing, "Heart failure"),) if failing is not None else ()),
        ),
        proposals=() if is_pregnant_or_postpartum(record) else (IRON_RULE.add_problem(),),
    )

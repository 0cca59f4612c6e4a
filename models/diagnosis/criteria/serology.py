"""Reactive tests for hepatitis B, hepatitis C and HIV that nobody has followed up.

Sources: Panagiotakopoulos L et al. (CDC), MMWR Recomm Rep 2023 and AASLD-IDSA guidance (hepatitis C); Conners
EE et al. (CDC), MMWR Recomm Rep 2023;72(1):1-25 (hepatitis B); CDC and APHL, Laboratory Testing for the
Diagnosis of HIV Infection, 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fhir_adapters.record import CodedObservation, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import ever_documented
from fhir_adapters.terminology.conditions import HEPATITIS_B, HEPATITIS_C, HIV_INFECTION
from models.chart_inputs import FIVE_YEARS, problem_list, words_of
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.rule import Rule, RuleFamily, order
from models.finding import Assessment, Citation, Confidence, Evidence, Finding, Proposal
from models.registry import clinical_model
from models.scoring import stamped

# Reactive, positive, detected; and their opposites, which contain the same words.
_POSITIVE_CODES = frozenset({"10828004", "11214006", "260373001", "LA6576-8", "LA15255-5", "LA11882-0"})
_NEGATIVE_CODES = frozenset({"260385009", "131194007", "260415000", "LA6577-6", "LA15256-3", "LA11883-8"})
_POSITIVE_WORDS = frozenset({"positive", "reactive", "detected", "repeatedly reactive"})
# "Test not performed" is no negative test.
_NOT_TESTED = ("perform", "done", "cancel", "unable", "insufficient")
_CHRONIC_DAYS = 180
STAMP = stamped("serology.v1", "1.0", (sorted(_POSITIVE_CODES), sorted(_NEGATIVE_CODES), _CHRONIC_DAYS))
_FAMILY = RuleFamily(group="hepatitis", stamp=STAMP)
_ANTIBODY = _FAMILY.rule(
    "hepatitis_c_antibody",
    "hepatitis C antibody without an RNA test",
    ("128302006", "R76.89"),
    (HEPATITIS_C,),
    Citation(label="AASLD-IDSA guidance on hepatitis C", url="https://www.hcvguidelines.org"),
)
_SURFACE_ANTIGEN = _FAMILY.rule(
    "hepatitis_b",
    "hepatitis B",
    ("61977001", "B18.1"),
    (HEPATITIS_B,),
    Citation(
        label="CDC 2023 recommendations on hepatitis B",
        url="https://www.cdc.gov/mmwr/volumes/72/rr/rr7201a1.htm",
    ),
)
_HIV = RuleFamily(group="hiv", stamp=STAMP).rule(
    "hiv",
    "a reactive HIV test",
    ("86406008", "R75"),
    (HIV_INFECTION,),
    Citation(label="CDC/APHL 2014 algorithm for HIV testing", url="https://stacks.cdc.gov/view/cdc/50872"),
)
_ORDER_HCV_RNA = order("hepatitis C RNA", "11011-4")
_ORDER_HIV_RNA = order("HIV-1 RNA", "20447-9")
_ORDER_HBV_DNA = order("hepatitis B DNA", "42595-9")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """Results of one screening test, oldest first."""

    results: tuple[CodedObservation, ...]

    @property
    def newest(self) -> CodedObservation | None:
        """The newest result if it is positive."""
        last = self.results[-1] if self.results else None
        return last if last is not None and is_positive(last) else None


def is_positive(obs: CodedObservation) -> bool | None:
    """True or False by code or by the whole answer in words; None for anything else ("see comment")."""
    codes = {coding.code for coding in obs.value.codings}
    if codes & _NEGATIVE_CODES:
        return False
    if codes & _POSITIVE_CODES:
        return True
    words = words_of(obs)
    if any(word in words for word in _NOT_TESTED):
        return None
    if "non" in words or "not " in words or "negative" in words:
        return False
    return True if words in _POSITIVE_WORDS else None


@clinical_model
class SerologyCriteria:
    """Reactive hepatitis B, hepatitis C and HIV tests that the problem list doesn't know of."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=("hcv_ab", "hcv_rna", "hbsag", "hiv_screen", "hiv_rna"),
                lookback_days=FIVE_YEARS,
                required=True,
            ),
        )
    )
    card = PublishedCriteria(
        authors="the Centers for Disease Control and Prevention and the AASLD and IDSA",
        conditions="hepatitis B, hepatitis C and HIV",
        output="That a reactive test of five years has no follow-up: no RNA test, no entry on the problem "
        "list.",
        population="People of any age whose newest result of the test is reactive.",
        out_of_scope="Negative and unclear results; immunity; the decision who may see a result.",
        known_risks="Sensitive results may be under special protection of law or of the patient's own "
        "wish: the finding says so, and a site may switch this model off. Screening tests are falsely "
        "reactive now and then; vaccination makes the surface antigen positive for up to 18 days.",
        basis="Testing algorithms of the Centers for Disease Control and Prevention.",
        accuracy="Not available as one figure: the predictive value depends on prevalence.",
        fairness="The same rule for everybody who was tested; who is tested differs between groups.",
        inputs="None but the results.",
        references="https://www.hcvguidelines.org; MMWR Recomm Rep 2023;72(1):1-25.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """One finding for each reactive test without follow-up."""
        found = (_hepatitis_c(record), _hepatitis_b(record), _hiv(record))
        return Assessment(findings=tuple(each for each in found if each is not None))


def _test(record: PatientRecord, kind: str) -> _Test:
    since = record.as_of - timedelta(days=FIVE_YEARS)
    known = [
        obs
        for obs in record.coded_observations
        if obs.kind == kind and since <= obs.at <= record.as_of and is_positive(obs) is not None
    ]
    return _Test(results=tuple(sorted(known, key=lambda obs: obs.at)))


def _has_rna(record: PatientRecord, analyte: str) -> bool:
    """True when there is an RNA test, as a number or in words ("not detected")."""
    return bool(record.series(analyte)) or any(
        obs.kind == analyte and is_positive(obs) is not None for obs in record.coded_observations
    )


def _hepatitis_c(record: PatientRecord) -> Finding | None:
    reactive = _test(record, "hcv_ab").newest
    if reactive is None or ever_documented(record, HEPATITIS_C) or _has_rna(record, "hcv_rna"):
        return None
    return _finding(
        _ANTIBODY,
        reactive,
        "Hepatitis C antibody reactive, no RNA test in the chart",
        "The antibody stays after a cleared infection; RNA tells whether it is current. Current infection "
        "can be cured.",
        confidence="C",
        proposals=(_ORDER_HCV_RNA,),
    )


def _hepatitis_b(record: PatientRecord) -> Finding | None:
    test = _test(record, "hbsag")
    reactive = test.newest
    if reactive is None or ever_documented(record, HEPATITIS_B):
        return None
    positive = [obs for obs in test.results if is_positive(obs)]
    chronic = (positive[-1].at - positive[0].at).days >= _CHRONIC_DAYS
    return _finding(
        _SURFACE_ANTIGEN,
        reactive,
        "Hepatitis B surface antigen positive" + (" for 6 months or more: chronic" if chronic else ""),
        f"Not on {problem_list(record)}. DNA, e-antigen and liver tests decide on treatment; test and "
        "vaccinate contacts, and think of it before immunosuppression.",
        confidence="A" if chronic else "B",
        proposals=(_SURFACE_ANTIGEN.add_problem(), _ORDER_HBV_DNA) if chronic else (_ORDER_HBV_DNA,),
    )


def _hiv(record: PatientRecord) -> Finding | None:
    reactive = _test(record, "hiv_screen").newest
    if reactive is None or ever_documented(record, HIV_INFECTION) or _has_rna(record, "hiv_rna"):
        return None
    return _finding(
        _HIV,
        reactive,
        "HIV screening test reactive, no confirmation in the chart",
        "A screen alone is no diagnosis: a differentiation assay or RNA confirms it. Results are "
        "confidential; see who else can read this chart.",
        confidence="C",
        proposals=(_ORDER_HIV_RNA,),
    )


def _finding(
    rule: Rule,
    reactive: CodedObservation,
    statement: str,
    rationale: str,
    *,
    confidence: Confidence,
    proposals: tuple[Proposal, ...],
) -> Finding:
    shown = Evidence(
        source=reactive.source, label=statement.partition(",")[0], value=reactive.value.label, at=reactive.at
    )
    return rule.finding(
        statement=f"{statement} ({reactive.at:%Y-%m-%d})",
        rationale=rationale,
        confidence=confidence,
        urgency="soon",
        evidence=(shown,),
        proposals=proposals,
    )

"""Depression and anxiety by questionnaire, and an answer about suicide that nobody may overlook.

Sources: Kroenke K et al., J Gen Intern Med 2001;16:606-13 (PHQ-9); Spitzer RL et al., Arch Intern Med
2006;166:1092-7 (GAD-7); US Preventive Services Task Force, JAMA 2023;329:2057-67 and 2163-70.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

from fhir_adapters.record import SNOMED, Coding, PatientRecord
from fhir_adapters.terminology.conditions import ANXIETY, BIPOLAR_DISORDER, DEPRESSION
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, judge, reads
from models.diagnosis.rule import RuleFamily
from models.finding import Assessment, Citation, Evidence, Finding
from models.registry import clinical_model
from models.scoring import stamped
from models.thresholds import PUBLISHED, Thresholds

STAMP = stamped("mood.v1", "1.0", (10, 10, 20, 30))
_CURRENT_DAYS = 90
# An answer about suicide of so many days ago still has to be followed up.
_SUICIDE_DAYS = 30
_SUICIDE_ITEM = "phq9_item_9"
_ANSWERS = frozenset({"LA6569-3", "LA6570-1", "LA6571-9"})


_FAMILY = RuleFamily(group="mood", stamp=STAMP)


_DEPRESSION = _FAMILY.rule(
    "depression",
    "depression",
    ("35489007", "F32.A"),
    (DEPRESSION,),
    Citation(
        label="USPSTF 2023 on screening for depression and suicide risk",
        url="https://doi.org/10.1001/jama.2023.9297",
    ),
)
_ANXIETY = _FAMILY.rule(
    "anxiety",
    "anxiety disorder",
    ("197480006", "F41.9"),
    (ANXIETY,),
    Citation(label="USPSTF 2023 on screening for anxiety", url="https://doi.org/10.1001/jama.2023.9301"),
)
ROWS = (
    LimitRow(
        rule=_DEPRESSION,
        analyte="phq9",
        sign=">=",
        cut=PUBLISHED.phq9_positive,
        single=PUBLISHED.phq9_positive,
        current_days=_CURRENT_DAYS,
        lookback_days=365,
        excluded_by=(BIPOLAR_DISORDER,),
        in_pregnancy=True,
        confirmed="B",
        advice="confirm by interview, ask about suicide and bipolar disorder, and offer treatment.",
    ),
    LimitRow(
        rule=_ANXIETY,
        analyte="gad7",
        sign=">=",
        cut=PUBLISHED.gad7_positive,
        single=PUBLISHED.gad7_positive,
        current_days=_CURRENT_DAYS,
        lookback_days=365,
        excluded_by=(BIPOLAR_DISORDER, DEPRESSION),
        in_pregnancy=True,
        confirmed="B",
        advice="confirm by interview and rule out thyroid disease and drugs.",
    ),
)


@clinical_model
class MoodCriteria(LimitCriteria):
    """PHQ-9 and GAD-7 of the last three months, and the last question of PHQ-9."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS, _SUICIDE_ITEM)
    card = PublishedCriteria(
        authors="the authors of PHQ-9 and GAD-7, and the US Preventive Services Task Force (2023)",
        conditions="depression and anxiety",
        output="Whether a questionnaire of the last three months is positive, and whether the question about "
        "suicide was answered with anything but 'not at all' in the last 30 days.",
        population="Adults of 18 years and over.",
        out_of_scope="Children and adolescents; known bipolar disorder; a diagnosis without an interview.",
        known_risks="Illness and grief raise both scores. Answers given on paper and not coded are not seen: "
        "silence does not mean that nobody said yes.",
        basis="Cut-offs against structured interviews in primary care.",
        accuracy="PHQ-9 of 10: sensitivity and specificity 88% in the publication; GAD-7 of 10: 89% and 82%.",
        fairness="Scores differ between languages and cultures; one cut-off is used for everybody.",
        inputs="Age.",
        references="doi:10.1046/j.1525-1497.2001.016009606.x; doi:10.1001/archinte.166.10.1092; "
        "doi:10.1001/jama.2023.9297; doi:10.1001/jama.2023.9301.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """The questionnaires, and the question about suicide whatever is documented."""
        answer = _suicide(record)
        return judge(record, _rows(settings.thresholds)) + Assessment(findings=(answer,) if answer else ())


@lru_cache(maxsize=8)
def _rows(thresholds: Thresholds) -> tuple[LimitRow, ...]:
    """The rows with the site's cut-offs, which the advice states."""
    return tuple(
        replace(
            row,
            cut=getattr(thresholds, name),
            single=getattr(thresholds, name),
            advice=f"A positive screen from {thresholds.stated(name, ' points')}, no diagnosis: {row.advice}",
        )
        for row, name in zip(ROWS, ("phq9_positive", "gad7_positive"), strict=True)
    )


def _suicide(record: PatientRecord) -> Finding | None:
    """The newest answer of 30 days about suicide, unless it is "not at all"."""
    since = record.as_of - timedelta(days=_SUICIDE_DAYS)
    answers = [o for o in record.coded_observations if o.kind == _SUICIDE_ITEM and o.at >= since]
    newest = max(answers, key=lambda obs: obs.at, default=None)
    if newest is None or not {coding.code for coding in newest.value.codings} & _ANSWERS:
        return None
    said = newest.value.label or "yes"
    return Finding(
        kind="safety",
        key="suicide_risk",
        group="mood",
        statement=f"PHQ-9 question about death or self-harm: answered '{said}' on {newest.at:%Y-%m-%d}",
        rationale="Ask about thoughts, plans and means today, whatever the total is, and agree on a safety "
        "plan.",
        urgency="urgent",
        topic=Coding(SNOMED, "225444004", "At risk for suicide"),
        guideline=_DEPRESSION.guideline,
        model=STAMP,
        confidence="B",
        evidence=(Evidence(source=newest.source, label="PHQ-9 question 9", value=said, at=newest.at),),
    )

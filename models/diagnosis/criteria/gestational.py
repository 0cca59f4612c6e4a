"""Diabetes in pregnancy: gestational diabetes by a glucose tolerance test, and overt diabetes.

Sources: ADA Standards of Care 2025, section 2; IADPSG consensus panel, Diabetes Care 2010;33:676-82 (75 g);
Carpenter MW, Coustan DR, Am J Obstet Gynecol 1982;144:768-73 (100 g).
"""

from __future__ import annotations

from collections.abc import Mapping

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.conditions import ANY_DIABETES_IN_PREGNANCY, DIABETES
from models.chart_inputs import not_recorded, pregnant
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import dated, label_of, measured
from models.diagnosis.rule import RuleFamily, order
from models.diagnosis.values import Points, at_least, recent
from models.finding import Abstention, Assessment, Citation, Finding
from models.registry import clinical_model
from models.scoring import stamped

# mg/dL (HbA1c in %); one value reaches a diagnosis in the first two, two values of one day in the third.
_OVERT = {"hba1c": 6.5, "glucose_fasting": 126, "glucose_2h_75g": 200}
_ONE_STEP = {"glucose_fasting": 92, "glucose_1h_75g": 180, "glucose_2h_75g": 153}
_TWO_STEP = {"glucose_fasting": 95, "glucose_1h_100g": 180, "glucose_2h_100g": 155, "glucose_3h_100g": 140}
_TOLERANCE_TEST = frozenset({"glucose_1h_75g", "glucose_2h_75g"})
_TERM_DAYS = 280
STAMP = stamped("gestational.v1", "1.0", (_OVERT, _ONE_STEP, _TWO_STEP))
_FAMILY = RuleFamily(group="diabetes", stamp=STAMP)
_ADA = Citation(label="ADA Standards of Care 2025, section 2", url="https://doi.org/10.2337/dc25-S002")
_KNOWN = (ANY_DIABETES_IN_PREGNANCY, DIABETES)
GESTATIONAL = _FAMILY.rule(
    "gestational_diabetes", "gestational diabetes", ("11687002", "O24.419"), _KNOWN, _ADA
)
OVERT = _FAMILY.rule(
    "overt_diabetes_in_pregnancy", "diabetes first found in pregnancy", ("199223000", "O24.919"), _KNOWN, _ADA
)
_ORDER_TEST = order("75 g oral glucose tolerance test", "1518-0")


@clinical_model
class GestationalCriteria:
    """Gestational and overt diabetes in somebody who is pregnant."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=tuple(sorted({*_OVERT, *_ONE_STEP, *_TWO_STEP, "pregnancy_status"})),
                lookback_days=_TERM_DAYS,
                required=True,
            ),
            Need(resource="Encounter", lookback_days=_TERM_DAYS),
        )
    )
    card = PublishedCriteria(
        authors="the ADA (2025) and the IADPSG (2010)",
        conditions="diabetes in pregnancy",
        output="Which glucose values of the pregnancy reach a limit, and whether the tolerance test is "
        "complete.",
        population="People with a pregnancy on record, whatever their age.",
        out_of_scope="Known diabetes; the weeks after birth; the 50 g screening test, which decides nothing.",
        known_risks="Whether a fasting glucose belongs to a tolerance test is not in the chart; alone it "
        "is stated "
        "as possible. The weeks of pregnancy are not read. Both procedures are in use and disagree.",
        basis="Outcomes of mother and child by glucose in the HAPO cohort (75 g); risk of later diabetes "
        "(100 g).",
        accuracy="Not applicable: the limits define the diagnosis.",
        fairness="Gestational diabetes is more frequent in South and East Asian, Hispanic and Black "
        "people; the "
        "limits are the same for all.",
        inputs="Pregnancy and recorded sex.",
        references="doi:10.2337/dc25-S002; doi:10.2337/dc09-1848; doi:10.1016/0002-9378(82)90349-0.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Overt diabetes, else gestational diabetes; nothing outside pregnancy or where either is known."""
        if not pregnant(record) or GESTATIONAL.documented(record):
            return Assessment()
        values = {name: recent(record, name, _TERM_DAYS) for name in {*_OVERT, *_ONE_STEP, *_TWO_STEP}}
        overt = _reaching(values, _OVERT)
        if overt:
            return Assessment(findings=(_overt(overt),))
        answer = _gestational(record, values)
        if isinstance(answer, Abstention):
            return Assessment(abstentions=(answer,))
        return Assessment(findings=(answer,) if answer is not None else ())


def _reaching(values: Mapping[str, Points], limits: Mapping[str, float]) -> Points:
    """The newest value of each analyte that reaches its limit, newest first."""
    newest = (values[name][-1] for name in limits if values[name])
    reached = [point for point in newest if at_least(point, limits[point.analyte])]
    return tuple(sorted(reached, key=lambda point: point.at, reverse=True))


def _overt(reached: Points) -> Finding:
    return OVERT.finding(
        statement=f"{label_of(reached[0])} {dated(reached[0])} in pregnancy: as in diabetes outside "
        "pregnancy",
        rationale="Treat as diabetes from now on and test again 4 to 12 weeks after birth; a second "
        "abnormal value "
        "confirms it.",
        confidence="A" if len(reached) > 1 else "B",
        urgency="soon",
        evidence=tuple(measured(point) for point in reached),
        missing=() if len(reached) > 1 else ("a second abnormal value",),
        proposals=(OVERT.add_problem(),) if len(reached) > 1 else (order("HbA1c", "4548-4"),),
    )


def _gestational(record: PatientRecord, values: Mapping[str, Points]) -> Finding | Abstention | None:
    one_step = _reaching(values, _ONE_STEP)
    two_step = _of_one_day(_reaching(values, _TWO_STEP))
    hundred = any(point.analyte.endswith("100g") for point in two_step)
    if hundred and len(two_step) >= 2:
        return _found(record, two_step, certain=True)
    if any(point.analyte in _TOLERANCE_TEST for point in one_step):
        return _found(record, one_step, certain=True)
    if hundred:
        reason = "one value of the 100 g test is high; two are needed"
        return GESTATIONAL.abstention("missing-input", reason, ("the other values of the test",))
    return _found(record, one_step, certain=False) if one_step else None


def _of_one_day(points: Points) -> Points:
    return tuple(point for point in points if point.at.date() == points[0].at.date())


def _found(record: PatientRecord, reached: Points, *, certain: bool) -> Finding:
    newest: Measurement = reached[0]
    lead = "Gestational diabetes" if certain else "Possible gestational diabetes"
    return GESTATIONAL.finding(
        statement=f"{lead}: {label_of(newest)} {dated(newest)}, {not_recorded(record)}",
        rationale="Diet, glucose measured at home, and insulin if targets are not met; test again 4 to 12 "
        "weeks after birth."
        if certain
        else "A fasting glucose of 92 mg/dL or more decides within a tolerance test; whether it was one is "
        "not recorded.",
        confidence="A" if certain else "B",
        urgency="soon",
        evidence=tuple(measured(point) for point in reached),
        missing=() if certain else ("a 75 g tolerance test",),
        proposals=(GESTATIONAL.add_problem(),) if certain else (_ORDER_TEST,),
    )

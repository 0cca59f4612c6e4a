"""FINDRISC: 10-year risk of type 2 diabetes by questions.

Source: Lindström J, Tuomilehto J, Diabetes Care 2003;26:725-731, doi:10.2337/diacare.26.3.725.
"""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import ever_documented
from fhir_adapters.terminology.conditions import DIABETES
from fhir_adapters.terminology.drugs import ANTIHYPERTENSIVE
from fhir_adapters.terminology.score_conditions import GLUCOSE_ONCE_HIGH
from models import chart_inputs
from models.chart_inputs import TWO_YEARS, measured
from models.finding import Abstention, Evidence
from models.point_score import AdditiveScore, Answers, Choice, Flag, Found, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import Inputs, abstain, stamped

# Waist, cm: points 3 and 4 above these limits.
_WAIST = {"male": (94, 102), "female": (80, 88)}
_FIRST_DEGREE = ("father", "mother", "brother", "sister", "sibling", "son", "daughter", "child", "parent")


@dataclass(frozen=True, slots=True)
class _Waist:
    """Waist circumference, with limits by sex."""

    name: str = "waist_cm"
    label: str = "waist circumference"
    span: tuple[float, float] = (0, 4)

    def points(self, given: Inputs) -> float:
        waist = given.number(self.name, 40, 250, "cm")
        some, much = _WAIST["female" if given.is_female() else "male"]
        return 4 if waist > much else 3 if waist >= some else 0


@dataclass(frozen=True, slots=True)
class _Bmi:
    """Below 25, 25 to 30, above 30 kg/m2."""

    name: str = "bmi"
    label: str = "body mass index"
    span: tuple[float, float] = (0, 3)

    def points(self, given: Inputs) -> float:
        bmi = given.number(self.name, 10, 90, "kg/m²")
        return 3 if bmi > 30 else int(bmi >= 25)


@dataclass(frozen=True, slots=True)
class _Absent:
    """Points for a habit that is absent."""

    name: str
    label: str
    weight: int

    @property
    def span(self) -> tuple[float, float]:
        return 0, self.weight

    def points(self, given: Inputs) -> float:
        return self.weight * (1 - given.flag(self.name))


_ITEMS = (
    Steps("age", "age", (18, 120, "years"), ((45, 2), (55, 3), (65, 4))),
    _Bmi(),
    _Waist(),
    _Absent("active_30min_daily", "half an hour of activity a day (yes or no)", 2),
    _Absent("daily_veg_fruit", "vegetables or fruit every day (yes or no)", 1),
    Flag("bp_medication", "blood pressure drug (yes or no)", 2),
    Flag("high_glucose_history", "high glucose in the past (yes or no)", 5),
    Choice(
        "family_history",
        "diabetes in the family",
        (("none", 0), ("second_degree", 3), ("first_degree", 5)),
    ),
)


@clinical_model
class Findrisc(AdditiveScore):
    """FINDRISC as a calculator; on a chart it needs two answers on habits that charts don't hold."""

    name = "findrisc.v1"
    calculator_name = "findrisc"
    title = "FINDRISC"
    result = "findrisc"
    items = _ITEMS
    further_labels = (("sex", "recorded sex"),)
    stamp = stamped("findrisc.v1", "1", (_ITEMS, _WAIST))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="FamilyMemberHistory"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="Encounter"),
            Need(resource="Observation", analytes=("bmi", "waist"), lookback_days=TWO_YEARS),
        )
    )
    card = PublishedScore(
        authors="Lindström J and Tuomilehto J (2003)",
        output="Points, 0 to 26.",
        output_type="A sum; from 15 about one in three gets type 2 diabetes within 10 years.",
        intended_use="A questionnaire for people without diabetes; here a calculator.",
        population="Adults without diabetes.",
        out_of_scope="Known diabetes, pregnancy.",
        known_risks="Habits are told by the person. A laboratory test answers the question better where "
        "there is one.",
        derivation="4435 Finns of 35 to 64 years without drug treatment of diabetes, followed for 10 years.",
        references="doi:10.2337/diacare.26.3.725.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Adults without diabetes."""
        unknown = _chart.unknown_problems(self.stamp, record)
        if unknown is not None:
            return unknown
        if (record.age_years or 0) < 18:
            return abstain(self.stamp, "outside-population", "published for adults")
        if ever_documented(record, DIABETES):
            return _chart.not_indicated(self.stamp, "diabetes is known")
        return None

    def answers(self, record: PatientRecord) -> Answers:
        """Body measures, drugs, problems and the family; habits are for the person to tell."""
        bmi, waist = (chart_inputs.newest(record, name, TWO_YEARS) for name in ("bmi", "waist"))
        sex = Evidence(source=record.patient.source, label="Sex", value=record.patient.sex)
        measured_waist = waist is not None and record.patient.sex in _WAIST
        return {
            "age": _chart.age(record),
            "bmi": Found(bmi.value, measured(bmi)) if bmi is not None else None,
            **(
                {"waist_cm": Found(waist.value, measured(waist)), "sex": Found(record.patient.sex, sex)}
                if waist is not None and measured_waist
                else {}
            ),
            "bp_medication": _chart.drug(record, "Blood pressure treatment", ANTIHYPERTENSIVE),
            "high_glucose_history": _chart.problem(record, "High glucose", GLUCOSE_ONCE_HIGH, ever=True),
            "family_history": _family(record),
        }


def _family(record: PatientRecord) -> Found | None:
    """The nearest relative with diabetes; none where a family history was taken without one."""
    if not record.family_history:
        return None
    relatives = [each for each in record.family_history if DIABETES.holds(each.concept)]
    if not relatives:
        return Found("none", chart_inputs.absent("Diabetes in the family", "not in the family history"))
    near = [each for each in relatives if each.relationship.label.lower() in _FIRST_DEGREE]
    one = (near or relatives)[0]
    shown = Evidence(source=one.source, label="Diabetes in the family", value=one.relationship.label)
    return Found("first_degree" if near else "second_degree", shown)

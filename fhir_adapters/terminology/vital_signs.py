"""The bedside analytes: vital signs, body measurements, function tests and scores of questionnaires."""

from __future__ import annotations

from fhir_adapters.terminology.analyte import Analyte, Conversion, coded, measured

_BLOOD_PRESSURE_PANELS = "85354-9 55284-4"
_FAHRENHEIT = Conversion(1 / 1.8, -32 / 1.8)

VITAL_SIGNS: tuple[Analyte, ...] = (
    measured(
        "sbp",
        "Systolic blood pressure",
        "mm[Hg]",
        (30, 320),
        "8480-6",
        also={"kPa": 7.50062},
        panels=_BLOOD_PRESSURE_PANELS,
    ),
    measured(
        "dbp",
        "Diastolic blood pressure",
        "mm[Hg]",
        (10, 220),
        "8462-4",
        also={"kPa": 7.50062},
        panels=_BLOOD_PRESSURE_PANELS,
    ),
    measured("heart_rate", "Heart rate", "/min", (15, 300), "8867-4", also={"{beats}/min": 1.0}),
    measured("resp_rate", "Respiratory rate", "/min", (2, 90), "9279-1", also={"{breaths}/min": 1.0}),
    measured("temperature", "Temperature", "Cel", (25, 45), "8310-5 8331-1", also={"[degF]": _FAHRENHEIT}),
    measured("spo2", "Oxygen saturation", "%", (30, 100), "59408-5 2708-6"),
    measured(
        "fio2", "Inspired oxygen fraction", "%", (21, 100), "3150-0 19994-3", also={"{fraction}": 100.0}
    ),
    measured("o2_flow", "Inhaled oxygen flow", "L/min", (0, 100), "3151-8"),
    measured(
        "weight", "Weight", "kg", (0.3, 500), "29463-7 3141-9", also={"[lb_av]": 0.45359237, "g": 0.001}
    ),
    measured("height", "Height", "cm", (20, 260), "8302-2 3137-7", also={"[in_i]": 2.54, "m": 100.0}),
    measured("bmi", "BMI", "kg/m2", (6, 120), "39156-5"),
    measured("waist", "Waist circumference", "cm", (20, 250), "8280-0", also={"[in_i]": 2.54}),
    measured("urine_output_24h", "Urine output in 24 h", "mL", (0, 20000), "9192-6", also={"L": 1000.0}),
    measured("gcs", "Glasgow Coma Scale", "{score}", (3, 15), "9269-2", also={"1": 1.0}),
    coded("consciousness", "Level of consciousness", "80288-4 67775-7"),
    coded("smoking_status", "Tobacco smoking status", "72166-2"),
    coded("pregnancy_status", "Pregnancy status", "82810-3"),
)


def _questions(key: str, name: str, loinc: str) -> tuple[Analyte, ...]:
    """The single questions of a questionnaire, in their order."""
    return tuple(
        coded(f"{key}_item_{number}", f"{name} question {number}", code)
        for number, code in enumerate(loinc.split(), start=1)
    )


# Answers to the single questions of PHQ-9 and GAD-7, in their order.
PHQ9_ITEMS = _questions(
    "phq9", "PHQ-9", "44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8"
)
GAD7_ITEMS = _questions("gad7", "GAD-7", "69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7")

FUNCTION_TESTS: tuple[Analyte, ...] = (
    measured(
        "lvef",
        "Left ventricular ejection fraction",
        "%",
        (3, 95),
        "10230-1 8806-2 18043-0",
        also={"{fraction}": 100.0},
    ),
    measured("fev1_fvc", "FEV1/FVC", "%", (5, 110), "19926-5", also={"{ratio}": 100.0}),
    measured("fev1", "FEV1", "L", (0.2, 9), "20150-9"),
    measured("fvc", "FVC", "L", (0.3, 10), "19868-9 19870-5"),
    measured("ahi", "Apnea-hypopnea index", "/h", (0, 200), "69990-0", also={"{events}/h": 1.0}),
    measured("tscore_dxa", "DXA T-score", "{T-score}", (-8, 8), "38265-5", also={"1": 1.0}),
    measured("phq9", "PHQ-9 score", "{score}", (0, 27), "44261-6", also={"1": 1.0}),
    measured("gad7", "GAD-7 score", "{score}", (0, 21), "70274-6", also={"1": 1.0}),
    *PHQ9_ITEMS,
    *GAD7_ITEMS,
)

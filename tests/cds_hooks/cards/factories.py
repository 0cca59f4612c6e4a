"""Findings as the models make them, for tests of cards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fhir_adapters.record import ICD10CM, LOINC, SNOMED, Coding
from models.explaining import contribution
from models.explanation import Change, Explanation, MissingInput
from models.finding import Abstention, Citation, Estimate, Evidence, Finding, ModelStamp, Proposal

HOOK_INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
KIDNEY = ModelStamp(name="kidney.v1", version="1.0.0", digest="k")
KFRE = ModelStamp(name="kfre.v1", version="1.0.0", digest="f")
DIABETES = ModelStamp(name="diabetes.v1", version="1.0.0", digest="d")
POTASSIUM = ModelStamp(name="potassium.v1", version="1.0.0", digest="p")
KDIGO = Citation(label="KDIGO 2024 CKD guideline", url="https://doi.org/10.1016/j.kint.2023.10.018")


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def finding(**changes: Any) -> Finding:
    """A routine finding of the lipid group, with what the test changes."""
    values: dict[str, Any] = {
        "kind": "diagnosis",
        "key": "hyperlipidaemia",
        "group": "lipids",
        "statement": "LDL cholesterol 172 and 168 mg/dL: meets criteria for hyperlipidemia",
        "rationale": "Consider a statin according to risk.",
        "urgency": "routine",
        "topic": Coding(SNOMED, "55822004", "Hyperlipidemia"),
        "guideline": Citation(label="ACC/AHA 2018", url="https://doi.org/10.1161/CIR.0000000000000625"),
        "model": ModelStamp(name="lipids.v1", version="1.0.0", digest="l"),
        "confidence": "A",
    }
    return Finding(**{**values, **changes})


def add_problem(text: str, *codings: Coding) -> Proposal:
    return Proposal(kind="add-problem", label=f"Add {text} to the problem list", codings=codings, text=text)


def order(text: str, *codings: Coding) -> Proposal:
    return Proposal(kind="order", label=f"Order {text}", codings=codings, text=text)


UACR_ORDER = order("urine albumin/creatinine ratio", Coding(LOINC, "9318-7", "Albumin/Creatinine in Urine"))


def diabetes() -> Finding:
    return Finding(
        kind="diagnosis",
        key="t2dm",
        group="diabetes",
        statement="HbA1c 6.9% and 7.2%: meets laboratory criteria for type 2 diabetes, not on problem list",
        rationale="Untreated diabetes damages eyes, kidneys and nerves. Confirm with the patient, then start "
        "education and treatment.",
        urgency="soon",
        topic=Coding(SNOMED, "44054006", "Type 2 diabetes mellitus"),
        guideline=Citation(
            label="ADA Standards of Care 2025, section 2", url="https://doi.org/10.2337/dc25-S002"
        ),
        model=DIABETES,
        confidence="A",
        evidence=(
            Evidence(source="Observation/a1", label="HbA1c", value="7.2", unit="%", at=day("2026-05-03")),
            Evidence(
                source="Observation/a2",
                label="HbA1c",
                value="6.9",
                unit="%",
                at=day("2025-11-12"),
                remark="from 52 mmol/mol",
            ),
            Evidence(
                source="DocumentReference/n1",
                label="Progress note",
                value="",
                at=day("2026-05-04"),
                quote="Reports drinking a lot and getting up twice at night.",
            ),
        ),
        missing=("fasting glucose",),
        proposals=(
            add_problem(
                "type 2 diabetes mellitus",
                Coding(ICD10CM, "E11.9", "Type 2 diabetes mellitus without complications"),
                Coding(SNOMED, "44054006", "Type 2 diabetes mellitus"),
            ),
            UACR_ORDER,
        ),
    )


def ckd() -> Finding:
    return Finding(
        kind="diagnosis",
        key="ckd_g3b",
        group="kidney",
        statement="eGFR 39 and 42 mL/min/1.73 m² over 5 months: meets criteria for CKD stage G3b",
        rationale="Check albuminuria, review drug doses and consider an SGLT2 inhibitor.",
        urgency="soon",
        topic=Coding(SNOMED, "700379002", "Chronic kidney disease stage 3B"),
        guideline=KDIGO,
        model=KIDNEY,
        confidence="A",
        evidence=tuple(
            Evidence(
                source=f"Observation/c{number}",
                label="eGFR",
                value=value,
                unit="mL/min/1.73 m²",
                at=day(at),
                remark=f"from creatinine {creatinine} mg/dL, CKD-EPI 2021",
            )
            for number, (value, at, creatinine) in enumerate(
                (("39", "2026-05-03", "1.45"), ("42", "2025-12-01", "1.36"))
            )
        ),
        missing=("urine albumin/creatinine ratio",),
        proposals=(
            add_problem("CKD stage G3b", Coding(ICD10CM, "N18.32", "Chronic kidney disease, stage 3b")),
            UACR_ORDER,
        ),
    )


def kidney_failure_risk() -> Finding:
    return Finding(
        kind="complication_risk",
        key="kfre",
        group="kidney",
        statement="5-year risk of kidney failure 4.2%: nephrology referral is advised from 3%",
        rationale="Referral at 3 to 5% over 5 years is advised.",
        urgency="routine",
        topic=Coding(SNOMED, "709044004", "Chronic kidney disease"),
        guideline=KDIGO,
        model=KFRE,
        estimate=Estimate(
            name="5-year risk of kidney failure", value=0.0418, unit="probability", horizon="5 years"
        ),
        further_estimates=(
            Estimate(
                name="2-year risk of kidney failure", value=0.0004, unit="probability", horizon="2 years"
            ),
        ),
        evidence=(
            Evidence(source="", label="Age", value="71", unit="years"),
            Evidence(source="", label="Sex", value="female"),
            Evidence(
                source="Observation/c0", label="eGFR", value="39", unit="mL/min/1.73 m²", at=day("2026-05-03")
            ),
            Evidence(
                source="Observation/u", label="Urine ACR", value="88", unit="mg/g", at=day("2026-05-03")
            ),
        ),
        proposals=(UACR_ORDER,),
    )


def explained_risk() -> Finding:
    """A 10-year risk that is taken apart, of which one input is missing."""
    measured = [
        ("Observation/p", "Systolic blood pressure", "168", "mmHg", "mean of the last 3 readings", 4.1),
        ("Observation/s", "Smoking status", "current smoker", "", "", 3.0),
        ("Observation/t", "Total cholesterol", "240", "mg/dL", "", 1.2),
        ("Observation/e", "eGFR", "72", "mL/min/1.73 m²", "from creatinine 1.1 mg/dL, CKD-EPI 2021", 0.4),
        ("Observation/h", "HDL cholesterol", "62", "mg/dL", "", -0.6),
    ]
    evidence = [
        Evidence(source=source, label=label, value=value, unit=unit, at=day("2026-05-03"), remark=remark)
        for source, label, value, unit, remark, _ in measured
    ]
    added = (contribution(piece, row[-1]) for piece, row in zip(evidence, measured, strict=True))
    return finding(
        kind="complication_risk",
        key="prevent",
        group="cardiovascular-risk",
        statement="10-year cardiovascular risk 13.1% (intermediate), no statin on the medication list",
        rationale="From 7.5% a statin is recommended for discussion.",
        confidence=None,
        estimate=Estimate(
            name="10-year risk of cardiovascular disease",
            value=0.131,
            unit="probability",
            horizon="10 years",
            band="intermediate",
        ),
        evidence=(*evidence, Evidence(source="Patient/p", label="Age", value="61", unit="years")),
        missing=("HbA1c in the last 12 months",),
        explanation=Explanation(
            of="10-year risk of cardiovascular disease",
            unit="percentage points",
            start=5.0,
            start_words="a person of this age and sex with optimal risk factors",
            contributions=tuple(sorted(added, key=lambda each: -abs(each.amount))),
            missing=(
                MissingInput(label="HbA1c in the last 12 months", low=12.2, high=14.0, within="4.8 to 6.4%"),
            ),
            changes=(
                Change(label="Systolic blood pressure", value="168 mmHg", target="130 mmHg", estimate=9.6),
            ),
        ),
    )


def hyperkalemia() -> Finding:
    return Finding(
        kind="safety",
        key="hyperkalaemia",
        group="potassium",
        statement="Potassium 6.6 mmol/L while taking lisinopril: repeat now and get an ECG",
        rationale="Above 6.5 mmol/L fatal arrhythmia is possible.",
        urgency="emergency",
        topic=Coding(SNOMED, "14140009", "Hyperkalemia"),
        guideline=Citation(
            label="KDIGO 2020 potassium conference", url="https://kdigo.org/conferences/potassium/"
        ),
        model=POTASSIUM,
        confidence="A",
        evidence=(
            Evidence(
                source="Observation/k", label="Potassium", value="6.6", unit="mmol/L", at=day("2026-06-01")
            ),
            Evidence(source="MedicationRequest/l", label="Taking", value="lisinopril 20 MG Oral Tablet"),
        ),
        proposals=(
            order("potassium", Coding(LOINC, "2823-3", "Potassium [Moles/volume] in Serum or Plasma")),
        ),
    )


def abstention(cause: str, model: str = "prevent.v1") -> Abstention:
    return Abstention(
        key=model.partition(".")[0],
        cause=cause,  # type: ignore[arg-type]
        reason="because",
        model=ModelStamp(name=model, version="1.0.0", digest="x"),
    )

"""Three cards as a clinician reads them, word for word."""

from __future__ import annotations

from dataclasses import replace

from cds_hooks.cards import AlertPolicy, build_cards
from cds_hooks.cards.terminal import render_text
from cds_hooks.protocol.card import Card
from models.finding import Assessment, Finding
from tests.cds_hooks.cards.factories import (
    HOOK_INSTANCE,
    ckd,
    diabetes,
    explained_risk,
    finding,
    hyperkalemia,
    kidney_failure_risk,
)
from tests.records import NOW, record

DIABETES = """\
| Finding | Value | Date | Remark |
|---|---|---|---|
| HbA1c | 7.2% | 2026-05-03 |  |
| HbA1c | 6.9% | 2025-11-12 | from 52 mmol/mol |

> “Reports drinking a lot and getting up twice at night.” — Progress note, 2026-05-04

**Missing:** fasting glucose.

**Why it matters:** Untreated diabetes damages eyes, kidneys and nerves. Confirm with the patient, then \
start education and treatment.

Confidence: full criterion met · [ADA Standards of Care 2025, section 2](https://doi.org/10.2337/dc25-S002) \
· diabetes.v1 1.0.0, published criteria, not validated at this site"""

KIDNEY = """\
| Finding | Value | Date | Remark |
|---|---|---|---|
| eGFR | 39 mL/min/1.73 m² | 2026-05-03 | from creatinine 1.45 mg/dL, CKD-EPI 2021 |
| eGFR | 42 mL/min/1.73 m² | 2025-12-01 | from creatinine 1.36 mg/dL, CKD-EPI 2021 |

**Missing:** urine albumin/creatinine ratio.

**Why it matters:** Check albuminuria, review drug doses and consider an SGLT2 inhibitor.

Confidence: full criterion met · [KDIGO 2024 CKD guideline](https://doi.org/10.1016/j.kint.2023.10.018) · \
kidney.v1 1.0.0, published criteria, not validated at this site

**5-year risk of kidney failure 4.2%: nephrology referral is advised from 3%**

- 5-year risk of kidney failure: **4.2%**
- 2-year risk of kidney failure &lt;0.1%

| Finding | Value | Date |
|---|---|---|
| Age | 71 years |  |
| Sex | female |  |
| eGFR | 39 mL/min/1.73 m² | 2026-05-03 |

Also used: Urine ACR 88 mg/g 2026-05-03.

**Why it matters:** Referral at 3 to 5% over 5 years is advised.

[KDIGO 2024 CKD guideline](https://doi.org/10.1016/j.kint.2023.10.018) · \
kfre.v1 1.0.0, published equation, not validated at this site"""

RISK = """\
- 10-year risk of cardiovascular disease: **13.1%** (intermediate)

**What counts most**, from 5.0% (a person of this age and sex with optimal risk factors):

- Systolic blood pressure: 168 mmHg (2026-05-03, mean of the last 3 readings) adds 4.1 points
- Smoking status: current smoker (2026-05-03) adds 3.0 points
- Total cholesterol: 240 mg/dL (2026-05-03) adds 1.2 points
- Everything else takes off 0.2 points

**The model's own what-if,** one change at a time: Systolic blood pressure: 130 mmHg in place of 168 mmHg \
gives 9.6%. The model's arithmetic, not what a treatment would achieve.

| Finding | Value | Date | Adds |
|---|---|---|---|
| HDL cholesterol | 62 mg/dL | 2026-05-03 | \\-0.6 |
| eGFR (from creatinine 1.1 mg/dL, CKD-EPI 2021) | 72 mL/min/1.73 m² | 2026-05-03 | \\+0.4 |
| Age | 61 years |  |  |

**Missing:** HbA1c in the last 12 months (4.8 to 6.4% would give 12.2% to 14.0%).

**Why it matters:** From 7.5% a statin is recommended for discussion.

[ACC/AHA 2018](https://doi.org/10.1161/CIR.0000000000000625) · lipids.v1 1.0.0, published equation, \
not validated at this site"""

POTASSIUM_IN_THE_TERMINAL = """\
[CRITICAL] Potassium 6.6 mmol/L while taking lisinopril: repeat now and get an
ECG

  Finding    Value                         Date
  ---------  ----------------------------  ----------
  Potassium  6.6 mmol/L                    2026-06-01
  Taking     lisinopril 20 MG Oral Tablet

Why it matters: Above 6.5 mmol/L fatal arrhythmia is possible.

Confidence: full criterion met · KDIGO 2020 potassium conference
<https://kdigo.org/conferences/potassium/> · potassium.v1 1.0.0, published
threshold, not validated at this site

Suggested: Order potassium
See: KDIGO 2020 potassium conference <https://kdigo.org/conferences/potassium/>
"""


def only(*findings: Finding) -> Card:
    (built,) = build_cards(
        Assessment(findings),
        record(),
        policy=AlertPolicy(),
        declined=(),
        hook_instance=HOOK_INSTANCE,
        now=NOW,
    )
    return built.card


def test_the_card_of_an_undocumented_diabetes() -> None:
    assert only(diabetes()).detail == DIABETES


def test_the_card_of_a_kidney_disease_with_its_risk() -> None:
    assert only(ckd(), kidney_failure_risk()).detail == KIDNEY


def test_the_card_of_a_risk_that_is_taken_apart() -> None:
    assert only(explained_risk()).detail == RISK


def test_a_related_risk_says_in_one_line_what_counts_most() -> None:
    card = only(finding(group="cardiovascular-risk", urgency="urgent"), explained_risk())
    (line,) = [each for each in card.detail.splitlines() if "What counts most" in each]
    assert line.endswith("Total cholesterol: 240 mg/dL (2026-05-03) adds 1.2 points; "
                         "Everything else takes off 0.2 points.")  # fmt: skip
    assert "what-if" not in card.detail


def test_a_card_says_where_a_learned_risk_comes_from() -> None:
    learned = replace(kidney_failure_risk(), learned_from="stays of <one> hospital, 2019")
    last_line = only(learned).detail.rpartition(" · ")[2]
    assert (
        last_line
        == "kfre.v1 1.0.0, learned from stays of &lt;one&gt; hospital, 2019, not validated at this site"
    )


def test_the_card_of_a_dangerous_potassium_in_the_terminal() -> None:
    assert render_text(only(hyperkalemia()), width=80) == POTASSIUM_IN_THE_TERMINAL

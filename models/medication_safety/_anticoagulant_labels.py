"""The doses of direct oral anticoagulants as tables: bands of creatinine clearance by drug and indication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from fhir_adapters.terminology.drugs import DrugClass
from fhir_adapters.terminology.ingredients import Drug
from models.finding import Citation, Regimen

IndicationKind = Literal["atrial-fibrillation", "thromboembolism"]

# Daily doses that differ by less are the same dose.
SAME_MG: Final = 0.5
LIGHT_KG: Final = 60.0
CRITERIA_FOR_LESS: Final = 2
OLD_YEARS: Final = 80
HIGH_CREATININE: Final = 1.5  # mg/dL


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a label says: a regimen, or why none is given.

    Attributes:
        regimen: None where the label gives no dose to compare with.
        refused: Why the drug is not to be used, as it follows "Edoxaban: "; "" where it may be.
    """

    regimen: Regimen | None
    why: str
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A range of creatinine clearance, mL/min, up to `up_to` (with it, unless `exclusive`)."""

    up_to: float
    advice: Advice
    exclusive: bool = False

    def holds(self, clearance: float) -> bool:
        """True for a clearance not above the band."""
        return clearance < self.up_to if self.exclusive else clearance <= self.up_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a label says for one indication.

    Attributes:
        bands: Lowest first; the first that holds the clearance decides. Empty: no adjustment.
        light: What counts at 60 kg or less in place of a full dose; None where weight changes nothing.
        by_criteria: Apixaban in atrial fibrillation: age, weight and creatinine instead of bands.
    """

    bands: tuple[Band, ...] = ()
    light: Advice | None = None
    by_criteria: bool = False

    def at(self, clearance: float, *, light: bool) -> Advice:
        """What counts at a clearance in mL/min."""
        advice = next(band.advice for band in self.bands if band.holds(clearance))
        return self.light if light and self.light is not None and advice.regimen is not None else advice


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One drug."""

    cls: DrugClass
    source: Citation
    fibrillation: Rules
    thromboembolism: Rules

    def of(self, indication: IndicationKind) -> Rules:
        """The rules of an indication."""
        return self.fibrillation if indication == "atrial-fibrillation" else self.thromboembolism


def _dose(mg: float, times: int, why: str) -> Advice:
    return Advice(regimen=Regimen(dose_mg=mg, times_per_day=times), why=why)


def _none(why: str, refused: str = "the label gives no dose at this creatinine clearance") -> Advice:
    return Advice(regimen=None, why=why, refused=refused)


_ANY: Final = float("inf")
_CRITERIA: Final = "80 years or more, 60 kg or less, creatinine 1.5 mg/dL or more."
APIXABAN_FULL: Final = _dose(
    5, 2, f"In atrial fibrillation 5 mg twice daily unless two of these hold: {_CRITERIA}"
)
APIXABAN_REDUCED: Final = _dose(
    2.5, 2, f"In atrial fibrillation 2.5 mg twice daily where two of these hold: {_CRITERIA}"
)
_RIVAROXABAN_LESS: Final = _dose(15, 1, "At a clearance of 50 mL/min or less, 15 mg with supper.")
_RIVAROXABAN_FULL: Final = _dose(20, 1, "At a clearance above 50 mL/min, 20 mg with supper.")
_DABIGATRAN_LESS: Final = _dose(75, 2, "At a clearance of 15 to 30 mL/min, 75 mg twice daily.")
_DABIGATRAN_FULL: Final = _dose(150, 2, "At a clearance above 30 mL/min, 150 mg twice daily.")
_EDOXABAN_LESS: Final = _dose(30, 1, "At a clearance of 15 to 50 mL/min, 30 mg once daily.")
_EDOXABAN_FULL: Final = _dose(60, 1, "At a clearance above 50 to 95 mL/min, 60 mg once daily.")
_EDOXABAN_CLOT: Final = _dose(60, 1, "60 mg once daily, after 5 to 10 days of a parenteral drug.")
_EDOXABAN_LIGHT: Final = _dose(30, 1, "In thromboembolism at 60 kg or less, 30 mg once daily.")
_EDOXABAN_NEVER: Final = _none("Below 15 mL/min the label advises against it.")

LABELS: Final = (
    Label(
        cls=DrugClass("apixaban", ("B01AF02",), ("apixaban",)),
        source=Citation(label="Eliquis US prescribing information, section 2.1"),
        fibrillation=Rules(by_criteria=True),
        thromboembolism=Rules(),
    ),
    Label(
        cls=DrugClass("rivaroxaban", ("B01AF01",), ("rivaroxaban",)),
        source=Citation(label="Xarelto US prescribing information, sections 2.1 and 8.6"),
        fibrillation=Rules(
            bands=(
                Band(up_to=50, advice=_RIVAROXABAN_LESS),
                Band(up_to=_ANY, advice=_RIVAROXABAN_FULL),
            )
        ),
        thromboembolism=Rules(
            bands=(
                Band(
                    up_to=15,
                    exclusive=True,
                    advice=_none(
                        "Avoid it for thromboembolism at a clearance below 15 mL/min.",
                        "avoid it at a creatinine clearance below 15 mL/min",
                    ),
                ),
                # 15 mg twice daily, 20 mg and 10 mg each have their phase: no one dose to compare with.
                Band(up_to=_ANY, advice=Advice(regimen=None, why="")),
            )
        ),
    ),
    Label(
        cls=DrugClass("dabigatran", ("B01AE07",), ("dabigatran",)),
        source=Citation(label="Pradaxa US prescribing information, section 2.2"),
        fibrillation=Rules(
            bands=(
                Band(
                    up_to=15,
                    exclusive=True,
                    advice=_none("Below 15 mL/min and on dialysis the label can't recommend a dose."),
                ),
                Band(up_to=30, advice=_DABIGATRAN_LESS),
                Band(up_to=_ANY, advice=_DABIGATRAN_FULL),
            )
        ),
        thromboembolism=Rules(
            bands=(
                Band(up_to=30, advice=_none("At 30 mL/min or less the label can't recommend a dose.")),
                Band(up_to=_ANY, advice=_DABIGATRAN_FULL),
            )
        ),
    ),
    Label(
        cls=DrugClass("edoxaban", ("B01AF03",), ("edoxaban",)),
        source=Citation(label="Savaysa US prescribing information, boxed warning, sections 2.1 and 2.2"),
        fibrillation=Rules(
            bands=(
                Band(up_to=15, exclusive=True, advice=_EDOXABAN_NEVER),
                Band(up_to=50, advice=_EDOXABAN_LESS),
                Band(up_to=95, advice=_EDOXABAN_FULL),
                Band(
                    up_to=_ANY,
                    advice=_none(
                        "Boxed warning: above 95 mL/min there were more strokes than with warfarin.",
                        "not in atrial fibrillation at a creatinine clearance above 95 mL/min",
                    ),
                ),
            )
        ),
        thromboembolism=Rules(
            bands=(
                Band(up_to=15, exclusive=True, advice=_EDOXABAN_NEVER),
                Band(up_to=50, advice=_EDOXABAN_LESS),
                Band(up_to=_ANY, advice=_EDOXABAN_CLOT),
            ),
            light=_EDOXABAN_LIGHT,
        ),
    ),
)


def label_of(drug: Drug) -> Label | None:
    """The label of a direct oral anticoagulant; None for any other drug."""
    return next((label for label in LABELS if drug.of(label.cls)), None)

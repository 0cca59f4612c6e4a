"""The contract of a model: a pure function of a PatientRecord, with a card and declared inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from fhir_adapters.record import PatientRecord, Requires
from models.finding import Assessment, ModelStamp
from models.model_card import ModelCard
from models.thresholds import Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalSettings:
    """What a site decides about its models; part of the service's settings file.

    Attributes:
        region: Which recalibration applies: the KFRE baseline of North America ("na") or of
            the rest of the world ("non-na").
        cardiovascular_score: The primary-prevention equation that decides: "prevent" (AHA 2023) or "score2"
            (ESC 2021).
        score2_region: Risk region of the country for SCORE2, by cardiovascular mortality (ESC 2021).
        stroke_score: "cha2ds2-va" (ESC 2024) or "cha2ds2-vasc" (ACC/AHA 2023).
        thresholds: From which results on a score is worth a finding.
        order_days: An order on the medication list that is older, and whose stated supply has ended, is no
            sign that the drug is taken: it makes no card of duplicates and interactions on its own.
        demonstrations: Whether models speak that were trained on simulated patients, to show what they do.
    """

    region: Literal["na", "non-na"] = "na"
    cardiovascular_score: Literal["prevent", "score2"] = "prevent"
    score2_region: Literal["low", "moderate", "high", "very_high"] = "moderate"
    stroke_score: Literal["cha2ds2-va", "cha2ds2-vasc"] = "cha2ds2-vasc"
    thresholds: Thresholds = field(default_factory=Thresholds)
    order_days: int = 365
    demonstrations: bool = False


@runtime_checkable
class ClinicalModel(Protocol):
    """What the registry accepts and the service runs."""

    name: str
    card: ModelCard
    requires: Requires
    stamp: ModelStamp

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Says what the record shows. Never raises for missing or strange data: it abstains."""
        ...


@runtime_checkable
class Calculator(Protocol):
    """A published score that can also be computed from bare inputs (`cuecard score NAME`)."""

    calculator_name: str

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the score from plain inputs in the units of its docstring.

        Returns:
            The results, with the keys of the published test vectors.

        Raises:
            ScoreInputError: An input is missing, of the wrong type or outside the valid range.
        """
        ...


class ScoreInputError(ValueError):
    """A calculator can't answer for these inputs; becomes an abstention, never a guess."""

    def __init__(
        self,
        cause: Literal["missing-input", "out-of-range", "outside-population"],
        reason: str,
        missing: tuple[str, ...] = (),
    ) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason
        self.missing = missing

"""Composes the model card of a published score from what is particular to it.

What holds for every score that is computed exactly as published (no training here, no site
validation, same monitoring) is said once, in this file.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.model_card import NOT_AVAILABLE, ModelCard

_AS_DERIVED = "That of the derivation; how far it resembles this site's patients has not been measured."
_BEDSIDE = "The inputs are history, examination and tests of routine care, as they are in the chart."
_NO_GROUPS = "No adjustment by race or ethnicity; sex and age count only where the publication has them."
_VARIES = "Not available as one figure: published cohorts differ in setting, prevalence and outcome."


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedScore:
    """What a safety officer asks about one published score; every text is at least a sentence.

    `NOT_AVAILABLE` is a legitimate answer where the publication doesn't say.
    """

    authors: str
    output: str
    output_type: str
    intended_use: str
    population: str
    out_of_scope: str
    known_risks: str
    derivation: str
    derivation_people: str = NOT_AVAILABLE
    representativeness: str = _AS_DERIVED
    relevance: str = _BEDSIDE
    fairness: str = _NO_GROUPS
    validation_data: str = NOT_AVAILABLE
    validation_party: str = NOT_AVAILABLE
    validation_people: str = NOT_AVAILABLE
    validation_process: str = NOT_AVAILABLE
    performance_internal: str = NOT_AVAILABLE
    performance_external: str = _VARIES
    fairness_measured: str = NOT_AVAILABLE
    funding: str = NOT_AVAILABLE
    references: str

    def card(self) -> ModelCard:
        """The 31 source attributes."""
        return ModelCard(
            developer=f"Published by {self.authors}; implemented from the publication by the Cuecard "
            f"project.",
            funding=f"Of the published research: {self.funding} Of this implementation: no external funding.",
            output=self.output,
            output_type=self.output_type,
            intended_use=self.intended_use,
            intended_population=self.population,
            intended_users="Physicians, nurse practitioners, physician assistants and nurses who treat the "
            "patient and can check the inputs against the chart.",
            decision_role="Informs. It points to a risk and shows every input with its source; the "
            "clinician decides, and nothing is ordered or written without being accepted.",
            out_of_scope=self.out_of_scope,
            known_risks=self.known_risks,
            training_criteria=self.derivation,
            input_demographics="Age and recorded sex where the equation has them; race and ethnicity are "
            "not inputs. " + self.derivation_people,
            training_representativeness=self.representativeness,
            training_relevance=self.relevance,
            fairness_approach=self.fairness,
            bias_management="Missing inputs are never imputed and values outside the published ranges are "
            "refused, so that no group with sparser charts is silently called low-risk; it gets no score, "
            "with the reason. Sex recorded as other or unknown gets no score where the equation needs sex.",
            validation_data=self.validation_data,
            validation_party=self.validation_party,
            validation_demographics=self.validation_people,
            validation_process=self.validation_process,
            validity_internal=self.performance_internal,
            fairness_internal=self.fairness_measured,
            validity_external=self.performance_external,
            fairness_external=self.fairness_measured,
            outcome_references=self.references,
            validity_monitoring="What was shown, to how many patients, and how often it was overridden is "
            "kept in the ledger; the arithmetic is checked against published examples on every build. "
            "Outcomes are not followed automatically.",
            validity_local="Not available. Performance at this site has not been measured; measure it on "
            "local outcomes before relying on absolute risks.",
            fairness_monitoring="Not available automatically. Abstentions are recorded with their reason, so "
            "that a site can compare by group who gets no score.",
            fairness_local="Not available. Fairness at this site has not been measured.",
            update_process="The numbers are fixed by the publication and identified by the digest in the "
            "model's stamp. A revised publication becomes a new version beside the old one. The threshold "
            "from which a card is shown is the guideline's unless the site has set another; the card then "
            "states both.",
            correction_frequency="With each release. A defect in the arithmetic or in the reading of inputs "
            "is corrected in a patch release and named in the changelog.",
        )

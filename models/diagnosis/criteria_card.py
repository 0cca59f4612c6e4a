"""Composes the model card of a family of criteria from what is particular to it.

Criteria are published rules: nothing was trained here, and nothing was validated at this site. What
that means for each source attribute is said once, in this file.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.model_card import ModelCard


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCriteria:
    """What a safety officer asks about one family of criteria; every text is at least a sentence.

    Attributes:
        authors: Who published the criteria.
        conditions: The conditions, as they follow "undocumented ...".
        output: What a finding says.
        population: To whom the criteria apply.
        out_of_scope: To whom or what they must not be applied.
        known_risks: How the rules can mislead.
        basis: What the cut-offs rest on, by the publication.
        accuracy: What is published about how well the criteria detect the condition.
        fairness: Known differences between groups of people.
        inputs: The demographic inputs.
        references: Publications.
    """

    authors: str
    conditions: str
    output: str
    population: str
    out_of_scope: str
    known_risks: str
    basis: str
    accuracy: str
    fairness: str
    inputs: str
    references: str

    def card(self) -> ModelCard:
        """The 31 source attributes."""
        rule_not_trained = (
            "Not trained: a rule with published cut-offs, written out by hand from the publication. "
        )
        not_validated = "Not available. No data set was used to validate this implementation of the rule. "
        return ModelCard(
            developer=f"Criteria published by {self.authors}. Written as rules by the Cuecard project.",
            funding="Of the guideline: not available. Of this implementation: no external funding.",
            output=self.output,
            output_type="Classification by rule: criteria met in full (A), in part (B) or a screening flag "
            "(C). No probability is given.",
            intended_use=f"To point out {self.conditions} that the chart's results support and its problem "
            "list does not hold.",
            intended_population=self.population,
            intended_users="Physicians, nurse practitioners, physician assistants and nurses who treat the "
            "patient and can check the evidence against the chart.",
            decision_role="Informs. Every value is shown with its date and source; the clinician makes the "
            "diagnosis, and nothing is ordered or written without being accepted.",
            out_of_scope=self.out_of_scope,
            known_risks=self.known_risks,
            training_criteria=rule_not_trained + self.basis,
            input_demographics=self.inputs + " Race, ethnicity and language are not inputs.",
            training_representativeness="Not applicable to the rule itself. " + self.fairness,
            training_relevance="The cut-offs are those in everyday use in the United States; results in "
            "other units are converted first.",
            fairness_approach="The same rule is applied to everyone to whom it applies; no adjustment by "
            "group other than what the guideline prescribes.",
            bias_management=self.fairness,
            validation_data=not_validated + "The code is checked against constructed cases.",
            validation_party="Not available. No independent party has validated this implementation.",
            validation_demographics="Not available. There is no validation population.",
            validation_process="Constructed cases at, above and below each cut-off, with exclusions and "
            "existing diagnoses, run on every build; findings on synthetic public charts were read.",
            validity_internal="Agreement with the constructed cases is complete. Accuracy in patients: "
            "not available.",
            fairness_internal="Not available. Not measured by group.",
            validity_external=self.accuracy,
            fairness_external="Not available. Not measured by group for this implementation.",
            outcome_references=self.references,
            validity_monitoring="What was shown, to how many patients, and how often it was overridden and "
            "why is kept in the ledger.",
            validity_local="Not available. Ask for a chart review of a sample of findings before relying on "
            "the rule at this site.",
            fairness_monitoring="Not available automatically. Findings and abstentions are recorded, so that "
            "a site can compare groups.",
            fairness_local="Not available. Fairness at this site has not been measured.",
            update_process="The cut-offs are fixed by the publication and identified by the digest in the "
            "model's stamp. A revised guideline becomes a new version beside the old one.",
            correction_frequency="With each release. A defect is corrected in a patch release and named in "
            "the changelog.",
        )

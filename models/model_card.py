"""The model card: what a clinician and a safety officer may know about a model before trusting it.

The 31 source attributes are those of 45 CFR 170.315(b)(11)(iv)(B) (ONC HTI-1, 2024) for a
predictive decision support intervention, in the rule's order.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

NOT_AVAILABLE = "Not available."


class ModelCardError(ValueError):
    """A model card has a blank attribute; raised at start-up and names the model and the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """The 31 source attributes. Each holds at least a sentence; where nothing is known the card says
    so in words (`NOT_AVAILABLE` plus why, if there is a why).
    """

    # Details and output
    developer: str
    funding: str
    output: str
    output_type: str
    # Purpose
    intended_use: str
    intended_population: str
    intended_users: str
    decision_role: str
    # Cautions
    out_of_scope: str
    known_risks: str
    # Development
    training_criteria: str
    input_demographics: str
    training_representativeness: str
    training_relevance: str
    # Fairness
    fairness_approach: str
    bias_management: str
    # External validation
    validation_data: str
    validation_party: str
    validation_demographics: str
    validation_process: str
    # Performance
    validity_internal: str
    fairness_internal: str
    validity_external: str
    fairness_external: str
    outcome_references: str
    # Ongoing maintenance
    validity_monitoring: str
    validity_local: str
    fairness_monitoring: str
    fairness_local: str
    # Updates
    update_process: str
    correction_frequency: str

    def check(self, model_name: str) -> None:
        """Refuses a blank.

        Raises:
            ModelCardError: An attribute is empty or only white space.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, str) or not value.strip():
                raise ModelCardError(f"model card of {model_name}: '{field.name}' is blank")

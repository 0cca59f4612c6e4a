"""The model card of what is taken from notes for the problem list."""

from __future__ import annotations

from models.model_card import ModelCard

CARD = ModelCard(
    developer="Written by the Cuecard project, on top of its note reader.",
    funding="No external funding.",
    output="A chronic problem that notes assert and the problem list lacks, with up to two quoted sentences.",
    output_type="Classification by rule over the mentions of a language model; a screening flag (C). No "
    "probability is given.",
    intended_use="To point out a chronic condition that is written in notes only, so that the problem list "
    "can be completed.",
    intended_population="People with at least one note in English that the note reader could read.",
    intended_users="Physicians, nurse practitioners, physician assistants and nurses who treat the patient "
    "and can check the sentence in its note.",
    decision_role="Informs. The sentence is quoted with date and author's note; nothing is written without "
    "being accepted.",
    out_of_scope="Acute problems, problems of relatives, notes in other languages, scanned notes, and the "
    "question whether the condition is truly present.",
    known_risks="The note reader overlooks and misreads mentions; a copied-forward sentence counts once "
    "for each note; a diagnosis that was revised in a note that was not read is still offered.",
    training_criteria="The rule itself is not trained. The note reader's training data are in its own "
    "card, beside its weights.",
    input_demographics="None. Age, sex, race, ethnicity, language and insurer are not inputs of the rule.",
    training_representativeness="The reader learned from published case reports, abstracts and de- "
    "identified reports, which differ from a site's notes.",
    training_relevance="The rule needs repeated, affirmed mentions with an unambiguous code, so that it "
    "leans on what the reader does most reliably.",
    fairness_approach="The rule is the same for everyone. The reader is tested to give the same mentions "
    "when names, race words and insurers in a note are exchanged.",
    bias_management="Notes differ between groups of patients in length and tone; a site should compare how "
    "often the card is shown by group.",
    validation_data="Not available for patients. The reader was measured on public corpora; the rule on "
    "constructed charts.",
    validation_party="Not available. No independent party has validated this implementation.",
    validation_demographics="Not available. The corpora carry no demographics.",
    validation_process="Constructed charts: affirmed, denied, historical, family, hypothetical and "
    "contradicted mentions, and problem lists that hold the condition under other codes.",
    validity_internal="Agreement with the constructed charts is complete. Accuracy in patients: not "
    "available.",
    fairness_internal="Not available. Not measured by group.",
    validity_external="Not available for this implementation. Prompts of this kind raised the completeness "
    "of problem lists in a randomised trial.",
    fairness_external="Not available.",
    outcome_references="doi:10.1136/amiajnl-2011-000521.",
    validity_monitoring="What was shown, to how many patients, and how often it was overridden and why is "
    "kept in the ledger.",
    validity_local="Not available. Review a sample of cards against the notes before relying on it at this "
    "site.",
    fairness_monitoring="Not available automatically. What was shown is recorded, so that a site can "
    "compare groups.",
    fairness_local="Not available. Fairness at this site has not been measured.",
    update_process="The rule is identified by the digest in the model's stamp, the reader by its version "
    "and hash.",
    correction_frequency="With each release. A defect is corrected in a patch release and named in the "
    "changelog.",
)

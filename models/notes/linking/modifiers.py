"""Words that describe a finding or an order of a drug without changing what it is."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Side, severity, course, certainty of size; stripped before a second look-up.
MODIFIERS = _words(
    """left right bilateral bilaterally unilateral l r lt rt mild moderate severe moderately mildly severely
    slight significant marked minimal massive extensive profound intermittent occasional persistent ongoing
    constant continuous new newly worsening worsened progressive increasing increased recent
    resolved resolving stable controlled uncontrolled known underlying documented symptomatic asymptomatic
    diffuse generalized some any his her their my patient patients old longstanding long standing
    advanced subtle unspecified nos frequent episode episodes of the an this that these those
    suddenly well poorly poor very quite daily nightly also more most"""
)
# Stripped last and at a price: the finding without them is the parent of the finding with them.
COURSE = _words("acute chronic subacute")
# Any of these makes another statement of the same words; never skipped over on the way to a parent.
BLOCKING = _words(
    """no not without denies denied negative absent history family risk screening screen rule ruled out
    vaccine vaccination immunization prophylaxis prevention previous prior status post suspected possible
    probable pseudo pre non anti induced related free contact exposure carrier test antibody mother father
    following sequelae sequela late effect effects poisoning toxic intentional self puerperal maternal fetal
    postoperative neonatal newborn congenital gestational traumatic secondary drug familial hereditary"""
)
# What stands between a finding and what comes with it.
CONNECTORS = _words("with due secondary from causing complicated associated involving after")

# Of an order: strengths, units, forms, routes, frequencies.
ORDER_WORDS = _words(
    """mg mcg g gm gram grams ug ml l dl cc unit units iu meq mmol percent tablet tablets tab tabs capsule
    capsules cap caps pill pills po oral orally iv intravenous im sc sq subq subcutaneous subcutaneously
    sl sublingual topical inhaled inhaler inhalation nebulizer nebulized neb nebs puff puffs spray nasal patch
    transdermal cream ointment gel solution suspension drops drop ophthalmic eye suppository pr injection
    injectable infusion drip bolus qd qday od daily bid tid qid qhs hs qam qpm prn q qod weekly monthly
    every day days hour hours once twice three times as needed at bedtime morning evening night a the with
    per dose doses high low er xr xl sr cr la dr ec ir cd odt extended delayed immediate release coated
    enteric chewable scheduled home new started generic brand therapy treatment adjusted loading
    maintenance"""
)
# Of a test: where the sample is from and how it was asked for.
SPECIMENS = _words(
    """serum plasma blood level levels value values result results test tests repeat initial baseline
    admission minimum maximum peak left right bilateral follow up followup routine stat the a his her"""
)
# Salts and esters; dropped only when the name with them is not a name of ours.
SALTS = _words(
    """hydrochloride hcl sodium potassium calcium succinate tartrate besylate maleate mesylate fumarate
    phosphate sulfate acetate citrate bitartrate hydrobromide bromide chloride nitrate carbonate gluconate
    monohydrate dihydrate trihydrate tromethamine propionate furoate dipropionate valerate magnesium
    disoproxil axetil proxetil medoxomil etexilate cilexetil mofetil"""
)

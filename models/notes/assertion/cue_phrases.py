"""Phrases that negate, hedge, date and attribute, by what they do and how far they reach.

In the tradition of NegEx (Chapman et al., J Biomed Inform 2001;34:301) and ConText (Harkema et al.,
J Biomed Inform 2009;42:839); the arrangement is our own. Phrases are parted by "|".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.notes.assertion.kinds import CueKind

_SIGNS = "sign|signs|symptom|symptoms|finding|findings|evidence|indication|suggestion"
_NO_SIGN = "|".join(
    f"{no} {sign} {of}"
    for no in ("no", "without", "no clinical", "no radiographic", "no definite", "no other", "not have any")
    for sign in _SIGNS.split("|")
    for of in ("of", "for", "to suggest", "suggestive of", "suggesting", "consistent with", "concerning for")
)
_KIN = (
    "mother|father|mom|dad|parent|parents|brother|brothers|sister|sisters|sibling|siblings|grandmother"
    "|grandfather|grandparent|grandparents|grandma|grandpa|aunt|aunts|uncle|uncles|cousin|cousins|nephew"
    "|niece|maternal|paternal|son|daughter|children|relative|relatives|first-degree relative|family member"
    "|family members|mgm|mgf|pgm|pgf|half-brother|half-sister|grandson|granddaughter"
)
_NOT_KIN = (
    "husband|wife|spouse|boyfriend|girlfriend|partner|roommate|roommates|friend|friends|coworker|coworkers"
)
_SPEAKERS = f"{_KIN}|{_NOT_KIN}|family"
_SAYS = (
    "reports|reported|states|stated|says|said|notes|noted|noticed|believes|thinks|feels|felt|brought"
    "|called|witnessed|found|observed|saw|is concerned|was concerned|is worried|describes|described"
    "|mentions|mentioned|confirms|endorses|relates|tells|told|is at|was at|at|helps|is present|was present"
    "|gave|gives|also reports|also states|also noted|who reports|who states|is here|is the|was the"
    "|presents|presented|was admitted|is admitted|does not think|did not think|understands|agrees|requests"
    "|wants|would like|was comfortable|is comfortable"
)
_BY_SPEAKER = "|".join(
    f"{by} {whose}{who}"
    for by in (
        "per",
        "by",
        "with",
        "from",
        "according to",
        "to",
        "lives with",
        "accompanied by",
        "told",
        "for",
        "and",
    )
    for whose in ("", "his ", "her ", "the ", "their ", "patient's ")
    for who in _SPEAKERS.split("|")
    if not (by in ("with", "from", "by", "to", "for", "and") and (whose == "" or by == "and"))
)
_SPEAKER_SAYS = "|".join(f"{who} {says}" for who in _SPEAKERS.split("|") for says in _SAYS.split("|"))

_SPEAKER_DENIES = "|".join(
    f"{who} {denies}" for who in _SPEAKERS.split("|") for denies in ("denies", "denied")
)

CUES: tuple[tuple[CueKind, str], ...] = (
    (CueKind("absent", "non", "before", "item", 1), "non"),
    (CueKind("absent", "denies", "before", "denial", 80), _SPEAKER_DENIES),
    (
        CueKind("absent", "no", "before", "list", 40),
        "no|without|w/o|w/out|none|neither|nor|absence of|lack of|lacks|lacking|free of|devoid of|clear of"
        "|no known|no acute|no new|no further|no obvious|no significant|no definite|no focal|no gross"
        "|no current|no active|no other|no recent|no associated|no particular|no change in vision"
        "|no changes in vision|no change in hearing|no change in bowel habits|no change in weight"
        "|no change in appetite|in no|nil|zero|nothing to suggest|exonerates|ø|unremarkable for"
        "|not associated with",
    ),
    (CueKind("absent", "no-sign", "before", "list", 40), _NO_SIGN),
    (
        CueKind("absent", "denies", "before", "denial", 80),
        "denies|denied|denying|deny|denies any|denied any|denies having|denied having|denies that he"
        "|denies that she|denies ever having|negative for|neg for|-ve for|- ve for|(-) for|is negative for"
        "|was negative for|negative with regard to|negatives include|pertinent negatives"
        "|pertinent negatives include|doesn't report|does not report|did not report|does not endorse"
        "|did not endorse|does not complain of|no complaints of|no complaint of|not complaining of"
        "|never complained of|denial of|no report of|no reports of|without complaints of|not endorsing"
        "|doesn't endorse",
    ),
    (
        CueKind("absent", "not", "before", "item", 8),
        "not|never|cannot|can't|isn't|wasn't|aren't|weren't|didn't|doesn't|don't|hasn't|haven't|hadn't"
        "|won't|not have|not had|never had|not appear|not appear to have|not feel|not think|not notice"
        "|not experience|not experienced|not develop|not exhibit|not exhibiting|not meet criteria for"
        "|not have a|not having|not develop a|does not have|did not have|has not had|has never had"
        "|have not had|rather than|instead of|not give a|not on|not taking|no longer on|no longer taking"
        "|no longer has|no longer|no longer having|not using|not terribly|not particularly|not become"
        "|not use|not smoke|not drink|not know to have",
    ),
    (
        CueKind("absent", "not-found", "before", "list", 20),
        "not consistent with|not support|not support a diagnosis of|not compatible with|not represent"
        "|not suggest|not suggestive of|not have any|not had any|never had any|not demonstrate|not reveal"
        "|not show|not develop any|failed to reveal|fails to reveal|failed to show|failed to demonstrate"
        "|not find|not see",
    ),
    (
        CueKind("absent", "history-not", "before", "list", 30),
        "no history of|no prior history of|no hx of|no h/o|no past history of|no known history of"
        "|no previous history of|no personal history of|without history of|without a history of"
        "|denies history of|denies a history of|denies any history of|no past medical history of|no prior"
        "|no previous|not give a history of|denies hx of|denies h/o|denies any prior|denies prior"
        "|negative history of|history is negative for|no history|history negative for",
    ),
    (
        CueKind("absent", "family-history-not", "before", "list", 30),
        "no family history of|no fhx of|no fh of|denies family history of|denies any family history of"
        "|family history is negative for|family history negative for|negative family history of"
        "|no significant family history of",
    ),
    (
        CueKind("absent", "ruled-out", "before", "list", 10),
        "ruled out for|ruled her out for|ruled him out for|has ruled out|excludes|excluded"
        "|was ruled out for|ruled out|r/o'd for|argues against|evidence against|resolution of|resolved",
    ),
    (CueKind("absent", "refused", "before", "item", 6), "declined|declines|refused|refuses|decline"),
    (CueKind("absent", "negative", "before", "item", 3), "negative|neg"),
    (
        CueKind("past", "stopped", "before", "item", 6),
        "discontinued|stopped|d/c'd|dc'd|discontinue|discontinuation of|off of|weaned off|completed"
        "|finished|previously on|was on|had been on|tapered off",
    ),
    (
        CueKind("possible", "possible", "before", "list", 12),
        "likely due to|likely secondary to|likely from|likely related to|probably due to|possibly due to"
        "|presumed due to|possibly secondary to|probably secondary to|presumed secondary to|possible"
        "|possibly|probable|probably|likely|suspected|suspect|suspects|suspicion of|suspicion for"
        "|suspicious for|concern for|concerns for|concerning for|concerned for|concerned about|concern of"
        "|concern about|question of|questionable|may have|might have|may be|might be|could be|could have"
        "|may represent|might represent|could represent|may reflect|may suggest|suggestive of|suggests"
        "|suggesting|suggest|worrisome for|presumed|presumptive|presumably|cannot exclude|can't exclude"
        "|cannot rule out|can't rule out|unable to exclude|cannot be ruled out|less likely|more likely"
        "|most likely|not rule out|does not exclude|not exclude|possibility of|possibilities include"
        "|potential|apparent|appears to have|thought to be|felt to be|believed to be|seems to have"
        "|equivocal for|borderline for|evaluate for|evaluation for|evaluation of possible|assess for"
        "|eval for|work-up for|workup for|worked up for|rule out|r/o|to rule out|ruling out|?|versus|vs"
        "|vs.|differential includes|differential diagnosis includes|ddx includes|ddx|differential|consider"
        "|considering|consideration of|query|poss|prob|look for|unclear if|unsure if|uncertain if"
        "|not sure if|not certain if|not certain whether|unclear whether|whether|questioned"
        "|raises the possibility of|raised the possibility of|favor|favors|favoring"
        "|cannot completely exclude|maybe|perhaps|in keeping with possible|could not rule out"
        "|could not exclude|may indicate|indeterminate for|question|test for|tested for|testing for",
    ),
    (
        CueKind("absent", "unlikely", "before", "list", 8),
        "unlikely|unlikely to be|unlikely to have|very unlikely|doubt|doubt that this is",
    ),
    (
        CueKind("possible", "doubtful", "before", "list", 8),
        "doubtful|doubtful for|low suspicion for|low concern for|low probability of|low likelihood of",
    ),
    (
        CueKind("conditional", "if", "before", "sentence", 90),
        "if|should he|should she|should you|should the patient|should they|should there be|should any"
        "|in case of|in the event of|in the case of|unless|until|return for|return to the er for"
        "|return to the ed for|return to ed for|return to er for|return to the emergency department for"
        "|return to clinic for|return with|return precautions for|come back for|call for|call with"
        "|call us for|call also for|call the office for|call your doctor for|seek care for"
        "|seek medical attention for|seek attention for|alert the physician|contact us for|watch for"
        "|watch out for|monitor for|monitoring for|observe for|look out for|as needed for|prn for"
        "|p.r.n. for|prn|as if|when necessary for|any signs of|warning signs|report any|notify for"
        "|notify md for|may cause|can cause|could cause|might cause|side effects include|side effects of"
        "|potential side effects|risks include|risks including|complications include|risks of"
        "|risks discussed|such risks as|indications to return|reasons to return|given precautions|to avoid"
        "|would develop|would cause|going to",
    ),
    (CueKind("conditional", "inverted", "before", "sentence", 30), "should"),
    (CueKind("conditional", "once", "before", "item", 2), "once the|once her|once his|once your|until the"),
    (
        CueKind("conditional", "risk", "before", "list", 10),
        "risk of|risk for|risks for|at risk of|at risk for|risk factor for|risk factors for"
        "|increased risk of|increased risk for|high risk of|high risk for|low risk for|low risk of|prevent"
        "|prevention of|to prevent|preventing|prophylaxis for|prophylaxis against|prophylactic|ppx for"
        "|screen for|screened for|screening for|screening of|immunized against|vaccinated against"
        "|vaccine for|vaccination against|vaccination for|immunization against|protect against"
        "|educated about|educated on|education on|education about|counseled on|fear of|counseled about"
        "|counseled regarding|information about|handout on|precautions for|susceptible to|exposure to"
        "|exposed to|chance of|predisposition to|afraid of|avoid|avoiding|avoidance of|worried about"
        "|anxious about|anxiety about|nervous about|asks about|asked about|wonders about|fearful of"
        "|susceptibility to|discussed signs of|contraindicated in",
    ),
    (
        CueKind("conditional", "allergy", "before", "list", 20),
        "allergic to|allergy to|allergies to|allergies include|allergies including|allergic reaction to"
        "|intolerance to|intolerant of|intolerant to|hypersensitivity to|sensitive to|sensitivity to"
        "|anaphylaxis to|reaction to|allergies|allergy|nka to|adverse reaction to",
    ),
    (
        CueKind("planned", "will", "before", "list", 14),
        "should have|should undergo|should get|should receive|should be started on|should start|will start"
        "|will begin|will initiate|will be started on|will get|will obtain|will order|will check|will need"
        "|will undergo|will have|will receive|will be given|will schedule|will add|will proceed with"
        "|will repeat|will try|will consider|will arrange|will refer for|we'll start|we will|scheduled for"
        "|scheduled to|scheduled to have|scheduled to undergo|to be started on|to be scheduled for"
        "|to undergo|to have|plan to|plans to|plan for|plan is|plan is to|planned|planning|planning for"
        "|planned for|plan|recommend|recommended|recommends|recommending|recommendation for|order|ordered"
        "|ordering|orders for|awaiting|await|pending|needs|schedule|refer for|referred for|referral for"
        "|referral to|refer to|set up for|arrange|arrange for|set up|candidate for|would benefit from"
        "|advised to have|advised to start|advise|obtain|return in|repeat|agreed to start|to start"
        "|going to start|intends to|proceed with|proceed to|prep for|awaits|due for|discussed starting"
        "|if not improved start|begin|initiate|trial of|start|pt to start|f/u with repeat",
    ),
    (
        CueKind("past", "history", "before", "history", 60),
        "history of|hx of|h/o|history significant for|hx significant for|history includes|history included"
        "|history consists of|history remarkable for|history notable for|history is significant for"
        "|history is notable for|history is remarkable for|history is positive for|history positive for"
        "|history was significant for|known history of|long history of|hx|hx.|h/o:|longstanding history of"
        "|long-standing history of|remote history of|personal history of|strong history of|past history of"
        "|significant history of|prior history of|history for|hx for|history with|previous history of"
        "|medical problems including|medical problems include|comorbidities including"
        "|comorbidities include|remote hx of|history notable for the following",
    ),
    (
        CueKind("past", "pmh", "before", "history", 80),
        "past medical history|past history|medical history|pmh|pmhx|past medical history of"
        "|past medical history significant for|past medical history is significant for"
        "|past medical history includes|past medical history positive for"
        "|past medical history is positive for|past medical history notable for"
        "|past medical history is notable for|past medical history:|medical history significant for"
        "|medical history is significant for|medical history of|medical history includes"
        "|past medical history remarkable for|past medical history is remarkable for"
        "|past medical history: significant for|past medical history: positive for|past surgical history"
        "|surgical history|psh|past surgical history of|past surgical history significant for|pmh of"
        "|pmh significant for|pmh includes|pmhx of|pmhx significant for|surgical history significant for"
        "|past medical hx|past med hx|pmh:|past surgical hx|past psychiatric history"
        "|psychiatric history of|past medical history: past medical history is significant for"
        "|her past medical history is significant for|pmh sig for|pmh notable for|pmhx notable for",
    ),
    (CueKind("past", "status-post", "before", "event", 14), "status post|s/p|status-post|post|sp"),
    (
        CueKind("past", "prior", "before", "item", 5),
        "previous|previously|prior|old|remote|past|earlier|remotely|healed|a prior|a previous"
        "|previously had|had previously|before that|previously diagnosed with|old healed"
        "|previously treated for|treated in the past for|was previously",
    ),
    (
        CueKind("past", "then", "before", "history", 25),
        "as a child|in childhood|childhood|as a teenager|as an infant|in the past|years ago|months ago"
        "|decades ago|last year|the last time|on prior admission|in her youth|in his youth|at age"
        "|during childhood|at birth|prior to this|in college|in high school|last admission"
        "|previous admission for|prior admission for|prior admissions for|prior hospitalization for"
        "|admitted last year for|hospitalized last year for|years prior",
    ),
    (
        CueKind("past", "former", "before", "item", 4),
        "former|formerly|ex|quit|quit smoking|stopped smoking|used to|used to have|used to be|former heavy"
        "|quit using|stopped drinking|gave up|prior use of|remote use of|quit drinking",
    ),
    (
        CueKind("past", "known", "before", "item", 2),
        "known|known to have|with known|has known|known case of|k/c/o|know",
    ),
    (
        CueKind("family", "family", "before", "relative", 60),
        "family history of|family history|fh|fhx|fam hx|famhx|family hx|family history is positive for"
        "|family history positive for|family history significant for|family history is significant for"
        "|fh of|fhx of|family hx of|family history includes|fh:|fhx:|strong family history of"
        "|family medical history|family history: positive for|family history is notable for"
        "|family history notable for|fh is|familial history of|fam history of",
    ),
    (CueKind("family", "kin", "before", "relative", 40), _KIN),
    (
        CueKind("other", "not-kin", "before", "relative", 25),
        _NOT_KIN + "|sick contact|sick contacts|donor|neighbor|neighbors|classmate|classmates|caregiver"
        "|fetus|surrogate|another patient|other patients",
    ),
    (
        CueKind("affirmed", "positive", "before", "list", 10),
        "positive for|pos for|+ for|+ve for|(+) for|admits to|admits|endorses|complains of|complaining of"
        "|c/o|reports|presents with|presented with|presenting with|positive review of systems"
        "|is significant for|notable for|remarkable for|pertinent positives|significant for|diagnosed with"
        "|presents for|comes in with|continues to have|still has|here for|here with|suffers from"
        "|being treated for|treated for|has a|has an|has some|does have|did have|has had|developed"
        "|develops|develops a",
    ),
    (
        CueKind("present", "now", "before", "item", 8),
        "newly diagnosed|new diagnosis of|currently|now|acute|acutely|active|ongoing|new onset of"
        "|new onset|new-onset|worsening|current|today|persistent",
    ),
    (
        CueKind("absent", "gone", "after", "item", 7),
        "resolved|has resolved|have resolved|is resolved|was resolved|now resolved|completely resolved"
        "|has now resolved|resolved completely|resolved spontaneously|subsided|has subsided|is gone"
        "|has gone away|went away|had resolved|disappeared|has cleared|no longer present|no longer",
    ),
    (
        CueKind("absent", "not-there", "after", "list", 7),
        "is negative|was negative|are negative|were negative|negative|neg|negative x|absent|is absent"
        "|are absent|was absent|were absent|denied|is denied|are denied|was denied|were denied|all denied"
        "|all negative|ruled out|was ruled out|is ruled out|were ruled out|has been ruled out"
        "|have been ruled out|been ruled out|excluded|is excluded|was excluded|has been excluded"
        "|been excluded|not seen|is not seen|are not seen|was not seen|not present|is not present"
        "|not detected|was not detected|not identified|not noted|not appreciated|not visualized|not found"
        "|was not found|not demonstrated|not evident|not observed|not palpable|not palpated|not heard"
        "|not felt|never developed|none|did not occur|not elicited|not been found|not been seen|(-)|-ve"
        "|has not been noted",
    ),
    (
        CueKind("absent", "retracted", "after", "list", 14),
        "refuted|is refuted|was refuted|were refuted|has been refuted|retracted|was retracted|in error"
        "|entered in error|charted in error|listed in error|documented in error|erroneous|was erroneous"
        "|erroneously|charted on the wrong patient|wrong patient|belongs to another patient",
    ),
    (CueKind("absent", "declined", "after", "item", 4), "declined|refused|was declined|was refused|deferred"),
    (
        CueKind("possible", "possible-after", "after", "item", 7),
        "possible|is possible|probable|likely|is likely|suspected|is suspected|was suspected|questionable"
        "|is questionable|cannot be excluded|can not be excluded|not excluded|cannot be ruled out"
        "|can not be ruled out|can't be excluded|not ruled out|not been ruled out|could not be excluded"
        "|is a possibility|is another possibility|is certainly another possibility|possibility"
        "|is a concern|is a consideration|is considered|was considered|in the differential"
        "|on the differential|is being considered|to be ruled out|?|versus|vs|vs.|to be excluded"
        "|is unclear|is equivocal|not excluded on",
    ),
    (
        CueKind("absent", "unlikely", "after", "item", 7),
        "unlikely|is unlikely|seems unlikely|was unlikely|felt to be unlikely|appears unlikely"
        "|very unlikely|is very unlikely|felt unlikely|thought unlikely",
    ),
    (
        CueKind("possible", "doubtful-after", "after", "item", 7),
        "doubtful|is doubtful|less likely|is less likely",
    ),
    (CueKind("absent", "free", "after", "item", 1), "free|- free|-free"),
    (
        CueKind("conditional", "risk-after", "after", "item", 1),
        "risk|prophylaxis|precautions|prevention|screening|screen|vaccine|vaccination|immunization|ppx"
        "|risk assessment|risk score|warning signs|return precautions|risk factors|education|allergy"
        "|allergies|shot|booster|immunity",
    ),
    (
        CueKind("planned", "planned-after", "after", "item", 8),
        "is scheduled|was scheduled|scheduled|pending|is pending|planned|is planned|recommended"
        "|is recommended|ordered|was ordered|to be done|to be started|to be scheduled|will be started"
        "|will be scheduled|will be done|will be ordered|will be performed|to follow|to be obtained"
        "|will be obtained|was recommended|advised|is advised|tomorrow|next week|next month"
        "|in the near future",
    ),
    (
        CueKind("past", "then-after", "after", "item", 10),
        "in the past|years ago|year ago|months ago|yrs ago|yr ago|decades ago|ago|last year|as a child"
        "|in childhood|as a teenager|in college|in high school|during childhood|remotely"
        "|when she was a child|when he was a child|in her youth|in his youth|as an infant|the last time"
        "|last admission|previously|at birth|s/p repair|in remission|in full remission"
        "|in complete remission|by history|by hx|per history",
    ),
    (
        CueKind("past", "stopped-after", "after", "item", 5),
        "was discontinued|were discontinued|discontinued|was stopped|stopped|d/c'd|has been stopped"
        "|was completed|has been discontinued|were stopped|is on hold|has been held",
    ),
    (CueKind("past", "quit-after", "after", "item", 6), "quit|quit smoking|former|stopped smoking|quit in"),
    (
        CueKind("family", "in-kin", "after", "item", 6),
        "in her mother|in his mother|in mother|in her father|in his father|in father|in her sister"
        "|in his sister|in sister|in her brother|in his brother|in brother|in a brother|in a sister"
        "|in an aunt|in aunt|in an uncle|in uncle|in her grandmother|in his grandmother|in grandmother"
        "|in grandfather|in his grandfather|in her grandfather|in her family|in his family|in the family"
        "|in family|in her aunt|in his uncle|in maternal|in paternal|in a maternal|in a paternal"
        "|in multiple family members|in several family members|in siblings|in parents|in both parents"
        "|in her maternal|in his maternal|in her paternal|in his paternal|in first-degree relatives"
        "|in relatives|runs in the family|in her son|in his son|in her daughter|in his daughter|in cousin"
        "|(mother|(father|(sister|(brother|(maternal|(paternal|(mom|(dad|(grandmother|(grandfather|(aunt"
        "|(uncle|- mother|- father|- sister|- brother|: mother|: father|: sister|: brother|- maternal"
        "|- paternal|: maternal|: paternal|- mom|- dad|: mom|: dad|- grandmother|- grandfather"
        "|: grandmother|: grandfather",
    ),
    (
        CueKind("other", "in-other", "after", "item", 6),
        "in her husband|in his wife|in her roommate|in his roommate|in a coworker|in a friend"
        "|in his partner|in her partner|in the donor",
    ),
    (
        CueKind("affirmed", "there", "after", "item", 4),
        "present|is present|are present|was present|were present|positive|is positive|was positive|noted"
        "|is noted|was noted|confirmed|was confirmed|is confirmed|persists|persist|not resolved"
        "|has not resolved|not yet resolved|has not improved|pos|(+)|continues|remains"
        "|not completely resolved|not changed|unchanged|is unchanged|has not changed|not improving"
        "|not improved|not controlled|is not controlled|not well controlled|poorly controlled"
        "|is not well controlled|not worse",
    ),
)

# Phrases that hold a cue word and mean nothing of the kind.
INERT: tuple[str, ...] = (
    "no increase|no change|no changes|no interval change|no significant change"
    "|no significant interval change|no improvement|no significant improvement|no worsening|no relief"
    "|no specific relief|no better|no worse|not only|not necessarily|not just|not merely|no doubt"
    "|without a doubt|without doubt|no difference|without any further delay|no need for|not cause"
    "|not due to|not related to|not drain|not extend|gram negative|gram-negative|false negative"
    "|rh negative|rh-negative|negative pressure|double negative|no cause of|no cause for|no known cause of"
    "|no etiology|no explanation for|no specific diagnosis for|no treatment for|not been treated for"
    "|not treated for|no longer than|no more than|no fewer than|not controlled|not well controlled"
    "|not adequately controlled|not fully controlled|not optimally controlled|poorly controlled"
    "|not at goal|not improved|not improving|not resolved|not changed|not worse|not tolerate"
    "|not tolerating|not able to|unable to|not want|not aware of|not aware|not sure|not certain|not clear"
    "|not know|not known|not yet|not relieved by|not relieved with|not responsive to|not responding to"
    "|without difficulty|without incident|without complication|without complications|with and without"
    "|with or without|not limited to|no matter|no contraindication|no contraindications|if possible"
    "|if indicated|if needed|if desired|if available|even if|no further workup of|no intervention for"
    "|post-op|post op|post operative|post operatively|post procedure|no specific treatment for"
    "|no therapy for",
    "history of present illness|history of the present illness|history and physical"
    "|history of presenting illness|social history|history taking|clinical history|patient history"
    "|reason for history|interval history|history obtained from|history provided by|history per"
    "|history was obtained from|history is obtained from|day history of|days history of|week history of"
    "|weeks history of|month history of|hour history of|day hx of|week hx of|hour hx of|days hx of"
    "|weeks hx of|hours history of|brief history|recent history of|maternal age|paternal age"
    "|maternal fetal|prior to admission|prior to arrival|prior to discharge|prior to this|prior to surgery"
    "|prior to|as previously|as previously noted|previously noted|previously seen|previously described"
    "|old records|old chart|year old|year-old|month-old|week-old|day-old|yr-old|years old|month old"
    "|months old|week old|weeks old|day old|days old|yr old|y/o|past few|past two|past several|past week"
    "|past month|past day|past days|past 24|past 48|past 2|past 3|past three|last few|for the past"
    "|over the past|in the past few|in the past two|in the past several|in the past week|in the past month"
    "|in the past day|in the past 24|in the past 48|in the past 2|in the past 3|in the past three"
    "|within the past|during the past|prior ct|prior mri|prior exam|prior study|prior films|previous study"
    "|previous exam|previous ct|previous mri|old ekg|old ecg|prior ekg|prior ecg|days ago|day ago"
    "|hours ago|hour ago|weeks ago|week ago|past medical records|minutes ago|day prior|days prior",
    "potential for|patient's family|family physician|family doctor|family practice|family meeting"
    "|family therapy|family planning|family medicine|host family|family friend|family support"
    "|likely to benefit|likely discharge|plan of care|in order to|planned parenthood|in order|as ordered"
    "|floor plan|plan discussed|reason to suspect|mother's day|son of|school children|may be discharged"
    "|may be given|may take|may continue|may use|could not be obtained|may return|might benefit|would like"
    "|likely home",
    _SPEAKER_SAYS,
    _BY_SPEAKER,
)

STOPS: Mapping[str, str] = MappingProxyType(
    {
        "but": "but|however|although|though|yet|nevertheless|nonetheless|except|except for|aside from"
        "|apart from|other than|besides|still|whereas|otherwise|notwithstanding|with the exception of"
        "|instead|while|despite",
        "because": "prior to the|prior to his|prior to her|prior to onset|because|because of|since"
        "|secondary to|due to|as a result of|caused by|given|after|attributed to|thought secondary to"
        "|presumably due to|presumably from|so",
        "who": "who|who is",
        "subject": "the child|this child|child|the baby|baby|the infant|infant|he|she|they|patient|pt|pt."
        "|the patient|which|i|we|it|this|these|his symptoms|her symptoms|that he|that she|that the patient",
        "presents": "presents|presented|presenting|complains|complaining|admitted|transferred|comes|came"
        "|seen|arrived|brought|referred|found to have|was found|here|today|evaluated|now",
        "for": "for",
        "with": "with|w/",
        "verb": "is|are|was|were|has|had|have|does|did|shows|showed|showing|reveals|revealed|demonstrates"
        "|demonstrated|continues|reports|reported|complains|admits|endorses|remains|remained|appears"
        "|became|underwent|received|started|states|stated|developed|feels|felt|takes|noticed|notices|being",
        "participle": "noted|seen|identified|found|detected|visualized|appreciated|heard|palpated|present"
        "|on exam",
    }
)

"""Phrases that negate, hedge, date and attribute, by what they do and how far they reach.

In the tradition of NegEx (Chapman et al., J Biomed Inform 2001;34:301) and ConText (Harkema et al.,
J Biomed Inform 2009;42:839); the arrangement is our own. Phrases are parted by "|".
"""

from __future__ import annotations

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
# Who may speak for the patient, or of somebody else.
SPEAKERS = f"{_KIN}|{_NOT_KIN}|family"
_SPEAKER_DENIES = "|".join(
    f"{who} {denies}" for who in SPEAKERS.split("|") for denies in ("denies", "denied")
)

# "In the past, he had fits": the subject and its verb don't end the past.
_BACK_THEN = "|".join(
    f"{when} {who} {had}"
    for when in ("in the past,", "previously,")
    for who in ("he", "she", "the patient", "patient", "pt")
    for had in ("had", "has had", "was", "did have", "experienced")
)
# "Suicidal ideation: The patient denies." denies what stands before the colon.
_DENIED_ALTOGETHER = "|".join(
    f": {who}{denies}{end}"
    for who in ("", "the patient ", "patient ", "pt ", "he ", "she ")
    for denies in ("denies", "denied")
    for end in (".", ",", " on admission", " at this time", " both", " currently")
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
        "|not associated with|no apparent|in no apparent"
        "|on neither occasion did he|on neither occasion did she|at no time did he"
        "|at no time did she|at no point did he|at no point did she",
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
        "|doesn't endorse|denies, however,|denies, however, any|denied, however,|denied, however, any",
    ),
    (
        CueKind("absent", "not", "before", "item", 8),
        "not|never|cannot|can't|isn't|wasn't|aren't|weren't|didn't|doesn't|don't|hasn't|haven't|hadn't"
        "|won't|not have|not had|never had|not appear|not appear to have|not feel|not think|not notice"
        "|not experience|not experienced|not develop|not exhibit|not exhibiting|not meet criteria for"
        "|not have a|not having|not develop a|does not have|did not have|has not had|has never had"
        "|have not had|rather than|instead of|not give a|not on|not taking|no longer on|no longer taking"
        "|no longer has|no longer|no longer having|not using|not terribly|not particularly|not become"
        "|not use|not smoke|not drink|not know to have|never developed|not developed|never experienced"
        "|never noticed|never suffered from",
    ),
    (
        CueKind("absent", "not-found", "before", "list", 20),
        "not consistent with|not support|not support a diagnosis of|not compatible with|not represent"
        "|not suggest|not suggestive of|not have any|not had any|never had any|not demonstrate|not reveal"
        "|not show|not develop any|failed to reveal|fails to reveal|failed to show|failed to demonstrate"
        "|not find|not see|not evoke|not provoke|not disclose|not uncover|not identify|not detect",
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
        "|concern about|question of|questionable|may have|might have|may have problems with"
        "|might have problems with|may be|might be|could be|could have"
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
        "|could not exclude|may indicate|indeterminate for|question|test for|tested for|testing for"
        "|check for|check her for|check him for|check her once for|check him once for|checked for",
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
        "|notify md for|may cause|can cause|could cause|might cause|can certainly cause|can also cause"
        "|side effects include|side effects of"
        "|potential side effects|risks include|risks including|complications include|risks of"
        "|risks discussed|such risks as|indications to return|reasons to return|given precautions|to avoid"
        "|would develop|would cause|regarding signs|regarding symptoms|about signs|about symptoms"
        "|regarding signs and symptoms of|about signs and symptoms of|potential complications of"
        "|possible complications of|risks"
        "|risks, benefits",
    ),
    (CueKind("conditional", "intended", "before", "sentence", 90), "going to"),
    (CueKind("conditional", "inverted", "before", "sentence", 30), "should"),
    (CueKind("conditional", "once", "before", "item", 2), "once the|once her|once his|once your|until the"),
    (
        CueKind("conditional", "risk", "before", "list", 30),
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
        "|referral to|refer to|set up for|arrange|arrange for|set up|preoperative evaluation for"
        "|candidate for|would benefit from"
        "|advised to have|advised to start|advise|obtain|return in|repeat|agreed to start|to start"
        "|going to start|intends to|proceed with|proceed to|prep for|awaits|due for|discussed starting"
        "|if not improved start|begin|initiate|trial of|start|pt to start|f/u with repeat",
    ),
    (
        CueKind("past", "history", "before", "history", 140),
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
    (CueKind("past", "then", "before", "history", 25), _BACK_THEN),
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
    # Whoever died of it is not the patient of a note; "the patient died of" is inert.
    (
        CueKind("family", "died", "before", "relative", 8),
        "died of|died from|died due to|died with|died secondary to|passed away of|passed away from"
        "|passed away due to|deceased from|deceased due to",
    ),
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
        "newly diagnosed|new diagnosis of|currently|presently|now|acute|acutely|active|ongoing|new onset of"
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
        "|all negative|0/10|is 0/10|was 0/10|at 0/10|of 0/10|0 out of 10"
        "|ruled out|was ruled out|is ruled out|were ruled out|has been ruled out"
        "|have been ruled out|been ruled out|excluded|is excluded|was excluded|has been excluded"
        "|been excluded|not seen|is not seen|are not seen|was not seen|not present|is not present"
        "|not detected|was not detected|not identified|not noted|not appreciated|not visualized|not found"
        "|was not found|not demonstrated|not evident|not observed|not palpable|not palpated|not heard"
        "|not felt|never developed|none|did not occur|not elicited|not been found|not been seen|(-)|-ve"
        "|has not been noted",
    ),
    (CueKind("absent", "all-denied", "after", "item", 0), _DENIED_ALTOGETHER),
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
        "|cannot be completely excluded|cannot be entirely excluded|can not be completely excluded"
        "|is a concern|is a consideration|is considered|was considered|in the differential"
        "|on the differential|is being considered|to be ruled out|?|versus|vs|vs.|to be excluded"
        "|is unclear|is equivocal|not excluded on",
    ),
    (
        CueKind("possible", "to-rule-out-after", "after", "list", 12),
        "should be ruled out|must be ruled out|needs to be ruled out|need to be ruled out",
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
        "risk|prophylaxis|precautions|prevention|vaccine|vaccination|immunization|ppx"
        "|risk assessment|risk score|warning signs|return precautions|risk factors|education|allergy"
        "|allergies|shot|shots|booster|immunity|toxoid|antitoxin|immune globulin",
    ),
    (
        CueKind("conditional", "tested", "after", "item", 1),
        "screening|screen|marker|markers|panel|antibody|antibodies|antigen|test|tests|testing|titer|titers|serology"
        "|assessment|monitoring|identification test|questionnaire",
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

"""What the headings of clinical notes mean, as they are written in practice."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_HEADINGS = {
    "chief_complaint": "chief complaint|cc|c.c.|presenting complaint|reason for visit"
    "|reason for consultation|reason for consult|reason for admission|reason for referral"
    "|reason for encounter|chief complaints|chief complaint/reason for visit|presenting problem"
    "|reason for evaluation|complaint|reason for examination|chief complaint - reason for visit",
    "hpi": "history of present illness|hpi|history of the present illness|present illness"
    "|subjective|interval history|brief history|history of presenting illness"
    "|history of presenting complaint|history of present complaint|s|clinical history|history"
    "|interim history|subjective complaints|hospital course and history"
    "|history of present illness (hpi)|hx|history of illness",
    "past_history": "past medical history|pmh|pmhx|medical history|past history|problem list"
    "|active problems|past medical/surgical history|past medical and surgical history"
    "|active problem list|comorbidities|past psychiatric history|psychiatric history"
    "|obstetric history|ob history|gynecologic history|problems|medical problems|chronic conditions"
    "|chronic problems|significant past medical history|pertinent history|medical problem list"
    "|medical problems list|diagnosis list|significant history|past medical hx|past medical history/problems"
    "|birth history|prenatal history|perinatal history|neonatal history|obstetrical history"
    "|gynecological history|ocular history|past ocular history|oncologic history",
    "surgical_history": "past surgical history|psh|pshx|surgical history|past surgeries|surgeries",
    "family_history": "family history|fh|fhx|family medical history|family hx|fam hx|famhx"
    "|family psychiatric history|family and social history|family history and social history"
    "|family/social history",
    "social_history": "social history|sh|shx|soc hx|personal history|psychosocial history|habits"
    "|tobacco use|lifestyle|substance use|personal and social history|social hx|personal / social history"
    "|personal/social history",
    "medications": "medications|meds|current medications|home medications|current meds"
    "|outpatient medications|medication list|medication|medications prior to admission"
    "|discharge medications|active medications|medications on admission|medications at discharge"
    "|drug history|present medications|medicines|medications on discharge|admission medications"
    "|prior to admission medications|preadmission medications|current medicines|discharge medicines"
    "|medications at home|home medicines|current medications at home|current home medications"
    "|medication history|medications prescribed|prescriptions|current prescriptions|regular medications",
    "allergies": "allergies|allergy|drug allergies|medication allergies"
    "|allergies and intolerances|known allergies|allergies/intolerances|adverse reactions"
    "|allergies to medications",
    "immunizations": "immunizations|immunization history|vaccinations|immunization",
    "review_of_systems": "review of systems|ros|systems review|review of symptoms|system review",
    "vitals": "vitals|vital signs|vs|vital signs reviewed|vital signs and measurements",
    "exam": "physical examination|physical exam|exam|examination|pe|objective|o"
    "|physical findings|general physical examination|mental status examination|mental status exam"
    "|neurological examination|neurologic examination|clinical examination|on examination",
    "labs": "labs|laboratory data|laboratory|laboratory results|lab results|results"
    "|laboratory studies|laboratory findings|lab data|lab|laboratories|labs/studies|diagnostic data"
    "|diagnostic studies|data|pertinent results|laboratory examination|diagnostics|lab studies"
    "|data reviewed|diagnostic results|laboratory values|pertinent labs|laboratory at discharge"
    "|lab / tests|labs / tests|test results|laboratory and radiology",
    "imaging": "imaging|radiology|findings|radiographic studies|imaging studies|x-rays|x-ray"
    "|radiology results|technique|radiologic studies|ct|mri|chest x-ray|radiographs|imaging results"
    "|comparison",
    "ecg": "ecg|ekg|electrocardiogram|12-lead ecg|ecg interpretation|ekg interpretation|rhythm strip",
    "echocardiogram": "echocardiogram|echo|echocardiography|transthoracic echocardiogram",
    "procedures": "procedure|procedures|procedure performed|procedures performed|operation"
    "|operation performed|description of procedure|procedure in detail|operative procedure"
    "|title of operation|operations|operations performed|description of operation|procedure details"
    "|operations/procedures",
    "indication": "indication|indications|indications for procedure|indication for procedure"
    "|reason for exam|reason for study|clinical indication|indications for surgery"
    "|clinical information|indication for surgery",
    "hospital_course": "hospital course|course|brief hospital course|emergency department course"
    "|ed course|course in the hospital|summary of hospital course|clinical course"
    "|hospital course by problem",
    "diagnoses": "diagnosis|diagnoses|discharge diagnosis|discharge diagnoses"
    "|admitting diagnosis|final diagnosis|final diagnoses|admission diagnosis|preoperative diagnosis"
    "|postoperative diagnosis|preoperative diagnoses|postoperative diagnoses|preop diagnosis"
    "|postop diagnosis|primary diagnosis|secondary diagnoses|principal diagnosis|working diagnosis"
    "|encounter diagnoses|visit diagnoses|diagnoses at discharge|diagnosis at discharge"
    "|diagnosis at admission|diagnoses at admission|diagnoses problems|problems/diagnoses"
    "|diagnoses and problems",
    "differential": "differential diagnosis|differential|differential diagnoses|ddx",
    "assessment_plan": "assessment and plan|assessment & plan|assessment/plan|a/p|a&p|a & p|ap"
    "|assessment|a|plan|p|impression|impressions|impression and plan|impression/plan"
    "|impression & plan|clinical impression|recommendations|recommendation|plan of care"
    "|treatment plan|conclusion|conclusions|assessment and recommendations|assessment/recommendations"
    "|diagnosis and plan|clinical assessment|summary|problem-based assessment|assessment plan"
    "|care plan|medical decision making|mdm|impression / diagnosis|impression/diagnosis"
    "|diagnostic impression",
    "disposition": "disposition|follow-up|follow up|followup|condition on discharge"
    "|discharge condition|discharge disposition|condition at discharge|condition|followup care"
    "|follow-up care|follow up care",
    "instructions": "discharge instructions|instructions|patient instructions"
    "|instructions to patient|return precautions",
}

# Kind of section by heading, in lower case, without the colon.
SECTION_KINDS: Mapping[str, str] = MappingProxyType(
    {heading: kind for kind, headings in _HEADINGS.items() for heading in headings.split("|")}
)
LONGEST_HEADING = 60

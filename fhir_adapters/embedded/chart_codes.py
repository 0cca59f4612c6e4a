"""Codes that the sample charts use by name: drugs, note types, reports, relatives, coded answers.

RxNorm: ingredient codes. LOINC: document ontology and study codes. SNOMED CT: answers of the US value sets
for smoking and pregnancy, and of the ACVPU scale.
"""

from __future__ import annotations

from typing import NamedTuple

from fhir_adapters.record import SNOMED

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
UCUM = "http://unitsofmeasure.org"
ACT_CODE = f"{TERMINOLOGY}/v3-ActCode"
ROLE_CODE = f"{TERMINOLOGY}/v3-RoleCode"
SECTION = f"{TERMINOLOGY}/v2-0074"

RXNORM_INGREDIENTS = {
    "acetaminophen": "161",
    "albuterol": "435",
    "amlodipine": "17767",
    "apixaban": "1364430",
    "aspirin": "1191",
    "atorvastatin": "83367",
    "furosemide": "4603",
    "hydrochlorothiazide": "5487",
    "ibuprofen": "5640",
    "levothyroxine": "10582",
    "lisinopril": "29046",
    "losartan": "52175",
    "metformin": "6809",
    "metoprolol": "6918",
    "omeprazole": "7646",
    "prednisone": "8640",
    "simvastatin": "36567",
    "spironolactone": "9997",
    "warfarin": "11289",
}

NOTE_TYPES = {
    "progress": ("11506-3", "Progress note"),
    "h&p": ("34117-2", "History and physical note"),
    "discharge": ("18842-5", "Discharge summary"),
    "consult": ("11488-4", "Consult note"),
    "emergency": ("34111-5", "Emergency department Note"),
    "telephone": ("34748-4", "Telephone encounter Note"),
    "nurse": ("34746-8", "Nurse Note"),
}


class ReportType(NamedTuple):
    """A kind of report: LOINC code and name, and the diagnostic service section (HL7 table 0074)."""

    code: str
    name: str
    section: str


REPORT_TYPES = {
    "ecg": ReportType("11524-6", "EKG study", "EC"),
    "echo": ReportType("42148-7", "US Heart", "CUS"),
    "abdomen": ReportType("24558-9", "US Abdomen", "RAD"),
    "chest": ReportType("36643-5", "XR Chest 2 Views", "RAD"),
    "colonoscopy": ReportType("18746-8", "Colonoscopy study", "SP"),
}

ENCOUNTER_CLASSES = {"AMB": "ambulatory", "IMP": "inpatient encounter", "EMER": "emergency"}

RELATIVES = {
    "father": "FTH",
    "mother": "MTH",
    "brother": "BRO",
    "sister": "SIS",
    "son": "SON",
    "daughter": "DAU",
    "grandmother": "GRMTH",
    "grandfather": "GRFTH",
}

# (analyte, word in the chart file) -> SNOMED CT answer
ANSWERS = {
    ("smoking_status", "never"): (SNOMED, "266919005", "Never smoked tobacco"),
    ("smoking_status", "former"): (SNOMED, "8517006", "Ex-smoker"),
    ("smoking_status", "current"): (SNOMED, "449868002", "Smokes tobacco daily"),
    ("pregnancy_status", "pregnant"): (SNOMED, "77386006", "Pregnant"),
    ("consciousness", "alert"): (SNOMED, "248234008", "Mentally alert"),
    ("consciousness", "confusion"): (SNOMED, "130987000", "Acute confusion"),
}

# Column of a row of vital signs -> analyte
VITAL_SIGNS = {
    "hr": "heart_rate",
    "rr": "resp_rate",
    "temp": "temperature",
    "spo2": "spo2",
    "o2": "o2_flow",
    "gcs": "gcs",
    "wt": "weight",
    "ht": "height",
    "waist": "waist",
}

"""One sample chart, as its TOML file says it, into FHIR R4 resources dated relative to a time."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime, time
from html import escape
from typing import Any

from fhir_adapters.embedded.chart_codes import (
    ACT_CODE,
    ANSWERS,
    ENCOUNTER_CLASSES,
    NOTE_TYPES,
    RELATIVES,
    REPORT_TYPES,
    ROLE_CODE,
    RXNORM_INGREDIENTS,
    SECTION,
    TERMINOLOGY,
    UCUM,
    VITAL_SIGNS,
)
from fhir_adapters.embedded.reply import Resource
from fhir_adapters.embedded.timeline import BEDSIDE, SPECIMEN, VISIT, WRITTEN, Days, Timeline
from fhir_adapters.record import ICD10CM, LOINC, RXNORM, SNOMED
from fhir_adapters.terminology.analytes import ANALYTES

Row = dict[str, Any]

_DATE_IN_TEXT = re.compile(r"\{(\d+)d\}")
_WORD = re.compile(r"[a-z]+")


class ChartWriter:
    """The resources of one chart.

    Args:
        chart: The content of the chart file; see the README of this folder for its keys.
        now: The time to which "days ago" refers; it has a zone.
    """

    def __init__(self, chart: Row, now: datetime) -> None:
        self._chart = chart
        self._time = Timeline(now)
        self._patient_id: str = chart["id"]
        self._counts: dict[str, int] = {}
        self._stays: list[tuple[Days, Days | None, Resource]] = []

    def resources(self) -> Iterator[Resource]:
        """Every resource of the chart, the patient first."""
        yield self._patient()
        yield from self._encounters()
        for make, name in (
            (self._condition, "problems"),
            (self._medication, "meds"),
            (self._allergy, "allergies"),
            (self._procedure, "procedures"),
            (self._relative, "family"),
        ):
            for row in self._chart.get(name, ()):
                yield make(row)
        for row in self._chart.get("vitals", ()):
            yield from self._vital_signs(row)
        yield from self._answers()
        yield from self._laboratory()
        for row in self._chart.get("reports", ()):
            yield self._report(row)
        for row in self._chart.get("notes", ()):
            yield from self._note(row)

    def _new(self, resource_type: str, short: str, *, owner: str = "subject") -> Resource:
        self._counts[short] = self._counts.get(short, 0) + 1
        return {
            "resourceType": resource_type,
            "id": f"{self._patient_id}-{short}-{self._counts[short]}",
            owner: {"reference": f"Patient/{self._patient_id}"},
        }

    def _patient(self) -> Resource:
        who = self._chart["patient"]
        given, family = who["name"]
        patient: Resource = {
            "resourceType": "Patient",
            "id": self._patient_id,
            "identifier": [{"system": "urn:cuecard:sample-mrn", "value": who["mrn"]}],
            "active": "deceased" not in who,
            "name": [{"use": "official", "family": family, "given": [given]}],
            "gender": who["sex"],
            "birthDate": self._time.birth_date(who["age"], who.get("since_birthday", 90)),
        }
        if "city" in who:
            patient["address"] = [{"city": who["city"]}]
        if "deceased" in who:
            patient["deceasedDateTime"] = self._time.at(who["deceased"], VISIT)
        return patient

    def _encounters(self) -> Iterator[Resource]:
        for row in self._chart.get("encounters", ()):
            encounter = self._new("Encounter", "enc")
            kind = row.get("class", "AMB")
            going_on = kind == "IMP" and "until" not in row
            encounter |= {
                "status": "in-progress" if going_on else "finished",
                "class": {"system": ACT_CODE, "code": kind, "display": ENCOUNTER_CLASSES[kind]},
                "type": [{"text": row["type"]}],
                "participant": [{"individual": {"display": row["by"]}}],
                "period": {"start": self._time.at(row["d"], VISIT)},
            }
            if not going_on:
                encounter["period"]["end"] = self._time.at(row.get("until", row["d"]), WRITTEN)
            if "reason" in row:
                encounter["reasonCode"] = [{"text": row["reason"]}]
            self._stays.append((row["d"], None if going_on else row.get("until", row["d"]), encounter))
            yield encounter

    def _in_encounter(self, days_ago: Days) -> Resource:
        """The encounter element of something that happened then; empty outside any visit or stay."""
        for start, end, encounter in self._stays:
            if start >= days_ago >= (end if end is not None else 0):
                return {"encounter": {"reference": f"Encounter/{encounter['id']}"}}
        return {}

    def _condition(self, row: Row) -> Resource:
        condition = self._new("Condition", "cond")
        status = row.get("status", "active")
        condition |= {
            "clinicalStatus": _coded(f"{TERMINOLOGY}/condition-clinical", status),
            "verificationStatus": _coded(
                f"{TERMINOLOGY}/condition-ver-status", row.get("verification", "confirmed")
            ),
            "category": [
                _coded(f"{TERMINOLOGY}/condition-category", row.get("category", "problem-list-item"))
            ],
            "code": _concept(row["text"], (SNOMED, row.get("snomed")), (ICD10CM, row.get("icd10"))),
            "onsetDateTime": self._time.day(row["onset"]),
            "recordedDate": self._time.day(row["recorded"] if "recorded" in row else row["onset"]),
        }
        if condition["verificationStatus"]["coding"][0]["code"] == "entered-in-error":
            del condition["clinicalStatus"]  # FHIR con-5
        if "ended" in row:
            condition["abatementDateTime"] = self._time.day(row["ended"])
        return condition

    def _medication(self, row: Row) -> Resource:
        text: str = row["text"]
        words = _WORD.findall(text.lower())
        drug = next((word for word in words if word in RXNORM_INGREDIENTS), "")
        concept = _concept(text, (RXNORM, RXNORM_INGREDIENTS.get(drug)), display=drug)
        if row.get("stated"):
            statement = self._new("MedicationStatement", "stated")
            statement |= {
                "status": row.get("status", "active"),
                "medicationCodeableConcept": concept,
                "effectivePeriod": {"start": self._time.day(row["d"])},
            }
            return statement
        request = self._new("MedicationRequest", "med")
        request |= {
            "status": row.get("status", "active"),
            "intent": "order",
            "medicationCodeableConcept": concept,
            "authoredOn": self._time.at(row["d"], WRITTEN),
        } | self._in_encounter(row["d"])
        if "sig" in row:
            request["dosageInstruction"] = [{"text": row["sig"]}]
        return request

    def _allergy(self, row: Row) -> Resource:
        allergy = self._new("AllergyIntolerance", "allergy", owner="patient")
        allergy |= {
            "clinicalStatus": _coded(f"{TERMINOLOGY}/allergyintolerance-clinical", "active"),
            "verificationStatus": _coded(f"{TERMINOLOGY}/allergyintolerance-verification", "confirmed"),
            "code": {"text": row["text"]},
            "recordedDate": self._time.day(row["d"]),
        }
        if "reaction" in row:
            allergy["reaction"] = [{"manifestation": [{"text": row["reaction"]}]}]
        return allergy

    def _procedure(self, row: Row) -> Resource:
        procedure = self._new("Procedure", "proc")
        return procedure | {
            "status": "completed",
            "code": _concept(row["text"], (SNOMED, row.get("snomed"))),
            "performedDateTime": self._time.day(row["d"]),
        }

    def _relative(self, row: Row) -> Resource:
        member = self._new("FamilyMemberHistory", "family", owner="patient")
        illness: Resource = {
            "code": _concept(row["text"], (SNOMED, row.get("snomed")), (ICD10CM, row.get("icd10")))
        }
        if "age" in row:
            illness["onsetAge"] = {"value": row["age"], "unit": "years", "system": UCUM, "code": "a"}
        return member | {
            "status": "completed",
            "relationship": _coded(ROLE_CODE, RELATIVES[row["who"]]) | {"text": row["who"]},
            "condition": [illness],
        }

    def _observation(self, analyte: str, days_ago: Days, hour: time, category: str) -> Resource:
        observation = self._new("Observation", "obs")
        known = ANALYTES[analyte]
        return observation | {
            "status": "final",
            "category": [_coded(f"{TERMINOLOGY}/observation-category", category)],
            "code": _concept(known.name, (LOINC, known.loinc[0])),
            "effectiveDateTime": self._time.at(days_ago, hour),
            **self._in_encounter(days_ago),
        }

    def _vital_signs(self, row: Row) -> Iterator[Resource]:
        days_ago: Days = row["d"]
        if "bp" in row:
            yield self._blood_pressure(row["bp"], days_ago)
        measured = {VITAL_SIGNS[name]: row[name] for name in VITAL_SIGNS if name in row}
        height = row.get("ht", self._chart["patient"].get("height"))
        if "wt" in row and height:
            measured["height"] = height
            measured["bmi"] = round(row["wt"] / (height / 100) ** 2, 1)
        for analyte, value in measured.items():
            vital = self._observation(analyte, days_ago, BEDSIDE, "vital-signs")
            yield vital | {"valueQuantity": _quantity(value, ANALYTES[analyte].unit)}

    def _blood_pressure(self, reading: str, days_ago: Days) -> Resource:
        panel = self._observation("sbp", days_ago, BEDSIDE, "vital-signs")
        return panel | {
            "code": _concept("Blood pressure", (LOINC, "85354-9")),
            "component": [
                {
                    "code": _concept(ANALYTES[analyte].name, (LOINC, ANALYTES[analyte].loinc[0])),
                    "valueQuantity": _quantity(int(value), ANALYTES[analyte].unit),
                }
                for analyte, value in zip(("sbp", "dbp"), reading.split("/"), strict=True)
            ],
        }

    def _answers(self) -> Iterator[Resource]:
        for analyte, category in (
            ("smoking_status", "social-history"),
            ("pregnancy_status", "social-history"),
            ("consciousness", "exam"),
        ):
            for days_ago, answer in self._chart.get(analyte, ()):
                system, code, display = ANSWERS[analyte, answer]
                observation = self._observation(analyte, days_ago, BEDSIDE, category)
                yield observation | {"valueCodeableConcept": _concept(display, (system, code))}

    def _laboratory(self) -> Iterator[Resource]:
        for name, series in self._chart.get("labs", {}).items():
            analyte = name.partition(".")[0]
            common = series if isinstance(series, dict) else {"values": series}
            for days_ago, value, *special in common["values"]:
                options = {**common, **(special[0] if special else {})}
                yield self._result(analyte, days_ago, value, options)

    def _result(self, analyte: str, days_ago: Days, value: float, options: Row) -> Resource:
        result = self._observation(analyte, days_ago, SPECIMEN, "laboratory")
        unit = options.get("unit", ANALYTES[analyte].unit)
        result["valueQuantity"] = _quantity(value, unit)
        result["status"] = options.get("status", "final")
        if "code" in options:
            result["code"] = _concept(ANALYTES[analyte].name, (LOINC, options["code"]))
        if "remark" in options:
            result["note"] = [{"text": options["remark"]}]
        return result

    def _report(self, row: Row) -> Resource:
        kind = REPORT_TYPES[row["kind"]]
        report = self._new("DiagnosticReport", "report")
        report |= {
            "status": "final",
            "category": [_coded(SECTION, kind.section)],
            "code": _concept(kind.name, (LOINC, kind.code)),
            "effectiveDateTime": self._time.at(row["d"], BEDSIDE),
            "issued": self._time.at(row["d"], WRITTEN),
            "performer": [{"display": row["by"]}],
            "presentedForm": [self._attachment(row["text"], kind.name)],
        }
        return report | self._in_encounter(row["d"])

    def _note(self, row: Row) -> Iterator[Resource]:
        code, name = NOTE_TYPES[row["kind"]]
        note = self._new("DocumentReference", "note")
        attachment = self._attachment(row["text"], name, html=row.get("html", False))
        if row.get("by_url"):
            binary_id = f"{note['id']}-content"
            yield {
                "resourceType": "Binary",
                "id": binary_id,
                "contentType": attachment["contentType"],
                "securityContext": note["subject"],
                "data": attachment.pop("data"),
            }
            attachment["url"] = f"Binary/{binary_id}"
        note |= {
            "status": "current",
            "docStatus": "final",
            "type": _concept(name, (LOINC, code)),
            "category": [
                _coded(
                    "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
                    "clinical-note",
                )
            ],
            "date": self._time.at(row["d"], WRITTEN),
            "author": [{"display": row["by"]}],
            "content": [{"attachment": attachment}],
        }
        encounter = self._in_encounter(row["d"])
        if encounter:
            note["context"] = {"encounter": [encounter["encounter"]]}
        yield note

    def _attachment(self, text: str, title: str, *, html: bool = False) -> Resource:
        content = _DATE_IN_TEXT.sub(lambda found: self._time.day(int(found[1])), text.strip()) + "\n"
        if html:
            paragraphs = "".join(f"<p>{escape(line)}</p>\n" for line in content.splitlines() if line)
            content = f"<html><body>\n{paragraphs}</body></html>\n"
        return {
            "contentType": "text/html; charset=utf-8" if html else "text/plain; charset=utf-8",
            "title": title,
            "data": base64.b64encode(content.encode()).decode(),
        }


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _concept(text: str, *codings: tuple[str, str | None], display: str = "") -> Resource:
    found = [{"system": system, "code": code, "display": display or text} for system, code in codings if code]
    return {"coding": found, "text": text} if found else {"text": text}


def _quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit} if unit else {"value": value}

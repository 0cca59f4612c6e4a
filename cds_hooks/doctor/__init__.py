"""`cuecard doctor`: what a FHIR server gives, and what that is enough for."""

from cds_hooks.doctor.as_json import report_json
from cds_hooks.doctor.as_text import print_report
from cds_hooks.doctor.examination import examine
from cds_hooks.doctor.report import Report

__all__ = ["Report", "examine", "print_report", "report_json"]

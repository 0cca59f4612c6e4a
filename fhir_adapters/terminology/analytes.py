"""The one table of analytes: from a LOINC code to what models call it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fhir_adapters.terminology.analyte import Analyte
from fhir_adapters.terminology.laboratory import BLOOD, LIPIDS, METABOLIC, ORGANS, URINE_AND_INFECTION
from fhir_adapters.terminology.vital_signs import FUNCTION_TESTS, VITAL_SIGNS

__all__ = ["ANALYTES", "BY_LOINC", "Analyte", "analyte_of_loinc", "loinc_codes"]

_ALL = (*METABOLIC, *LIPIDS, *BLOOD, *ORGANS, *URINE_AND_INFECTION, *VITAL_SIGNS, *FUNCTION_TESTS)

# Every analyte by its key.
ANALYTES: Mapping[str, Analyte] = MappingProxyType({analyte.key: analyte for analyte in _ALL})

# Every analyte by each of its LOINC codes; panels are not in it.
BY_LOINC: Mapping[str, Analyte] = MappingProxyType(
    {code: analyte for analyte in _ALL for code in analyte.loinc}
)


def analyte_of_loinc(code: str) -> str | None:
    """The key of the analyte that a LOINC code means; None for a panel or a code that nothing reads."""
    analyte = BY_LOINC.get(code)
    return analyte.key if analyte else None


def loinc_codes(analyte: str) -> tuple[str, ...]:
    """The LOINC codes under which a server may hold an analyte, panels that contain it included.

    Raises:
        KeyError: There is no such analyte.
    """
    found = ANALYTES[analyte]
    return found.loinc + found.panels

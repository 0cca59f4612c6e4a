"""FHIR DSTU2, STU3 and R5 in the shape of R4, which is what the mapping reads."""

from fhir_adapters.versions.detect import FhirVersion, version_named, version_of
from fhir_adapters.versions.shape import in_r4, r4_type

__all__ = ["FhirVersion", "in_r4", "r4_type", "version_named", "version_of"]

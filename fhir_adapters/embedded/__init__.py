"""A small FHIR R4 server in memory with sample patients, for demonstrations and tests."""

from fhir_adapters.embedded.reply import Reply
from fhir_adapters.embedded.samples import SampleExpectation, sample_bundles, sample_expectations
from fhir_adapters.embedded.server import EmbeddedServer

__all__ = ["EmbeddedServer", "Reply", "SampleExpectation", "sample_bundles", "sample_expectations"]

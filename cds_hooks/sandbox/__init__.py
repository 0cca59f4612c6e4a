"""The mock EHR: a patient list and a chart in the browser that fire hooks and show the cards."""

from cds_hooks.sandbox.blueprint import create_blueprint
from cds_hooks.sandbox.config import SandboxConfig
from cds_hooks.sandbox.note_reading import ReadNote
from cds_hooks.sandbox.signing import Signer

__all__ = ["ReadNote", "SandboxConfig", "Signer", "create_blueprint"]

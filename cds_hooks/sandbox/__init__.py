"""The mock EHR: a patient list and a chart in the browser that fire hooks and show the cards."""

from cds_hooks.sandbox.blueprint import create_blueprint
from cds_hooks.sandbox.config import SandboxConfig

__all__ = ["SandboxConfig", "create_blueprint"]

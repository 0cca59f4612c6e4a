"""What a subcommand's failure is worth: an exit code and a line of text."""

from __future__ import annotations

from cds_hooks.chart_files import ChartFileError
from cds_hooks.errors import CallError
from cds_hooks.ledger import LedgerVersionError
from cds_hooks.ledger.audit_events import AuditExportError
from cds_hooks.ledger.backup import BackupError
from cds_hooks.reading.files import NoteFileError
from cds_hooks.risk_assessments import RiskAssessmentError
from cds_hooks.services.registry import ServiceError
from cds_hooks.settings import SettingsError
from fhir_adapters.errors import FhirError
from models.calculate import UnknownCalculatorError
from models.evaluation.estimates import EvaluationError
from models.registry import RegistryError
from models.training.card_files import RecipeError
from models.training.complications.catalogue import DataError
from models.training.notes.corpora.document import CorpusError
from models.weights import WeightsError

UNUSABLE, WRONG = 1, 2
_WRONG = (SettingsError, ServiceError, RegistryError, UnknownCalculatorError, EvaluationError, RecipeError)
_UNUSABLE = (
    AuditExportError,
    BackupError,
    ChartFileError,
    CallError,
    FhirError,
    LedgerVersionError,
    NoteFileError,
    RiskAssessmentError,
    CorpusError,
    DataError,
    WeightsError,
)


def explain(error: Exception) -> tuple[int, str] | None:
    """The exit code and the words for a foreseen failure; None for a defect."""
    if isinstance(error, _WRONG):
        return WRONG, str(error)
    if isinstance(error, _UNUSABLE):
        return UNUSABLE, str(error)
    if isinstance(error, OSError):
        return UNUSABLE, f"{error.filename or 'input'}: {error.strerror or type(error).__name__}"
    return None

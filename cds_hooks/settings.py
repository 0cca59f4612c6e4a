"""The settings of a deployment: one TOML file, checked as a whole before anything starts.

Every fault is reported at once with its key; an unknown key is a fault. What is not set has a safe
default: no FHIR server is trusted, no browser origin is allowed, only this machine is listened on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from cds_hooks import environment
from cds_hooks.cards.alert_policy import QUIET_KEYS, AlertPolicy
from cds_hooks.client_settings import check_clients, client_faults, client_of, public_url_fault
from cds_hooks.ledger.purging import Periods
from cds_hooks.security.client import Client
from cds_hooks.server_settings import check_servers, server_of
from cds_hooks.setting_checks import Check, flag, list_of, number, one_of, origin, setting, string
from fhir_adapters.errors import UntrustedServer
from fhir_adapters.transport import TransportSettings
from fhir_adapters.trust import parse_address
from models.contract import ClinicalSettings
from models.thresholds import Thresholds

T = TypeVar("T")


class SettingsError(ValueError):
    """The settings can't be used; `faults` lists every reason, each with its key."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


_HOST_PORT = string(r"([^\s:/]+|\[[0-9a-fA-F:]+\]):\d{1,5}", "host:port")
_DATABASE = string(r"(sqlite:///[^:]|postgresql(\+\w+)?://)\S*", "a sqlite:/// or postgresql:// URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """[service]: how calls come in.

    Attributes:
        bind: Address and port to listen on; TLS ends at the proxy in front.
        workers: Processes; two for each core when charts come as prefetch.
        threads: Calls that one process works on at once; most of their time is waiting for FHIR servers.
        deadline_s: Seconds for one call, after which it is answered with what there is.
        max_body_bytes: Largest request body.
        models: Registry names of the models that may run; None means all of each service's.
    """

    bind: str = setting("127.0.0.1:8000", string(r"[^\s:/]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}", "host:port"))
    workers: int = setting(2, number(1, 64, whole=True))
    threads: int = setting(8, number(1, 128, whole=True))
    deadline_s: float = setting(4.0, number(0.1, 30, whole=False))
    max_body_bytes: int = setting(16 * 1024 * 1024, number(1024, 256 * 1024 * 1024, whole=True))
    models: tuple[str, ...] | None = setting(None, list_of(string(r"[a-z0-9_.\-]+", "a model name")))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerSettings:
    """[callers]: what the tokens of `[[clients]]` must keep to.

    Attributes:
        public_url: Under which clients call this service; their tokens' `aud` begins with it.
        leeway_s: How far a client's clock may be off.
        longest_token_s: How long a token may be valid.
        keys_keep_s: A client's key set is fetched anew after this time.
        keys_cooldown_s: And, whatever keys tokens name, not more often than this.
        open_beyond_loopback: True serves other machines although there are no clients, so anyone may call.
    """

    public_url: str = setting("", string(r"(https?://\S+)?", "a URL"))
    leeway_s: int = setting(30, number(0, 60, whole=True))
    longest_token_s: int = setting(300, number(30, 3600, whole=True))
    keys_keep_s: int = setting(600, number(60, 3600, whole=True))
    keys_cooldown_s: int = setting(30, number(1, 3600, whole=True))
    open_beyond_loopback: bool = setting(False, flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """[limits]: what one process takes on, and from whom all processes together take how much.

    Attributes:
        max_waiting: Calls that may wait for a thread of a process; another one is refused with 503.
        rate_per_s: Requests a second that one client may keep up with all processes on one ledger, by the
            issuer of its token, else by its address (for IPv6 the /64); beyond it 429. 0 for any number.
        rate_burst: Requests that one client may send at once after a pause.
        proxies: Proxies in front whose X-Forwarded-For is believed; with 0 the address is the connection's.
        read_s: Seconds that a client may take to send its request; then the connection ends.
        drain_s: Seconds after SIGTERM in which readiness is false and calls are still answered, so that the
            load balancer learns of it; then no new ones are, and those under way are finished.
    """

    max_waiting: int = setting(8, number(0, 10_000, whole=True))
    rate_per_s: float = setting(100.0, number(0, 100_000, whole=False))
    rate_burst: int = setting(200, number(1, 100_000, whole=True))
    proxies: int = setting(0, number(0, 5, whole=True))
    read_s: float = setting(10.0, number(0.5, 300, whole=False))
    drain_s: float = setting(2.0, number(0, 300, whole=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsSettings:
    """[operations]: how the service is watched.

    Attributes:
        bind: A second address, for /metrics and /health only, answered by a thread of its own also when
            all others are busy; keep it from clients. "" for none; health is then told at the first only.
        traces: True sends OpenTelemetry traces to OTEL_EXPORTER_OTLP_ENDPOINT; needs cuecard[otel].
    """

    bind: str = setting("127.0.0.1:9464", lambda value: _HOST_PORT(value) if value != "" else "")
    traces: bool = setting(False, flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirSettings:
    """[fhir]: where charts may be read from.

    Attributes:
        trusted_servers: https base URLs that a call may name as its fhirServer.
        allow_loopback: Also any server on this machine, over http too; for trials only.
        connect_timeout_s: Seconds for a connection; reading is bounded by the call's deadline.
        ca_file: PEM file of the certificate authorities to trust; "" for the public ones.
        labelled: What becomes of entries that their sender labelled as confidential (`meta.security`).
            "leave-out" keeps those out that are restricted, very restricted or of a sensitive kind (mental
            health, substance use, HIV ...), "leave-out-restricted" the restricted and very restricted ones,
            "use" none. Cards say how many were left out.
        servers: What is particular to single servers; see `server_settings`.
    """

    trusted_servers: tuple[str, ...] = setting((), list_of(string(r"https?://\S+", "an https URL")))
    allow_loopback: bool = setting(False, flag)
    connect_timeout_s: float = setting(2.0, number(0.05, 30, whole=False))
    ca_file: str = setting("", string(r".*", "a path"))
    labelled: Literal["leave-out", "leave-out-restricted", "use"] = setting(
        "leave-out", one_of("leave-out", "leave-out-restricted", "use")
    )
    servers: tuple[Mapping[str, Any], ...] = setting((), check_servers)

    def transport(self) -> TransportSettings:
        """The settings of the FHIR client. Raises ValueError when a server or an account is unusable."""
        return TransportSettings(
            trusted_servers=self.trusted_servers,
            allow_loopback=self.allow_loopback,
            connect_timeout_s=self.connect_timeout_s,
            ca_file=self.ca_file,
            servers=tuple(map(server_of, self.servers)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsSettings:
    """[cors]: which pages in a browser may call.

    Attributes:
        origins: Exact origins.
        allow_loopback: Also any page served from this machine; for trials only.
    """

    origins: tuple[str, ...] = setting((), list_of(origin))
    allow_loopback: bool = setting(False, flag)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LedgerSettings:
    """[ledger]: where calls, cards and feedback are kept.

    Attributes:
        url: A SQLAlchemy URL; it may hold a password, so `repr` does not show it.
    """

    url: str = setting("sqlite:///cuecard.sqlite3", _DATABASE)

    def __repr__(self) -> str:
        return f"LedgerSettings({self.url.partition(':')[0]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """[retention]: for how many days `cuecard purge` leaves things in the ledger.

    Attributes:
        audit_days: The audit; 45 CFR 164.316(b)(2) asks for six years.
        calls_days: Calls and cards; feedback on a card goes with it.
        feedback_days: What became of cards.
        comments_days: The clinicians' own words on declined cards.
    """

    audit_days: int = setting(2192, number(1, 36500, whole=True))
    calls_days: int = setting(730, number(1, 36500, whole=True))
    feedback_days: int = setting(730, number(1, 36500, whole=True))
    comments_days: int = setting(365, number(1, 36500, whole=True))

    def periods(self) -> Periods:
        """The periods of the purge."""
        return Periods(
            audit=self.audit_days,
            calls=self.calls_days,
            feedback=self.feedback_days,
            comments=self.comments_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """[alerts]: what becomes a card.

    Attributes:
        max_cards: Cards of one answer.
        repeat_after_days: A declined card stays away this long, unless it becomes more urgent.
        quiet: Keys of findings that make no card; the chart summary shows them.
    """

    max_cards: int = setting(5, number(1, 20, whole=True))
    repeat_after_days: int = setting(30, number(0, 3650, whole=True))
    quiet: tuple[str, ...] = setting(
        tuple(sorted(QUIET_KEYS)), list_of(string(r"[a-z0-9_]+", "a finding key"))
    )

    def policy(self) -> AlertPolicy:
        """The alert policy of the card builder."""
        return AlertPolicy(
            max_cards=self.max_cards,
            repeat_after_days=self.repeat_after_days,
            quiet_keys=frozenset(self.quiet),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalSection:
    """[clinical]: the site's choices among published variants; see `ClinicalSettings`.

    Attributes:
        region: "na" for the North American recalibrations of scores, "non-na" for the others.
        cardiovascular_score: "prevent" (AHA 2023) or "score2" (ESC 2021).
        score2_region: Risk region of SCORE2, by country (ESC 2021).
        stroke_score: "cha2ds2-vasc" or "cha2ds2-va" (ESC 2024).
        order_days: Older orders on the medication list count as no longer taken where duplicates and
            interactions are checked, unless their stated supply lasts.
        demonstrations: True lets models that were trained on simulated patients speak; never for care.
    """

    region: Literal["na", "non-na"] = setting("na", one_of("na", "non-na"))
    cardiovascular_score: Literal["prevent", "score2"] = setting("prevent", one_of("prevent", "score2"))
    score2_region: Literal["low", "moderate", "high", "very_high"] = setting(
        "moderate", one_of("low", "moderate", "high", "very_high")
    )
    stroke_score: Literal["cha2ds2-va", "cha2ds2-vasc"] = setting(
        "cha2ds2-vasc", one_of("cha2ds2-va", "cha2ds2-vasc")
    )
    order_days: int = setting(365, number(30, 36500, whole=True))
    demonstrations: bool = setting(False, flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """[sandbox]: for trials, never for patients.

    Attributes:
        as_of: "last-entry" reads old sample charts as of their newest entry, not as of today.
        data_quality: Whether an answer says, in `extension`, what of the chart was not used, and why.
    """

    as_of: Literal["now", "last-entry"] = setting("now", one_of("now", "last-entry"))
    data_quality: bool = setting(False, flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSettings:
    """[notes]: what of a chart's notes is read.

    Attributes:
        enabled: False reads none.
        weights: Folder with a manifest, or for torch a Hugging Face checkpoint; "" for the weights that come
            with the program.
        engine: "torch" where the folder has no model for ONNX Runtime.
        max_notes: New notes for one call, newest first; notes that were read before are not counted.
        at_once: New notes of one call that are read at a time; no more than there are cores.
        lookback_days: Older notes are left out.
        budget_share: Of `deadline_s`, so much may go into reading.
        keep_days: A reading is kept this long, so that a note is read once; its text is never kept.
        keep_most: Readings that are kept; the oldest go first.
    """

    enabled: bool = setting(True, flag)
    weights: str = setting("", string(r".*", "a path"))
    engine: Literal["onnx", "torch"] = setting("onnx", one_of("onnx", "torch"))
    max_notes: int = setting(20, number(1, 200, whole=True))
    at_once: int = setting(4, number(1, 16, whole=True))
    lookback_days: int = setting(730, number(1, 36500, whole=True))
    budget_share: float = setting(0.5, number(0.05, 0.9, whole=False))
    keep_days: int = setting(365, number(1, 3650, whole=True))
    keep_most: int = setting(50_000, number(1, 10_000_000, whole=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a deployment decides, one attribute per section of the file."""

    service: ServiceSettings = field(default_factory=ServiceSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    operations: OperationsSettings = field(default_factory=OperationsSettings)
    callers: CallerSettings = field(default_factory=CallerSettings)
    clients: tuple[Client, ...] = ()
    fhir: FhirSettings = field(default_factory=FhirSettings)
    cors: CorsSettings = field(default_factory=CorsSettings)
    ledger: LedgerSettings = field(default_factory=LedgerSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    clinical: ClinicalSection = field(default_factory=ClinicalSection)
    thresholds: Thresholds = field(default_factory=Thresholds)
    notes: NoteSettings = field(default_factory=NoteSettings)
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)

    def for_models(self) -> ClinicalSettings:
        """What the models are given."""
        return ClinicalSettings(
            region=self.clinical.region,
            cardiovascular_score=self.clinical.cardiovascular_score,
            score2_region=self.clinical.score2_region,
            stroke_score=self.clinical.stroke_score,
            order_days=self.clinical.order_days,
            demonstrations=self.clinical.demonstrations,
            thresholds=self.thresholds,
        )


_CLIENTS = "clients"
_SECTIONS: Mapping[str, type[Any]] = {
    "service": ServiceSettings,
    "limits": LimitSettings,
    "operations": OperationsSettings,
    "callers": CallerSettings,
    "fhir": FhirSettings,
    "cors": CorsSettings,
    "ledger": LedgerSettings,
    "retention": RetentionSettings,
    "alerts": AlertSettings,
    "clinical": ClinicalSection,
    "thresholds": Thresholds,
    "notes": NoteSettings,
    "sandbox": SandboxSettings,
}


def load_settings(path: Path) -> Settings:
    """Reads the settings file.

    Raises:
        SettingsError: It can't be read, is no TOML, or has faults; all of them are listed.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"{path}: can't be read ({type(error).__name__})",)) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError((f"{path}: is not TOML: {error}",)) from None
    return settings_of(document)


def settings_of(document: Mapping[str, Any]) -> Settings:
    """Checks parsed settings. Raises SettingsError with every fault."""
    faults = [f"[{name}]: unknown section" for name in document if name not in (*_SECTIONS, _CLIENTS)]
    sections = {
        name: _section(kind, document[name], name, faults)
        for name, kind in _SECTIONS.items()
        if name in document
    }
    clients = _clients(document.get(_CLIENTS, []), faults)
    settings = Settings(
        **{name: section for name, section in sections.items() if section is not None}, clients=clients
    )
    faults += [f"thresholds.{fault}" for fault in settings.thresholds.faults()]
    ports = [bind.rpartition(":")[2] for bind in (settings.service.bind, settings.operations.bind)]
    if ports[0] == ports[1]:  # what comes in is told apart by it
        faults.append("operations.bind: must have another port than service.bind")
    unset = environment.faults(document)
    faults += unset
    if not unset:
        try:
            settings.fhir.transport()
        except ValueError as error:
            faults.append(f"fhir.{error}")
    faults += _between_sections(settings)
    if faults:
        raise SettingsError(tuple(faults))
    return settings


def _clients(tables: Any, faults: list[str]) -> tuple[Client, ...]:
    if fault := check_clients(tables):
        faults.append(f"clients: {fault}")
        return ()
    return tuple(map(client_of, tables))


def _between_sections(settings: Settings) -> Iterator[str]:
    """What is right by itself and wrong together."""
    allow_loopback = settings.fhir.allow_loopback
    yield from client_faults(settings.clients, settings.fhir.trusted_servers, allow_loopback=allow_loopback)
    needed = bool(settings.clients)
    if fault := public_url_fault(settings.callers.public_url, needed=needed, allow_loopback=allow_loopback):
        yield f"callers.public_url: {fault}"
    if not settings.clients and not settings.callers.open_beyond_loopback and not _on_loopback(settings):
        yield (
            "service.bind: other machines are served only with [[clients]], whose calls are signed; "
            "callers.open_beyond_loopback = true lets anyone call"
        )
    retention = settings.retention
    if retention.feedback_days > retention.calls_days:
        yield "retention.feedback_days: must not exceed calls_days"
    if retention.feedback_days < settings.alerts.repeat_after_days:
        yield "retention.feedback_days: must reach alerts.repeat_after_days"


def _on_loopback(settings: Settings) -> bool:
    host, _, _ = settings.service.bind.rpartition(":")
    try:
        return parse_address(f"http://{host}").is_loopback
    except UntrustedServer:  # a host that nobody could call by this name
        return False


def _check_of(item: Field[Any]) -> Check:
    """How a setting is checked; a threshold of the models has its range, and points are whole."""
    if "range" not in item.metadata:
        check: Check = item.metadata["check"]
        return check
    low, high = item.metadata["range"]
    return number(low, high, whole=item.type == "int")


def _section(kind: type[T], table: object, name: str, faults: list[str]) -> T | None:
    if not isinstance(table, dict):
        faults.append(f"{name}: must be a section [{name}]")
        return None
    checks = {item.name: _check_of(item) for item in fields(kind)}  # type: ignore[arg-type]
    found = [f"{name}.{key}: unknown setting" for key in table if key not in checks]
    found += [
        f"{name}.{key}: {fault}" for key in checks if key in table and (fault := checks[key](table[key]))
    ]
    faults += found
    if found:
        return None
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in table.items()})

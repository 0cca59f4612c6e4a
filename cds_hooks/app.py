"""The HTTP edge: routes, errors and headers. Everything with a decision in it is elsewhere.

GET  /cds-services                       discovery
POST /cds-services/{id}                  a hook call
POST /cds-services/{id}/feedback         what the clinician did with cards
GET  /health/live, /health/ready         for the load balancer
GET  /openapi.json, /docs                the same addresses, described
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.middleware.proxy_fix import ProxyFix

from cds_hooks import health
from cds_hooks.discovery import discovery_json
from cds_hooks.errors import (
    BadRequest,
    CallError,
    LedgerUnavailable,
    TooManyRequests,
    Unauthorized,
    UnknownService,
    as_call_error,
)
from cds_hooks.feedback import receive
from cds_hooks.invocation import invoke
from cds_hooks.json_body import read_json
from cds_hooks.ledger.events import EndpointKind, Event, refusal_event
from cds_hooks.logs import where
from cds_hooks.openapi import DOCUMENT, PAGE, describe, html_page
from cds_hooks.platform import Platform, build_platform
from cds_hooks.protocol.feedback import parse_feedback
from cds_hooks.protocol.request import hook_of, parse_call
from cds_hooks.protocol.response import cards_json, operation_outcome
from cds_hooks.security.caller import ANYONE
from cds_hooks.security.cors import CorsPolicy
from cds_hooks.security.rates import RateLimiter, counted_address
from cds_hooks.services.registry import BoundService, ServiceRegistry
from cds_hooks.settings import Settings
from cds_hooks.still_page import still_page
from cds_hooks.telemetry import RequestAccount
from fhir_adapters.errors import FhirError

log = logging.getLogger(__name__)

# The description says what discovery says, so whoever may not ask for the one does not get the other.
_PROTECTED = re.compile(rf"/cds-services(?:/|\Z)|(?:{re.escape(DOCUMENT)}|{re.escape(PAGE)})\Z")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


def create_app(settings: Settings) -> Flask:
    """Builds the WSGI application; no connection is opened and no file written yet.

    Raises:
        RegistryError: A model can't be used.
        ServiceError: A hook service can't be used.
    """
    return app_of(build_platform(settings))


def app_of(platform: Platform) -> Flask:
    """Builds the WSGI application on parts that are already put together."""
    app = Flask("cuecard", static_folder=None)
    app.url_map.merge_slashes = False  # no address redirects to another
    cors = platform.settings.cors
    _add_headers(app, CorsPolicy(cors.origins, allow_loopback=cors.allow_loopback), platform)
    _add_gate(app, platform)
    _add_rates(app, platform)
    _add_protocol(app, platform)
    _add_health(app, platform)
    _add_description(app, platform)
    return app


def _add_gate(app: Flask, platform: Platform) -> None:
    """What is protected is answered to known callers only, and accounted for when it fails."""

    @app.before_request
    def admit() -> None:
        # A preflight carries no token; an address or a method that is not there has no rule.
        if request.url_rule is not None and _PROTECTED.match(request.path) and request.method != "OPTIONS":
            try:
                g.caller = platform.gate.admit(request.headers.get("Authorization"), request.path)
            except Unauthorized:
                _bound(platform, platform.refusals, _address())
                raise

    @app.errorhandler(Exception)
    def refuse(error: Exception) -> Response:
        refusal = as_call_error(error)
        if _must_be_accounted(refusal):
            try:
                platform.ledger.record(_refusal_event(refusal, platform.services))
            except LedgerUnavailable as unavailable:
                error = refusal = unavailable
        return _answer_error(error, refusal)


def _add_protocol(app: Flask, platform: Platform) -> None:
    discovery = orjson.dumps(discovery_json(platform.services))
    max_bytes = platform.settings.service.max_body_bytes

    @app.get("/cds-services")
    def discover() -> Response:
        return _json(discovery)

    @app.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        hooks = _hooks_of(platform.services, service_id)
        account = _account()
        account.service, account.is_call = service_id, True
        body = read_json(request, max_bytes)
        service = _service_for(hooks, body)
        hook_call = parse_call(
            body,
            prefetch_keys=service.prefetch_keys,
            allow_loopback=platform.settings.fhir.allow_loopback,
        )
        del body  # what was not asked for need not be kept until the answer
        account.watch.lap("parse")
        platform.gate.check_server(g.caller, hook_call.fhir_server)
        g.accounted = True
        answer = invoke(service, hook_call, platform, account, g.caller)
        account.indicators = tuple(built.card.indicator for built in answer.cards)
        response = _json(orjson.dumps(cards_json((built.card for built in answer.cards), answer.quality)))
        response.headers["Server-Timing"] = account.watch.header()
        return response

    @app.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        _hooks_of(platform.services, service_id)
        entries = parse_feedback(read_json(request, max_bytes))
        g.accounted = True
        receive(service_id, entries, platform.ledger, g.correlation_id, g.caller)
        acknowledged = Response(status=200)
        del acknowledged.headers["Content-Type"]  # there is no content
        return acknowledged


def _add_health(app: Flask, platform: Platform) -> None:
    @app.get("/health/live")
    def live() -> Response:
        return _json(orjson.dumps(health.live()))

    @app.get("/health/ready")
    def ready() -> Response:
        return _json(orjson.dumps(health.ready(platform)))


def _add_description(app: Flask, platform: Platform) -> None:
    document = describe(platform)
    described, page = orjson.dumps(document), html_page(document, platform)

    @app.get(DOCUMENT)
    def openapi() -> Response:
        return _json(described)

    @app.get(PAGE)
    def docs() -> Response:
        return still_page(page)


def _add_rates(app: Flask, platform: Platform) -> None:
    """Bounds how often one client may ask anything below /cds-services."""
    rates, proxies = platform.rates, platform.settings.limits.proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0)  # type: ignore[method-assign]

    @app.before_request
    def admit_rate() -> None:
        if not request.path.startswith("/health/") and request.method != "OPTIONS":
            _bound(platform, rates, _client())


def _bound(platform: Platform, rates: RateLimiter | None, client: str) -> None:
    """Counts a request; raises TooManyRequests when its client has sent too many."""
    wait_s = rates.wait_s(client) if rates is not None else 0.0
    if wait_s:
        platform.recorders.refused("rate")
        raise TooManyRequests(wait_s)


def _client() -> str:
    """Who is counted: the issuer that the request proved to come from, else the address that it came from."""
    issuer = g.caller.issuer
    return f"issuer {issuer}" if issuer else _address()


def _address() -> str:
    return f"address {counted_address(request.remote_addr)}"


def _add_headers(app: Flask, cors: CorsPolicy, platform: Platform) -> None:
    @app.before_request
    def begin() -> None:
        g.correlation_id = str(uuid4())
        g.caller = ANYONE
        g.accounted = False
        arrived = request.environ.get("cuecard.arrived", time.monotonic())
        g.account = RequestAccount(correlation_id=g.correlation_id, arrived=arrived)

    @app.after_request
    def finish(response: Response) -> Response:
        headers = response.headers
        headers["X-Correlation-ID"] = g.correlation_id
        headers["Cache-Control"] = "no-store"
        headers["X-Content-Type-Options"] = "nosniff"
        headers.extend(cors.headers(request.headers.get("Origin"), preflight=request.method == "OPTIONS"))
        account = _account()
        _complete(account, response)
        _log_answer(account)
        platform.recorders.finished(account)
        return response


def _hooks_of(services: ServiceRegistry, service_id: str) -> Mapping[str, BoundService]:
    hooks = services.hooks_of(service_id)
    if not hooks:
        raise UnknownService("there is no service of this id; GET /cds-services lists them")
    return hooks


def _service_for(hooks: Mapping[str, BoundService], body: dict[str, Any]) -> BoundService:
    service = hooks.get(hook_of(body))
    if service is None:
        raise BadRequest("hook", f"must be {' or '.join(hooks)} for this service", issue="value")
    return service


def _json(body: bytes) -> Response:
    return Response(body, mimetype="application/json")


def _must_be_accounted(refusal: CallError) -> bool:
    # Addresses that are not there are in the log only, and what can't be written can't be written twice.
    # Who calls too often must not fill the audit: the metrics count it.
    routed = request.url_rule is not None and _PROTECTED.match(request.path)
    return bool(routed) and not g.accounted and not isinstance(refusal, LedgerUnavailable | TooManyRequests)


def _refusal_event(refusal: CallError, services: ServiceRegistry) -> Event:
    asked, name = (request.view_args or {}).get("service_id"), ""
    kind: EndpointKind = "discovery"
    if asked is not None:
        kind = "feedback" if request.path.endswith("/feedback") else "call"
        # What is no service of ours may be anything, a patient's name too.
        name = asked if services.hooks_of(asked) else "unknown"
    return refusal_event(
        g.correlation_id,
        kind,
        name,
        g.caller,
        status=refusal.status,
        outcome=refusal.issue,
        reason=getattr(refusal, "reason", ""),
    )


def _answer_error(error: Exception, refusal: CallError) -> Response:
    """Answers every error of every route with an OperationOutcome."""
    if isinstance(error, FhirError):
        _account().fhir_errors.append(error.code)
    if refusal.status >= 500:
        cause = error.__cause__ or error
        log.error("call failed", extra=_named(error=type(cause).__name__, where=where(cause)))
    response = _json(orjson.dumps(operation_outcome(refusal, g.correlation_id)))
    response.status_code = refusal.status
    if isinstance(refusal, Unauthorized):
        log.warning("caller refused", extra=_named(reason=refusal.reason))
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if refusal.retry_after_s:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def _account() -> RequestAccount:
    account: RequestAccount = g.account
    return account


def _complete(account: RequestAccount, response: Response) -> None:
    # The route's template, never the address: addresses hold identifiers. Other methods than HTTP's own
    # are the client's words.
    account.route = request.url_rule.rule if request.url_rule else "none"
    account.method = request.method if request.method in _METHODS else "other"
    account.status = response.status_code
    account.elapsed_ms = round((time.monotonic() - account.arrived) * 1000, 1)


def _log_answer(account: RequestAccount) -> None:
    said: dict[str, object] = {
        "method": account.method,
        "route": account.route,
        "status": account.status,
        "elapsed_ms": account.elapsed_ms,
    }
    if account.is_call:
        said |= {"service": account.service, "stages_ms": account.watch.stages}
        said |= {"cards": len(account.indicators), "abstentions": account.abstentions.total()}
    if account.fhir_errors:
        said["fhir_errors"] = sorted(account.fhir_errors)
    log.info("answered", extra=_named(**said))


def _named(**extra: object) -> dict[str, object]:
    return {"correlation_id": g.correlation_id, **extra}

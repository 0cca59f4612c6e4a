"""The mock EHR's pages: two shells that the browser fills over FHIR REST and CDS Hooks."""

import re

from flask import Blueprint, Response, abort, render_template

from cds_hooks.sandbox.config import SandboxConfig
from cds_hooks.sandbox.note_reading import ReadNote, add_note_reading
from cds_hooks.sandbox.own_pages import answer_errors
from cds_hooks.sandbox.signing import Signer, add_signing

_FHIR_ID = re.compile(r"[A-Za-z0-9.\-]{1,64}")


def create_blueprint(
    config: SandboxConfig, *, read_note: ReadNote | None = None, signer: Signer | None = None
) -> Blueprint:
    """Builds the mock EHR: "/" lists patients, "/chart/<patient id>" is a chart, "/ehr/static" holds files.

    In the demonstration "/ehr/read-note" reads the note that a chart shows.

    Args:
        config: the addresses that the browser talks to.
        read_note: gives what a note's text asserts, as JSON, offsets in code points; None when there is no
            reader, and the page then shows notes as plain text.
        signer: signs the calls of the page; None where they are not signed.

    Returns:
        A blueprint to register without a URL prefix.
    """
    blueprint = Blueprint(
        "sandbox",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/ehr/static",
    )
    policy = content_security_policy(config)
    if config.demo:
        add_note_reading(blueprint, read_note)
    if signer:
        add_signing(blueprint, signer)
    answer_errors(blueprint)

    @blueprint.context_processor
    def signing() -> dict[str, bool]:
        return {"signs": signer is not None}

    @blueprint.get("/")
    def patients() -> str:
        return render_template("ehr/patients.html", config=config)

    @blueprint.get("/chart/<patient_id>")
    def chart(patient_id: str) -> str:
        if not _FHIR_ID.fullmatch(patient_id):
            abort(404)
        return render_template(
            "ehr/chart.html",
            config=config,
            patient_id=patient_id,
            reads_notes=config.demo and read_note is not None,
        )

    @blueprint.after_request
    def secure(response: Response) -> Response:
        return _with_headers(response, policy)

    return blueprint


def content_security_policy(config: SandboxConfig) -> str:
    """Allows the page its own files and its two servers, and nothing else.

    Chart text is hostile until shown otherwise, so scripts and styles come from files only and the browser
    itself refuses to turn a string into markup (Trusted Types); the one named policy feeds the inert parser
    that reduces HTML notes to text.

    Args:
        config: the addresses that the browser talks to.

    Returns:
        The value of the Content-Security-Policy header.
    """
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("connect-src 'self'", *config.other_origins)),
            "img-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types note-text",
        )
    )


def _with_headers(response: Response, policy: str) -> Response:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    return response

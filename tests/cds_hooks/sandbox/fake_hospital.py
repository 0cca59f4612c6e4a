"""A FHIR server and a CDS service with canned answers, so that the mock EHR can be seen in every state."""

from threading import Event
from typing import Any

from flask import Flask, Response, jsonify, request

from cds_hooks.sandbox import ReadNote, SandboxConfig, create_blueprint
from tests.cds_hooks.sandbox.canned import cards, chart, people
from tests.patience import AMPLE_S

CORRELATION = "5b1f7c1e-demo"


class FakeHospital:
    """The app, what it was told, and the resources it holds.

    Args:
        read_note: Reads the notes that a chart shows; None for an EHR without a reader.
    """

    def __init__(self, read_note: ReadNote | None = None) -> None:
        self._read_note = read_note
        self.feedback: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.feedback_status = 200
        self.slow_may_answer = Event()
        self.cards: list[dict[str, Any]] | None = None  # None: the canned ones
        self.resources: dict[str, dict[str, Any]] = {}
        for resource in (*people(), *chart("rich")):
            self.resources[f"{resource['resourceType']}/{resource['id']}"] = resource
        self.app = self._app()

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.resources.values() if each["resourceType"] == kind]

    def _app(self) -> Flask:
        app = Flask(__name__)
        app.register_blueprint(create_blueprint(SandboxConfig(fhir_base="/fhir"), read_note=self._read_note))
        app.add_url_rule("/cds-services", view_func=self._discovery)
        app.add_url_rule("/cds-services/chart-review", view_func=self._call, methods=["POST"])
        app.add_url_rule("/cds-services/chart-review/feedback", view_func=self._told, methods=["POST"])
        app.add_url_rule("/fhir/<kind>", view_func=self._search)
        app.add_url_rule("/fhir/<kind>", endpoint="create", view_func=self._create, methods=["POST"])
        app.add_url_rule("/fhir/<kind>/<identity>", view_func=self._read)
        return app

    def _discovery(self) -> Response:
        prefetch = {
            "patient": "Patient/{{context.patientId}}",
            "conditions": "Condition?patient={{context.patientId}}",
            "unknown": "Coverage?patient={{context.coverageId}}",
        }
        service = {"hook": "patient-view", "id": "chart-review", "title": "Chart review", "description": "-"}
        other = {"hook": "order-sign", "id": "orders", "title": "Orders", "description": "-"}
        return jsonify(services=[{**service, "prefetch": prefetch}, other])

    def _call(self) -> Response | tuple[Response, int, dict[str, str]]:
        call = request.get_json()
        self.calls.append(call)
        patient = call["context"]["patientId"]
        if patient == "cds-down":
            return (
                _outcome("The required Patient could not be read", "incomplete"),
                412,
                {"X-Correlation-ID": CORRELATION},
            )
        if patient == "slow":
            self.slow_may_answer.wait(AMPLE_S)
        if patient == "odd":
            return jsonify(cards=[{"summary": "x", "suggestions": 7}])
        shown = cards(patient) if self.cards is None else self.cards
        reply = jsonify(cards=[] if patient in ("quiet", "slow") else shown)
        reply.headers["Server-Timing"] = 'gather;dur=12.4;desc="reading the chart", assess;dur=3.1'
        return reply

    def _told(self) -> tuple[str, int]:
        if self.feedback_status != 200:
            return "", self.feedback_status
        self.feedback += request.get_json()["feedback"]
        return "", 200

    def _search(self, kind: str) -> Response | tuple[Response, int, dict[str, str]]:
        patient, name = request.args.get("patient"), request.args.get("name", "").lower()
        if patient == "half" and kind == "Observation":
            return (
                _outcome("The search index is being rebuilt", "transient"),
                503,
                {"X-Request-ID": CORRELATION},
            )
        found = self.of_type(kind)
        if kind == "Patient":
            found = [
                each
                for each in found
                if name in f"{each['name'][0]['given'][0]} {each['name'][0]['family']}".lower()
            ]
        else:
            found = [each for each in found if _of(each, patient)]
        return _bundle(found)

    def _read(self, kind: str, identity: str) -> Response | tuple[Response, int]:
        found = self.resources.get(f"{kind}/{identity}")
        return jsonify(found) if found else (_outcome(f"{kind} is not here", "not-found"), 404)

    def _create(self, kind: str) -> Response | tuple[Response, int]:
        resource = request.get_json()
        if resource.get("note"):
            return _outcome("The resource is not valid here", "invalid"), 422
        resource["id"] = f"new-{len(self.resources)}"
        self.resources[f"{kind}/{resource['id']}"] = resource
        return jsonify(resource), 201


def _outcome(text: str, code: str) -> Response:
    issue = {"severity": "error", "code": code, "details": {"text": text}}
    return jsonify(resourceType="OperationOutcome", issue=[issue])


def _bundle(found: list[dict[str, Any]]) -> Response:
    size, offset = int(request.args.get("_count", "50")), int(request.args.get("_offset", "0"))
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    bundle["entry"] = [{"resource": each} for each in found[offset : offset + size]]
    if offset + size < len(found):
        query = request.query_string.decode().split("&_offset")[0]
        bundle["link"] = [{"relation": "next", "url": f"{request.base_url}?{query}&_offset={offset + size}"}]
    return jsonify(bundle)


def _of(resource: dict[str, Any], patient: str | None) -> bool:
    subject = resource.get("subject") or resource.get("patient") or {}
    return subject.get("reference") == f"Patient/{patient}"

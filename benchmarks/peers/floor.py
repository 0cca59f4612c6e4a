"""The floor: Flask and orjson, which parse the request and answer one constant card."""

from __future__ import annotations

import orjson
from flask import Flask, Response, request

app = Flask(__name__)


@app.post("/cds-services/floor")
def floor() -> Response:
    """Parses the body and looks at the patient id, as the least that any service does."""
    call = orjson.loads(request.get_data())
    card = {"summary": call["context"]["patientId"], "indicator": "info", "source": {"label": "floor"}}
    return Response(orjson.dumps({"cards": [card]}), mimetype="application/json")

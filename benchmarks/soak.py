"""Many patients at once for a while, some of the calls faulty: nothing may leak, between patients or at all.

    python benchmarks/soak.py [--seconds 180] [--faults 0.05] [--at-a-time 4] [--seed 1]

Each patient's chart is sent with words of its own (canaries) in name, condition and note; one call in twenty
is broken, cut off or given up. Afterwards: an answer that names another patient's canary is a wrong card;
logs and metrics must hold none; memory, threads and open files must not have grown. Loopback only.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.serving import Server, post, serving

PATH = "/cds-services/chart-review"
FAULTS = ("truncated", "cut-off", "abandoned", "no-patient", "other-patient", "not-json")


def canary(number: int) -> str:
    """The word that stands for one patient; letters only, so that nothing takes it for a number."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:05}")
    return f"zq{letters}qz"


def call_of(number: int, rng: random.Random) -> dict[str, Any]:
    """A call whose cards quote the chart: kidney results of the patient's own, and a note."""
    word = canary(number)
    subject = {"reference": f"Patient/{word}"}
    now = datetime.now(UTC).replace(microsecond=0)
    note = f"{word} was seen. Long-standing type 2 diabetes mellitus, {word} takes metformin."
    patient = {
        "resourceType": "Patient",
        "id": word,
        "name": [{"family": word}],
        "gender": rng.choice(("female", "male")),
        "birthDate": f"{now.year - rng.randrange(40, 80)}-02-11",
    }
    observations = [
        {
            "resourceType": "Observation",
            "id": f"{word}-{n}",
            "status": "final",
            "category": [
                {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                            "code": "laboratory",
                        }
                    ]
                }
            ],
            "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
            "subject": subject,
            "effectiveDateTime": (now - timedelta(days=120 * n + 3)).isoformat(),
            "valueQuantity": {
                "value": round(rng.uniform(1.6, 3.2), 2),
                "unit": "mg/dL",
                "system": "http://unitsofmeasure.org",
                "code": "mg/dL",
            },
        }
        for n in range(3)
    ]
    document = {
        "resourceType": "DocumentReference",
        "id": f"{word}-note",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11506-3"}]},
        "subject": subject,
        "date": now.isoformat(),
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "data": base64.b64encode(note.encode()).decode(),
                }
            }
        ],
    }
    return {
        "hook": "patient-view",
        "hookInstance": str(uuid.uuid4()),
        "context": {"userId": "Practitioner/soak", "patientId": word},
        "prefetch": {
            "patient": patient,
            "conditions": None,
            "observations": _bundle(observations),
            "notes": _bundle([document]),
        },
    }


def _bundle(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources]}


async def ask(server: Server, number: int, fault: str, rng: random.Random, found: Counter[str]) -> None:
    """Sends one call, whole or faulty, and notes what came of it."""
    call = call_of(number, rng)
    if fault == "no-patient":
        call["prefetch"]["patient"] = None
    if fault == "other-patient":
        call["prefetch"]["patient"]["id"] = canary(number + 50_000)
    body = json.dumps(call).encode()
    if fault == "truncated":
        body = body[: len(body) // 2]
    if fault == "not-json":
        body = canary(number).encode() * 100
    if fault in ("cut-off", "abandoned"):
        await _leave(server, body if fault == "abandoned" else body[:-200], len(body))
        found["left by the client"] += 1
        return
    status, answer = await post(server.port, PATH, body)
    found[f"status {status}{' (faulty)' if fault else ''}"] += 1
    text = answer.decode()
    own = canary(number)
    if text.count("zq") and text.count("zq") != text.count(own):
        found["WRONG PATIENT"] += 1
    if status == 200:
        found["cards"] += text.count('"indicator"')
        found["answers that quote their patient"] += own in text
        found["FAULT ANSWERED 200"] += bool(fault)


async def _leave(server: Server, body: bytes, announced: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {announced}\r\n\r\n".encode() + body)
    await writer.drain()
    writer.close()


async def soak(server: Server, args: argparse.Namespace, found: Counter[str]) -> None:
    """Keeps so many calls under way until the time is up."""
    rng = random.Random(args.seed)
    give_up = time.monotonic() + args.seconds

    async def client() -> None:
        while time.monotonic() < give_up:
            fault = rng.choice(FAULTS) if rng.random() < args.faults else ""
            await ask(server, rng.randrange(1000), fault, rng, found)

    await asyncio.gather(*(client() for _ in range(args.at_a_time)))


def main() -> None:
    """Runs the soak and prints what it found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--faults", type=float, default=0.05)
    parser.add_argument("--at-a-time", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    found = Counter({"WRONG PATIENT": 0})
    with tempfile.TemporaryDirectory() as folder:
        with serving(Path(folder), "[limits]\nrate_per_s = 0\n") as server:
            warm = argparse.Namespace(**vars(args) | {"seconds": min(20.0, args.seconds / 4)})
            asyncio.run(soak(server, warm, Counter()))
            before = server.usage()
            asyncio.run(soak(server, args, found))
            time.sleep(1)
            after = server.usage()
            said = server.log.read_text() + server.metrics()
            waiting = [line for line in server.metrics().splitlines() if line.startswith("cuecard_calls_")]
        found["CANARIES IN LOGS AND METRICS"] = said.count("zq")
    for name, count in sorted(found.items()):
        print(f"{name:40}{count:8}")
    for name, first, last in zip(("MiB", "threads", "open files"), before, after, strict=True):
        print(f"{name + ' before, after':40}{first:8}{last:8}")
    print("\n".join(waiting[-8:]))


if __name__ == "__main__":
    main()

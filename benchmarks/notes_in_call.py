"""How long a call takes that brings notes which were never read before.

    python benchmarks/notes_in_call.py --data ../shared/data/mtsamples/mtsamples.csv.gz [--calls 40]
        [--notes 5] [--words 600]

One worker on loopback, one call after another: the reference request with its own notes, which are read
once, and with new ones in each call. All models are on. The figures belong to the machine and to the hour.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import reference_request
from benchmarks.note_engine import notes_of
from benchmarks.serving import Outcomes, Server, serving, timed

PATH = "/cds-services/chart-review"


def calls_of(texts: list[str], count: int) -> list[bytes]:
    """Calls with so many of the texts each as the patient's notes."""
    call, bodies = reference_request.build(notes=count), []
    for start in range(0, len(texts), count):
        chart = deepcopy(call)
        entries = chart["prefetch"]["notes"]["entry"]
        for entry, text in zip(entries, texts[start : start + count], strict=True):
            entry["resource"]["content"][0]["attachment"] = {
                "contentType": "text/plain",
                "data": base64.b64encode(text.encode()).decode(),
            }
        bodies.append(json.dumps(chart, separators=(",", ":")).encode())
    return bodies


async def sent(server: Server, bodies: list[bytes]) -> Outcomes:
    """One after another."""
    outcomes = Outcomes()
    for body in bodies:
        await timed(server.port, PATH, body, outcomes)
    return outcomes


def main() -> None:
    """Runs both and prints their quantiles."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--notes", type=int, default=5)
    parser.add_argument("--words", type=int, default=600)
    args = parser.parse_args()
    texts = notes_of(args.data, args.words, args.notes * (args.calls + 2))
    first, *new = calls_of(texts[: len(texts) // args.notes * args.notes], args.notes)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), "[limits]\nrate_per_s = 0\n") as server,
    ):
        asyncio.run(sent(server, [first] * 20))
        known = asyncio.run(sent(server, [first] * args.calls))
        unread = asyncio.run(sent(server, new))
    for name, outcomes in (("notes read before", known), ("new notes", unread)):
        print(
            f"{args.notes} notes of {args.words} words, {name:18} calls {dict(outcomes.statuses)}  "
            f"ms: p50 {outcomes.quantile(0.5)}  p95 {outcomes.quantile(0.95)}"
        )


if __name__ == "__main__":
    main()

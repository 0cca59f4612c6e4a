"""Requests a second and latency of one worker, beside a floor and a peer, in one run.

    python benchmarks/throughput.py                 Cuecard with models on and off, and the Flask+orjson floor
    python benchmarks/throughput.py --healthchain   also HealthChain from PyPI, in an environment of its own
    python benchmarks/throughput.py --request FILE  another request than the built-in one

Every server runs alone, one worker process, on loopback. Read the ratios; the absolute figures belong to
the machine and to the hour.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks import load, reference_request  # noqa: E402

PORT = 8765
HEALTHCHAIN = "healthchain==0.16.1"


@contextmanager
def server(command: list[str], probe: str) -> Iterator[float]:
    """Starts a server, waits until `probe` answers, yields the seconds that took, and ends it."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(probe, timeout=1).read()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - began > 60:
                    raise SystemExit(f"did not start: {' '.join(command)}") from None
                time.sleep(0.02)
        yield time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(20)


def cuecard(folder: Path, models: bool) -> list[str]:
    """The production entry with one worker and a ledger in a temporary folder."""
    config = folder / f"cuecard-{models}.toml"
    lines = ["[service]", f'bind = "127.0.0.1:{PORT}"', "workers = 1"]
    lines += [] if models else ["models = []"]
    lines += ["[ledger]", f'url = "sqlite:///{folder / f"ledger-{models}.sqlite3"}"']
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [str(Path(sys.executable).parent / "cuecard"), "serve", "--config", str(config)]


def healthchain() -> list[str]:
    """Installs the peer into an environment beside this project's and returns how to start it."""
    venv = HERE.parent / ".venv-peer"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", HEALTHCHAIN], check=True)
    uvicorn = [str(python), "-m", "uvicorn", "benchmarks.peers.healthchain_service:app"]
    return [*uvicorn, "--port", str(PORT), "--log-level", "error"]


def main() -> None:
    """Runs everything and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--request", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2, help="how often each server has its turn")
    parser.add_argument("--healthchain", action="store_true")
    args = parser.parse_args()
    call = json.loads(args.request.read_text()) if args.request else reference_request.build()
    body = json.dumps(call, separators=(",", ":")).encode()
    discharge = json.dumps({**call, "hook": "encounter-discharge"}, separators=(",", ":")).encode()
    base = f"http://127.0.0.1:{PORT}"
    gunicorn = [
        sys.executable,
        "-m",
        "gunicorn",
        "-w",
        "1",
        "-k",
        "gthread",
        "--threads",
        "8",
        "-b",
        base[7:],
    ]
    with tempfile.TemporaryDirectory() as folder:
        contenders = [
            ("floor: Flask + orjson", [*gunicorn, "benchmarks.peers.floor:app"], "floor", body, 1.0),
            ("Cuecard, models off", cuecard(Path(folder), False), "chart-review", body, 1.0),
            ("Cuecard, models on", cuecard(Path(folder), True), "chart-review", body, 1.0),
        ]
        if args.healthchain:
            command = healthchain()
            contenders.append(("HealthChain, bare", command, "bare", body, 0.5))
            contenders.append(("HealthChain, adapter", command, "adapter", discharge, 0.1))
        print(f"request {len(body) / 1024:.0f} KiB, one worker each; latency in ms")
        columns = ("start s", "alone p50", "p95", "8 in flight: req/s", "p99", "cards")
        widths = (8, 11, 8, 20, 8, 7)
        print(" " * 24 + "".join(f"{name:>{width}}" for name, width in zip(columns, widths, strict=True)))
        for round_number in range(args.rounds):
            print(f"round {round_number + 1}")
            for name, command, service, payload, share in contenders:
                count = max(40, int(args.count * share))
                with server(command, f"{base}/cds-services") as started:
                    url = f"{base}/cds-services/{service}"
                    if service in ("bare", "adapter"):
                        url = f"{base}/cds/cds-services/{service}"
                    alone = load.run(url, payload, count=max(30, count // 3), concurrency=1)
                    eight = load.run(url, payload, count=count, concurrency=8)
                errors = alone.errors + eight.errors
                print(
                    f"  {name:22}{started:8.2f}{alone.p50:11.2f}{alone.p95:8.2f}{eight.rps:20.1f}"
                    f"{eight.p99:8.1f}{eight.cards:7}" + (f"  ERRORS {errors}" if errors else "")
                )


if __name__ == "__main__":
    main()

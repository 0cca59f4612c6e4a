"""Requests a second and latency of one worker, beside a floor and a peer, in one run.

    python benchmarks/throughput.py                 Cuecard with models on and off, open and signed calls, and
                                                    the Flask+orjson floor
    python benchmarks/throughput.py --healthchain   also HealthChain from PyPI, in an environment of its own
    python benchmarks/throughput.py --request FILE  another request than the built-in one

Every server runs alone, one worker process, on loopback. Read the ratios; the absolute figures belong to
the machine and to the hour.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks import load, reference_request  # noqa: E402

PORT = 8765
PUBLIC = "https://cds.example.org"
SIGNED = "Cuecard, calls signed, models "
HEALTHCHAIN = "healthchain==0.16.1"


@contextmanager
def server(command: list[str], probe: str) -> Iterator[tuple[float, int]]:
    """Starts a server, waits until `probe` answers, yields the seconds that took and its pid, and ends it."""
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
        yield time.perf_counter() - began, process.pid
    finally:
        process.terminate()
        process.wait(20)


def cpu_s(pid: int) -> float:
    """CPU seconds of a server's workers so far: what a busy machine does not change."""
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = [Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split() for worker in workers]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


class Signer:
    """An EHR that signs its calls with ES384, the dearer of the two recommended algorithms."""

    def __init__(self, folder: Path) -> None:
        self._key = ECKey.generate_key("P-384", {"kid": "k1"})
        self.key_file = folder / "keys.json"
        self.key_file.write_text(json.dumps({"keys": [self._key.as_dict(private=False)]}))

    def settings(self) -> list[str]:
        """The lines of the settings that let this EHR call, and nobody else."""
        return [
            "[callers]",
            f'public_url = "{PUBLIC}"',
            "[[clients]]",
            'issuer = "https://ehr.example.org"',
            f'jwks_file = "{self.key_file}"',
        ]

    def token(self) -> str:
        """A token for one call."""
        now = int(time.time())
        claims = {
            "iss": "https://ehr.example.org",
            "aud": f"{PUBLIC}/cds-services/chart-review",
            "iat": now,
            "exp": now + 300,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(
            {"alg": "ES384", "typ": "JWT", "kid": "k1"}, claims, self._key, algorithms=["ES384"]
        )


def cuecard(
    folder: Path, models: bool, signer: Signer | None = None, *, rate_per_s: float = 0, ledger: str = ""
) -> list[str]:
    """The production entry with one worker; the settings come last.

    Args:
        ledger: The URL of its database; "" for a SQLite file in the folder.
    """
    name = f"{models}-{signer is not None}"
    config = folder / f"cuecard-{name}.toml"
    lines = ["[service]", f'bind = "127.0.0.1:{PORT}"', "workers = 1"]
    lines += [] if models else ["models = []"]
    lines += ["[limits]", f"rate_per_s = {rate_per_s}", "rate_burst = 100_000", "[operations]", 'bind = ""']
    lines += ["[ledger]", f'url = "{ledger or f"sqlite:///{folder}/ledger-{name}.sqlite3"}"']
    lines += signer.settings() if signer else []
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
        signer = Signer(Path(folder))
        contenders = [
            ("floor: Flask + orjson", [*gunicorn, "benchmarks.peers.floor:app"], "floor", body, 1.0),
            ("Cuecard, models off", cuecard(Path(folder), False), "chart-review", body, 1.0),
            (f"{SIGNED}off", cuecard(Path(folder), False, signer), "chart-review", body, 1.0),
            ("Cuecard, models on", cuecard(Path(folder), True), "chart-review", body, 1.0),
            (f"{SIGNED}on", cuecard(Path(folder), True, signer), "chart-review", body, 1.0),
        ]
        if args.healthchain:
            command = healthchain()
            contenders.append(("HealthChain, bare", command, "bare", body, 0.5))
            contenders.append(("HealthChain, adapter", command, "adapter", discharge, 0.1))
        print(f"request {len(body) / 1024:.0f} KiB, one worker each; latency in ms")
        columns = ("start s", "alone p50", "p95", "8 in flight: req/s", "p99", "CPU ms", "cards")
        widths = (8, 11, 8, 20, 8, 8, 7)
        print(" " * 32 + "".join(f"{name:>{width}}" for name, width in zip(columns, widths, strict=True)))
        for round_number in range(args.rounds):
            print(f"round {round_number + 1}")
            for name, command, service, payload, share in contenders:
                count = max(40, int(args.count * share))
                sign = signer.token if name.startswith(SIGNED) else None
                with server(command, f"{base}/cds-services") as (started, pid):
                    url = f"{base}/cds-services/{service}"
                    if service in ("bare", "adapter"):
                        url = f"{base}/cds/cds-services/{service}"
                    alone = load.run(url, payload, count=max(30, count // 3), concurrency=1, sign=sign)
                    before = cpu_s(pid)
                    eight = load.run(url, payload, count=count, concurrency=8, sign=sign, warmup=0)
                    cpu_ms = (cpu_s(pid) - before) / count * 1000
                errors = alone.errors + eight.errors
                print(
                    f"  {name:30}{started:8.2f}{alone.p50:11.2f}{alone.p95:8.2f}{eight.rps:20.1f}"
                    f"{eight.p99:8.1f}{cpu_ms:8.2f}{eight.cards:7}" + (f"  ERRORS {errors}" if errors else "")
                )


if __name__ == "__main__":
    main()

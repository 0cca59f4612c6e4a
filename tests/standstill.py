"""Runs a command whose processes are stopped for seconds, over and over, as a crowded host stops them.

    python tests/standstill.py [--seed N] -- python -m pytest -n 2 --dist loadfile

What fails then and not otherwise is decided by a time. All processes of the command are stopped together, or
half of them, drawn anew each time. It takes about twice as long as the command alone.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

RUNS_S, STOPS_S = (1.0, 4.0), (0.3, 2.5)


def descendants(pid: int) -> list[int]:
    """The process and all that it and they have begun, as far as they still have their parents."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                # The name before the last bracket may hold anything.
                parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
                children.setdefault(int(parent), []).append(int(folder.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """A signal to those that are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def main() -> int:
    """Runs the command; its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    chance, stops = random.Random(options.seed), 0  # noqa: S311 - no secret
    process = subprocess.Popen(options.command)
    while process.poll() is None:
        time.sleep(chance.uniform(*RUNS_S))
        pids = descendants(process.pid)
        if chance.random() < 0.5:
            pids = [pid for pid in pids if chance.random() < 0.5]
        try:
            send(pids, signal.SIGSTOP)
            time.sleep(chance.uniform(*STOPS_S))
        finally:
            send(pids, signal.SIGCONT)
        stops += 1
    sys.stderr.write(f"stopped {stops} times\n")
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())

"""A command that is stopped again and again notices it, and its exit status comes through."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).with_name("standstill.py")
# Begins a process that ends when it has stood still, and ends with a status of its own after it.
NOTICES = """
import subprocess, sys
stood_still = '''
import time
before = time.monotonic()
while (now := time.monotonic()) < before + 0.25:
    before = now
    time.sleep(0.01)
'''
subprocess.run([sys.executable, "-c", stood_still], check=True)
sys.exit(7)
"""


def test_what_the_command_began_is_stopped_and_goes_on() -> None:
    command = [sys.executable, str(TOOL), "--", sys.executable, "-c", NOTICES]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert done.stderr.startswith("stopped ")

"""Which tests there are, as pytest itself collects them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

from tests.promises.rows import ROOT, Row


def collected(rows: Iterable[Row]) -> set[str]:
    """`path::function` of every test that pytest collects from the files that the rows name.

    A file that is not there is passed over: its tests are then missing from the answer.

    Raises:
        RuntimeError: A file can't be collected; says what pytest said.
    """
    named = {test.partition("::")[0] for row in rows for test in row.tests}
    files = sorted(f"tests/{name}" for name in named if (ROOT / "tests" / name).is_file())
    command = [sys.executable, "-m", "pytest", "--collect-only", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    lines = (line for line in done.stdout.splitlines() if "::" in line)
    return {line.partition("[")[0].removeprefix("tests/") for line in lines}

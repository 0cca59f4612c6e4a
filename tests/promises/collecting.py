"""Which tests there are, as pytest itself collects them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterable

from tests.promises.rows import ROOT


def collected(named: Iterable[str], known: Collection[str] = ()) -> set[str]:
    """`path::function` of every test that pytest collects from the files of the named tests.

    A file that is not there is passed over: its tests are then missing from the answer.

    Args:
        named: Of tests, as a table names them.
        known: Node ids that this run of pytest has collected; only files of other tests are looked at.

    Raises:
        RuntimeError: A file can't be collected; says what pytest said.
    """
    found = {_name(each) for each in known}
    others = {f"tests/{each.partition('::')[0]}" for each in named if each not in found}
    files = sorted(name for name in others if (ROOT / name).is_file())
    if not files:
        return found
    command = [sys.executable, "-m", "pytest", "--collect-only", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return found | {_name(line) for line in done.stdout.splitlines() if "::" in line}


def _name(node: str) -> str:
    """The function of a node id, without parameters and the folder of all tests."""
    return node.partition("[")[0].removeprefix("tests/")

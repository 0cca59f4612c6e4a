"""Servers of somebody else's making come from npm: what a lock file names is installed when first needed."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

_OLDEST_NODE = (20, 19)
_INSTALL_S = 90


class MissingServerError(RuntimeError):
    """The server can't be had here; the text says why."""


def install(folder: Path) -> None:
    """Installs what a folder's lock file names, once for each lock file.

    Raises:
        MissingServerError: There is no node of the right age, no npm, or no registry.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise MissingServerError("node and npm are not installed")
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    version = tuple(int(part) for part in found.strip().removeprefix("v").split(".")[:2])
    if version < _OLDEST_NODE:
        raise MissingServerError(f"node {found.strip()} is too old")
    with (folder / "package-lock.json").open("rb") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)  # tests run in several processes
        _install(npm, folder, hashlib.sha256(lock_file.read()).hexdigest())


def _install(npm: str, folder: Path, lock: str) -> None:
    stamp = folder / "node_modules" / ".installed-lock"
    if stamp.exists() and stamp.read_text() == lock:
        return
    command = [npm, "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=_INSTALL_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise MissingServerError(f"npm could not install what {folder.name} needs") from None
    stamp.write_text(lock)

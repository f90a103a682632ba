"""Short-lived directories in the machine's temporary folder, swept when their owner died.

A socket path may have 107 bytes at most and a checkout may lie deeper than that, so sockets live here.
"""

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from deployment.launcher import processes

PREFIX = "luckygas-"
_LONGEST = 40
"""Bytes a temporary folder's path may have: the socket's name and ours still fit into 107."""


def base() -> Path:
    """The first short, writable temporary folder."""
    for text in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 (mkdtemp below it)
        if len(os.fsencode(text)) <= _LONGEST and os.access(text, os.W_OK | os.X_OK):
            return Path(text)
    return Path(tempfile.gettempdir())


def make(kind: str, parent: Path | None = None) -> Path:
    """A new directory that belongs to this process; other users may pass through it but not list it."""
    parent = parent or base()
    sweep(parent)
    path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-", dir=parent))
    (path / "owner").write_text(f"{os.getpid()} {processes.ticks(os.getpid())}\n")
    path.chmod(0o711)
    return path


def remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def sweep(parent: Path) -> list[Path]:
    """Remove directories of ours whose owner is dead; the removed ones."""
    gone = []
    for path in parent.glob(PREFIX + "*-*"):
        try:
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                continue
            pid, started = (path / "owner").read_text().split()
        except (FileNotFoundError, ValueError):
            continue  # not ours, or just being made
        if not processes.alive(int(pid), int(started)):
            _let_go(path)
            remove(path)
            gone.append(path)
    return gone


def _let_go(path: Path) -> None:
    """Give servers of a killed owner, which got their death signal, the moment they need to end."""
    directories = list(path.glob("*/data"))
    for _ in range(50):
        if not any(processes.working_in(directory) for directory in directories):
            return
        time.sleep(0.1)

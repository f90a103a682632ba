"""What one launcher tells the others: who runs, where the servers are, who still uses them."""

import fcntl
import json
import os
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deployment.launcher import processes
from deployment.launcher.paths import RUN

SERVERS = RUN / "servers.env"
_PID, _TICKS = "LUCKYGAS_LAUNCHER_PID", "LUCKYGAS_LAUNCHER_TICKS"


def write_servers(settings: Mapping[str, str], path: Path = SERVERS) -> None:
    """Write the settings by which programs find the running servers; a shell can source the file too."""
    mine = {**settings, _PID: str(os.getpid()), _TICKS: str(processes.ticks(os.getpid()))}
    text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in mine.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".new")
    half.touch(mode=0o600)
    half.write_text(text)
    half.replace(path)


def read_servers(path: Path = SERVERS) -> dict[str, str] | None:
    """The settings of the running servers; None when none run (also when their launcher was killed)."""
    try:
        words = shlex.split(path.read_text(), comments=True)
    except FileNotFoundError:
        return None
    settings = dict(word.split("=", 1) for word in words)
    started = settings.pop(_TICKS, "")
    pid = settings.pop(_PID, "")
    if not (pid.isdigit() and started.isdigit() and processes.alive(int(pid), int(started))):
        return None
    return settings


def forget_servers(path: Path = SERVERS) -> None:
    path.unlink(missing_ok=True)


class Lock:
    """The one launcher of a checkout that owns the private servers. Freed by the kernel however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Take it if it is free; whether it is ours now."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._file = handle
        self.note()
        return True

    @property
    def mine(self) -> bool:
        return self._file is not None

    def note(self, **facts: Any) -> None:
        """Write down for others what the holder is doing."""
        assert self._file is not None
        text = json.dumps({"pid": os.getpid(), **facts}) + "\n"
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text.encode(), 0)

    def holder(self) -> dict[str, Any]:
        """What the present holder noted; empty while it is just taking the lock."""
        try:
            return dict(json.loads(self.path.read_text()))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def free(self) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


@contextmanager
def using(path: Path = RUN / "users.lock") -> Iterator[None]:
    """Say that this process uses another launcher's servers, which then waits before stopping them."""
    handle = _open(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def unused(path: Path = RUN / "users.lock", *, seconds: float = 0.0) -> bool:
    """Whether no other process uses the servers, waiting for that at most so long."""
    handle = _open(path)
    deadline = time.monotonic() + seconds
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.2)
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

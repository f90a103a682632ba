"""Child processes that cannot outlive the launcher, and who is alive.

Linux only: the parent-death signal of prctl(2) and /proc. The signal fires when the *thread* that forked
ends, so everything here is called from the main thread.
"""

import ctypes
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def die_with_parent(sig: int = signal.SIGTERM, nice: int = 0) -> Callable[[], None]:
    """A preexec function: the child gets `sig` when its parent dies, however that happens."""
    parent = os.getpid()

    def preexec() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)
        if nice:
            os.nice(nice)

    return preexec


def follow_parent(sig: int = signal.SIGTERM) -> None:
    """Let this process itself get `sig` when its parent dies (the launcher below make)."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path = "/",
    log: Path | None = None,
    death: int = signal.SIGTERM,
    nice: int = 0,
    session: bool = True,
    **popen: Any,
) -> "subprocess.Popen[bytes]":
    """Start a process that dies with the launcher.

    Its output is appended to `log` (inherited when None). `session` gives it a session of its own, so that a
    Ctrl-C at the terminal reaches only the launcher, which then stops everything in order.
    """
    output: dict[str, Any] = {}
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        output = {"stdout": log.open("ab"), "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    output.update(popen)
    try:
        return subprocess.Popen(
            list(argv),
            env=None if env is None else dict(env),
            cwd=str(cwd),
            start_new_session=session,
            preexec_fn=die_with_parent(death, nice),
            **output,
        )
    finally:
        if log is not None:
            output["stdout"].close()


def stop(process: "subprocess.Popen[bytes]", sig: int = signal.SIGTERM, grace: float = 10.0) -> int:
    """End a process of its own session, by force after `grace` seconds, with its grandchildren; its code."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
    kill_group(process.pid)
    return process.wait()


def kill_group(pid: int) -> None:
    """Kill what is left of the process group led by `pid`, never our own."""
    if pid == os.getpgrp():
        return
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None when it is gone or a zombie.

    In a container the first process may not reap: dead children stay as zombies for ever, and kill(pid, 0)
    takes them for living.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def alive(pid: int, started: int | None = None) -> bool:
    """Whether the process runs; with `started` (of `ticks`), whether it is still the same one."""
    now = ticks(pid)
    return now is not None and (started is None or now == started)


def working_in(directory: Path) -> list[int]:
    """Ids of the living processes whose current directory is `directory`."""
    found = []
    wanted = str(directory.resolve())
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                cwd = str((entry / "cwd").readlink())
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if cwd == wanted and alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def free_port(first: int = 0, last: int = 0) -> int:
    """A port nobody listens on at 127.0.0.1: the first free one from `first` to `last`, or any.

    Raises OSError when all of the range is taken.
    """
    error: OSError = OSError(f"no free port from {first} to {last}")
    for port in range(first, max(first, last) + 1):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as taken:
                error = taken
                continue
            return int(probe.getsockname()[1])
    raise error

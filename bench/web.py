"""Gunicorn with the house's own settings and two sync workers, serving one application."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.commands import Failed
from bench.load import arrive
from tests.workday.company import ROOT

WORKERS = 2


@dataclass(frozen=True)
class Web:
    """A running server: where it listens, and its first process."""

    port: int
    pid: int

    def cpu(self) -> float:
        """CPU seconds of its workers so far, as the kernel counts them; what else runs on the machine changes them
        little."""
        return sum(sum(worker.cpu_times()[:2]) for worker in psutil.Process(self.pid).children())


@contextmanager
def serving(application: str, env: Mapping[str, str], log: Path, *, probe: str) -> Iterator[Web]:
    """The server, once ``probe`` answers 200."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    own = {
        "LUCKYGAS_BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": str(WORKERS),
        "LUCKYGAS_LOG_LEVEL": "INFO",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "deployment/gunicorn.py", application]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**env, **own}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait(process, port, probe, log)
        yield Web(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, probe: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if arrive(port, [probe], [{}], rate=1, seconds=1)[0].status == 200:
            return
        time.sleep(0.2)
    raise Failed(f"{log.name}: no answer to {probe}:\n{log.read_text(errors='replace')[-3000:]}")

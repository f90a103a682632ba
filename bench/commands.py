"""A command as a process of its own, with its time and its memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Failed(Exception):
    """A command that should have succeeded; the message holds the end of its output."""


@dataclass(frozen=True)
class Run:
    """``seconds`` on the wall, ``cpu`` of the process alone (its database server's are not in it); ``peak_mb`` the
    largest resident size it ever had, as the kernel counted it."""

    seconds: float
    cpu: float
    peak_mb: float
    output: str


def run(words: Sequence[str], env: Mapping[str, str], folder: Path) -> Run:
    """Run it to its end; Failed when it did not succeed."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(words, cwd=folder, env=dict(env), stdout=output, stderr=subprocess.STDOUT)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        raise Failed(f"{' '.join(words)} ended with {process.returncode}:\n{text[-3000:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)

"""A small checkout of its own for tests of the launcher: the real package, somewhere else."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deployment.launcher.paths import ROOT

AWKWARD = "瓦斯 行/" + "很長的路徑 with spaces/" * 4
"""Spaces, Chinese and more bytes than a socket path may have."""

started: "list[subprocess.Popen[str]]" = []


def checkout(parent: Path, name: str = "checkout") -> Path:
    """A directory with the launcher, what it reads of the project and manage.py, and nothing running."""
    root = parent / name
    root.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", "tests", "messages", "checks")
    shutil.copytree(ROOT / "deployment", root / "deployment", ignore=ignored)
    shutil.copy(ROOT / "manage.py", root)
    (root / "luckygas").mkdir()
    for name in ("__init__.py", "queues.py"):
        shutil.copy(ROOT / "luckygas" / name, root / "luckygas")
    return root


def house(parent: Path, name: str = "checkout") -> Path:
    """A directory with everything that runs, without tests and without a virtual environment of its own."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "tests", "bench", "docs")
    shutil.copytree(ROOT, parent / name, ignore=ignored)
    return parent / name


def environment(**more: str) -> dict[str, str]:
    """Ours without the servers of the test run, so that private ones start."""
    ours = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "LUCKYGAS_DATA_DIR", "PYTHONPATH")
    return {**{name: value for name, value in os.environ.items() if name not in ours}, **more}


def start(root: Path, script: str, **more: str) -> "subprocess.Popen[str]":
    """Run Python code in a checkout; it prints what the test waits for."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", script],
        cwd=root,
        env=environment(**more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    started.append(process)
    return process


def end_all() -> None:
    """Kill what a failed test left running."""
    while started:
        started.pop().kill()


def line(process: "subprocess.Popen[Any]") -> Any:
    """The next line a process of a pipe says."""
    assert process.stdout is not None
    return process.stdout.readline()


def rest(process: "subprocess.Popen[Any]") -> str:
    """What it says from here to its end."""
    assert process.stdout is not None
    return str(process.stdout.read())


def run(root: Path, script: str, **more: str) -> str:
    process = start(root, script, **more)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return true()


def using(text: str) -> list[str]:
    """The command lines of living processes that mention a path."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if text in line:
                found.append(line.strip())
    return found

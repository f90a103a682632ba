"""On what a figure was measured; without that it means nothing."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent


def describe(address: str) -> dict[str, str]:
    """The machine, the moment, the code and the database server behind ``address``."""
    with psycopg.connect(address) as connection:
        server = connection.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'),"
            " current_setting('synchronous_commit'), current_setting('shared_buffers')"
        ).fetchone()
    assert server is not None
    return {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "load": load(),
        "python": platform.python_version(),
        "postgres": f"{server[0]}, fsync {server[1]}, synchronous_commit {server[2]}, shared_buffers {server[3]}",
        "commit": _commit(),
    }


def load() -> str:
    """Load averages of 1, 5 and 15 minutes."""
    return " / ".join(f"{value:.1f}" for value in os.getloadavg())


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    def git(*words: str) -> str:
        run = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return run.stdout.strip() if run.returncode == 0 else ""

    head = git("rev-parse", "--short=10", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/performance*")
    return (head or "unknown") + (", with changes" if changed else "")

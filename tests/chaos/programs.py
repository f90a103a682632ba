"""The company's programs as the launcher starts them, watched and started again by the test."""

from __future__ import annotations

import http.client
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import redis

from deployment.launcher import processes
from deployment.launcher.company import program_children
from deployment.launcher.supervisor import Child
from tests.chaos.killer import Killer
from tests.workday.company import Company
from tests.workday.test_run_day import MONDAY

READY_SECONDS = 120.0


def eventually(true: Callable[[], object], what: str, seconds: float = 120.0) -> None:
    """Wait for something that has to come true; the assertion says what did not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


def stand(company: Company, time_of_day: str) -> None:
    """It is that time on Monday, for every process, and goes on from there."""
    company.execute(
        """INSERT INTO core_simulatedclock (id, frozen_at, shift)
           VALUES (1, NULL, %(at)s::timestamptz - clock_timestamp())
           ON CONFLICT (id) DO UPDATE SET frozen_at = NULL, shift = excluded.shift""",
        {"at": f"{MONDAY} {time_of_day}+08"},
    )


class Programs:
    """Web, live process, workers, solver and beat of one company, on a port of their own."""

    def __init__(self, company: Company, windows: Path) -> None:
        self.company = company
        self.port = processes.free_port()
        self.logs = company.folder / "logs"
        own = {
            "LUCKYGAS_BIND": f"127.0.0.1:{self.port}",
            "LUCKYGAS_PUBLIC_URL": f"http://127.0.0.1:{self.port}",  # where receipts of messages come back
            "LUCKYGAS_LIVE_BIND": f"127.0.0.1:{processes.free_port()}",
            "LUCKYGAS_WINDOWS": str(windows),
            "LUCKYGAS_API_RATE": "100000/min",
            "WEB_CONCURRENCY": "2",
            "PYTHONUNBUFFERED": "1",
        }
        children = program_children({**company.env, **own}, logs=self.logs, beat=company.folder / "beat.db")
        self.children: dict[str, Child] = {child.name: child for child in children}

    def start(self) -> None:
        """An empty Redis, so that no task of an earlier company is found in it; then everything."""
        redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
        for child in self.children.values():
            child.launch()
        eventually(self.is_ready, f"/readyz\n{self.tail('web')}", READY_SECONDS)

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self, name: str) -> Callable[[int], None]:
        """Kill a whole program by its main process; start it again as the supervisor does."""

        def strike(_inside: int) -> None:
            child = self.children[name]
            assert child.process is not None
            child.process.kill()
            child.process.wait()
            processes.kill_group(child.process.pid)
            starts = self.starts(name)
            child.launch()
            if name in ("worker", "solver"):
                eventually(lambda: self.starts(name) > starts, f"{name} is ready\n{self.tail(name)}")

        return strike

    def starts(self, name: str) -> int:
        """How often a worker listed its tasks, the last thing it does before it works."""
        log = self.logs / f"{name}.log"
        return log.read_text(errors="replace").count("[tasks]") if log.exists() else 0

    def stop(self) -> None:
        """Kill everything that is left."""
        for child in self.children.values():
            if child.process is not None:
                processes.stop(child.process, signal.SIGKILL)

    def tail(self, name: str) -> str:
        log = self.logs / f"{name}.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""


def kill_it(inside: int) -> None:
    """Kill the very process inside the window; whoever leads it starts another one."""
    os.kill(inside, signal.SIGKILL)


def kill_run_day(company: Company, killer: Killer, step: str, words: Sequence[str]) -> bool:
    """Start the command and kill it inside that step; False when the step was over before."""
    running = company.begin(*words, LUCKYGAS_WINDOWS=str(killer.folder))

    def kill(_inside: int) -> None:
        running.kill()
        running.wait()

    try:
        return killer.once("run_day", f"run_day {step}", kill, is_over=lambda: running.poll() is not None)
    finally:
        running.kill()
        running.communicate()

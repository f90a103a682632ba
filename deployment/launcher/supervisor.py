"""One supervisor for everything a demo runs: starts in stages, starts again what dies, stops in reverse.

Each child has a session of its own and a parent-death signal, so that neither a Ctrl-C nor a kill -9 of the
launcher leaves a process behind.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deployment.launcher import processes
from deployment.launcher.talk import Problem, say

STEADY = 60.0
"""Seconds after which a child counts as steady, and its next death as a first one."""
LONGEST_PAUSE = 30.0


@dataclass
class Child:
    """One program that has to run: how it is started, how it is asked to stop and how long that may take."""

    name: str
    start: Callable[[], "subprocess.Popen[bytes]"]
    stop_signal: int = signal.SIGTERM
    grace: float = 10.0
    process: "subprocess.Popen[bytes] | None" = None
    deaths: int = 0
    started: float = 0.0
    due: float | None = field(default=None)

    def launch(self) -> None:
        self.process = self.start()
        self.started = time.monotonic()
        self.due = None


class Supervisor:
    """Children in stages: a later stage needs the earlier ones, so it starts after and stops before them."""

    def __init__(self, tell: Callable[[str], None] = say) -> None:
        self.stages: list[list[Child]] = []
        self.tell = tell

    def start(self, children: Iterable[Child]) -> None:
        """Start one more stage."""
        stage: list[Child] = []
        self.stages.append(stage)
        for child in children:
            stage.append(child)
            child.launch()

    def children(self) -> list[Child]:
        return [child for stage in self.stages for child in stage]

    def watch(self) -> None:
        """Look once at every child; start again those that died and waited long enough."""
        now = time.monotonic()
        for child in self.children():
            if child.due is not None:
                if now >= child.due:
                    self._relaunch(child)
            elif child.process is not None and child.process.poll() is not None:
                self._died(child, now)

    def _died(self, child: Child, now: float) -> None:
        assert child.process is not None
        processes.kill_group(child.process.pid)
        if now - child.started > STEADY:
            child.deaths = 0
        pause = min(2.0**child.deaths, LONGEST_PAUSE)
        child.deaths += 1
        child.due = now + pause
        code = child.process.returncode
        how = f"signal {-code}" if code < 0 else f"exit {code}"
        self.tell(f"! {child.name} ended by itself ({how}); starting it again in {pause:.0f} s")

    def _relaunch(self, child: Child) -> None:
        try:
            child.launch()
        except Problem as problem:
            pause = min(2.0**child.deaths, LONGEST_PAUSE)
            child.deaths += 1
            child.due = time.monotonic() + pause
            self.tell(f"! {child.name} did not start, next try in {pause:.0f} s: {problem}")

    def run(self, argv: Sequence[str], *, env: dict[str, str], cwd: Path, log: Path | None = None) -> int:
        """Run a command to its end while the children are watched; its exit code."""
        process = processes.spawn(argv, env=env, cwd=cwd, log=log, stdin=subprocess.DEVNULL)
        try:
            while process.poll() is None:
                self.watch()
                time.sleep(0.05)
            return process.returncode
        finally:
            processes.stop(process)

    def stop(self) -> None:
        """Stop stage by stage, the last started first; within a stage all are asked at once."""
        for stage in reversed(self.stages):
            living = [child for child in stage if child.process is not None and child.process.poll() is None]
            for child in living:
                assert child.process is not None
                child.process.send_signal(child.stop_signal)
            deadline = time.monotonic() + max((child.grace for child in living), default=0.0)
            while any(child.process and child.process.poll() is None for child in living):
                if time.monotonic() >= deadline:
                    break
                time.sleep(0.05)
            for child in stage:
                if child.process is not None:
                    if child.process.poll() is None:
                        self.tell(f"! {child.name} did not stop within {child.grace:.0f} s and was killed")
                    processes.stop(child.process, signal.SIGKILL)
                    child.process, child.due = None, None
        self.stages.clear()

"""``kill -9`` at random moments inside the windows that ``luckygas.core.windows`` marks, and the table of hits."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deployment.launcher import processes
from luckygas.core.windows import file_of

#: Seconds a process stays at the chosen moment; the kill comes within a little more than that.
LINGER = 0.3
KILLS = int(os.environ.get("KILLS", "18"))
SEED = int(os.environ.get("CHAOS_SEED", "20261123"))

Kill = Callable[[int], None]
_table: Counter[tuple[str, str]] = Counter()


def table() -> list[str]:
    """Everything hit so far in this run of the tests: process, window, kills."""
    rows = [f"{process:<18} {window:<44} {count:>5}" for (process, window), count in sorted(_table.items())]
    return [f"{'process':<18} {'window':<44} {'kills':>5}", *rows, f"{'':<63} {sum(_table.values()):>5}"]


class Killer:
    """Strikes in one folder of windows; every draw comes from the seed."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.chance = random.Random(f"{SEED}:{name}")
        folder.mkdir(parents=True, exist_ok=True)

    def strike(self, process: str, window: str, kill: Kill, *, tries: int = 4, **how: Any) -> None:
        """Kill until one kill hit the window; see `once`."""
        for _try in range(tries):
            if self.once(process, window, kill, **how):
                return
        raise AssertionError(f"{process} was never hit in {window!r}")

    def once(
        self,
        process: str,
        window: str,
        kill: Kill,
        *,
        statements: int = 30,
        linger: float = LINGER,
        patience: float = 120.0,
        is_over: Callable[[], bool] = lambda: False,
        ends_gently: bool = False,
    ) -> bool:
        """Wait for somebody in the window and kill; whether that process died before the window closed.

        ``kill`` gets the id of the process inside and ends it, or the process that it depends on. The moment
        is before one of the first ``statements`` of SQL, and then up to ``LINGER`` seconds and a fifth later;
        who must not come out of the window by then stays longer.
        False also when ``is_over`` says that nobody will come any more. ``ends_gently``: the process inside is
        asked to end when the victim dies and may finish first, so that the window only has to be open at the kill.
        """
        armed, opened = (self.folder / f"{file_of(window)}.{end}" for end in ("armed", "open"))
        opened.unlink(missing_ok=True)
        half = armed.with_suffix(".half")
        half.write_text(f"{self.chance.randrange(statements)} {linger}")
        half.rename(armed)
        try:
            if not self._opened(opened, window, patience, is_over):
                return False
            inside = int(opened.read_text())
        except FileNotFoundError:  # it closed between two looks
            return False
        finally:
            armed.unlink(missing_ok=True)
        time.sleep(self.chance.uniform(0, LINGER * 1.2))
        was_open = opened.exists()
        kill(inside)
        deadline = time.monotonic() + 10
        while processes.alive(inside):
            assert time.monotonic() < deadline, f"{process}: {inside} outlived the kill in {window!r}"
            time.sleep(0.005)
        hit = was_open if ends_gently else opened.exists()
        opened.unlink(missing_ok=True)
        if hit:
            _table[(process, window)] += 1
        return hit

    @staticmethod
    def _opened(opened: Path, window: str, patience: float, is_over: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + patience
        while not opened.exists():
            if is_over():
                return False
            assert time.monotonic() < deadline, f"nobody came through {window!r} within {patience:.0f} s"
            time.sleep(0.001)
        return True

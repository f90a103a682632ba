"""`make test`, `test-slow` and `e2e`: pytest with servers of its own, beside a running demo."""

import os
import shlex
import shutil
import signal

from deployment.launcher import processes
from deployment.launcher.environment import set_up
from deployment.launcher.paths import ROOT
from deployment.launcher.servers import python
from deployment.launcher.talk import Problem, say

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def test() -> int:
    return _pytest(["-m", "not slow and not e2e", "-n", str(_cores())])


def test_slow() -> int:
    """One by one to whoever is free: the long ones mostly wait for the programs they started."""
    return _pytest(["-m", "slow and not e2e", "-n", str(_cores()), "--maxschedchunk=1"])


def e2e() -> int:
    """A process of its own: Playwright needs Django's guard against event loops off, process-wide."""
    browser = os.environ.get("LUCKYGAS_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        message = "No Chromium on this machine (Debian: apt install chromium): no browser test was run."
        if os.environ.get("CI"):
            raise Problem(message)
        say(message)
        return 0
    chosen = [] if any("tests/e2e" in word for word in _arguments()) else ["tests/e2e"]
    return _pytest([*chosen, "-m", "e2e"], LUCKYGAS_CHROMIUM=browser)


def _arguments() -> list[str]:
    """What ``ARGS`` has for pytest."""
    return shlex.split(os.environ.get("ARGS", ""))


def _cores() -> int:
    return max(2, min(len(os.sched_getaffinity(0)), 8))


def _pytest(words: list[str], **more: str) -> int:
    set_up()
    process = processes.spawn(
        [python(), "-m", "pytest", *words, *_arguments()],
        env={**os.environ, "PYTHONUTF8": "1", **more},
        cwd=ROOT,
    )
    try:
        return process.wait()
    finally:
        processes.stop(process, signal.SIGINT)

"""A running sandbox for tests: a real process on loopback, in a directory of its own.

``pytest_plugins = ["sandbox.testing"]`` (or an import of the fixture) gives ``sandbox``; `start` is for
tests that need two of them, a kill, or a directory that outlives the process.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from xml.etree import ElementTree

import pytest

from sandbox.control import Control, ControlError
from sandbox.einvoice.messages import KINDS

ROOT = Path(__file__).resolve().parent.parent
Found = TypeVar("Found")


def eventually(look: Callable[[], Found], *, seconds: float = 120.0) -> Found:
    """The first true answer of ``look``; AssertionError with the last answer when none comes in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s; last answer {found!r}"
        time.sleep(0.01)


class RunningSandbox(Control):
    """The process, its control API and the e-invoice platform's folders."""

    def __init__(self, directory: Path, process: "subprocess.Popen[str]") -> None:
        super().__init__(directory)
        self.directory = directory
        self.process = process
        self.einvoice = directory / "einvoice"

    def stop(self) -> int:
        """SIGTERM, wait; the exit code (0 after an orderly stop)."""
        self.process.terminate()
        return self._ended()

    def kill(self) -> None:
        """``kill -9``."""
        self.process.send_signal(signal.SIGKILL)
        self._ended()

    def _ended(self) -> int:
        code = self.process.wait(120)
        if self.process.stdin is not None:
            self.process.stdin.close()
        return code

    # -- the e-invoice platform

    def src(self, code: str) -> Path:
        """The folder where messages of this type are dropped."""
        return self.einvoice / "UpCast" / KINDS[code].folder / "SRC"

    def drop(self, code: str, name: str, data: bytes) -> Path:
        """Drop a message as a client has to: another name first, then a rename."""
        path = self.src(code) / name
        half = path.with_name(f"{name}.tmp")
        half.write_bytes(data)
        return half.rename(path)

    def files(self, *below: str) -> list[Path]:
        """All whole files below a folder of the gateway, sorted by path."""
        return sorted(
            path
            for path in self.einvoice.joinpath(*below).rglob("*")
            if path.is_file() and not path.name.startswith(".")
        )

    def results(self) -> list[dict[str, str]]:
        """The readable ProcessResults in the order of their files: the first Info of each as a dict,
        with ``MessageType`` and ``path`` beside it."""
        answers = []
        for path in self.files("Unpack", "BAK", "ProcessResult"):
            try:
                root = ElementTree.fromstring(path.read_bytes())  # noqa: S314 - our own process wrote it
            except ElementTree.ParseError:
                continue
            namespace = {"r": "urn:GEINV:ProcessResult:4.1"}
            info = root.find("r:Result/r:Info", namespace)
            if info is not None:
                answer = {child.tag.partition("}")[2]: child.text or "" for child in info}
                answer["MessageType"] = root.findtext("r:MessageInfo/r:MessageType", "", namespace)
                answer["path"] = str(path)
                answers.append(answer)
        return answers

    def wait_for_results(self, count: int, *, seconds: float = 120.0) -> list[dict[str, str]]:
        """The ProcessResults as soon as there are at least ``count``."""
        return eventually(lambda: found if len(found := self.results()) >= count else [], seconds=seconds)

    def message(self, match: str) -> dict[str, Any]:
        """The newest row of the gateway's log whose document or file name contains ``match``."""
        return eventually(lambda: self.messages(match, 1))[0]

    def wait_idle(self, *, seconds: float = 120.0) -> dict[str, Any]:
        """The platform's state once nothing waits in SRC and no answer is pending."""

        def idle() -> dict[str, Any]:
            state: dict[str, Any] = self.state()["parties"]["einvoice"]
            busy = any(state["waiting"].values()) or state["result_state"].get("pending")
            return {} if busy else state

        return eventually(idle, seconds=seconds)


def start(
    directory: Path,
    *options: str,
    parties: tuple[str, ...] = ("einvoice",),
    poll: float = 0.02,
    env: Mapping[str, str] | None = None,
) -> RunningSandbox:
    """Start a sandbox on a directory and wait until it answers (no ``parties``: every one). It ends with its starter.

    ``env`` adds to the environment; without it DATABASE_URL is left out, so the clock is real.
    """
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    command = [sys.executable, "-m", "sandbox", "--dir", str(directory), "--poll", str(poll)]
    command += ["--stop-with-stdin", *options]
    for party in parties:
        command += ["--party", party]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**environment, **(env or {})}, stdin=subprocess.PIPE, text=True
    )

    def answers() -> RunningSandbox | None:
        assert process.poll() is None, f"the sandbox ended at once with exit code {process.returncode}"
        try:
            running = RunningSandbox(directory, process)
            return running if running.state()["pid"] == process.pid else None
        except ControlError:
            return None

    running = eventually(answers)
    assert running is not None
    return running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    """The e-invoice platform alone, fresh, real clock."""
    running = start(tmp_path / "sandbox")
    yield running
    if running.process.poll() is None:
        running.stop()

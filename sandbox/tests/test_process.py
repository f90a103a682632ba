"""The program itself, run inside the test: command line, control requests, trouble, and the way out."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox import __main__ as program
from sandbox.control import Control, ControlError
from sandbox.faults import FaultKind, FaultTable
from sandbox.party import Json, PartyError
from sandbox.runner import Runner
from sandbox.store import open_store, transaction
from sandbox.testing import ROOT, eventually
from sandbox.tests.documents import invoice


@pytest.fixture
def signals_as_before() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals_as_before")
def test_a_whole_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Start, take a message, answer requests good and bad, stop on SIGTERM."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    seen: dict[str, Any] = {}

    def outside() -> None:
        eventually((tmp_path / "control.json").exists)
        try:
            control = Control(tmp_path)
            seen["state"] = control.state()
            source = tmp_path / "einvoice" / "UpCast" / "B2SSTORAGE" / "F0401" / "SRC"
            control.fault("slow", seconds=0.01, times=1)
            half = source / "a.xml.tmp"  # under its name it is taken at once, also half of it
            half.write_bytes(invoice().bytes())
            half.rename(source / "a.xml")
            eventually(lambda: seen.update(rows=control.messages("AB12345678")) or seen["rows"])
            eventually(lambda: control.messages()[0]["status"] == "C")
            seen["faults"], seen["cleared"] = control.faults(), control.clear("slow")
            seen["summary"], seen["resent"] = control.summary(), control.resend()
            for method, path, body in (("POST", "/dance", {}), ("GET", "/nothing", None)):
                with pytest.raises(ControlError) as refused:
                    control.ask(method, path, body)
                seen[path] = str(refused.value)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=outside)
    thread.start()
    trace = tmp_path / "step"
    code = program.main(
        ["--dir", str(tmp_path), "--party", "einvoice", "--poll", "0.01", "--trace", str(trace)]
    )
    thread.join()
    assert code == 0
    assert seen["state"]["pid"] == os.getpid()
    assert seen["rows"][0]["file_name"] == "a.xml"
    assert seen["faults"]["einvoice"][0]["happened"] == 1
    assert (seen["cleared"], seen["resent"], seen["summary"]["good"]) == (1, 0, 1)
    assert seen["/dance"] == "einvoice can do resend, summary, not dance"
    assert seen["/nothing"] == "there is no GET /nothing"
    assert trace.read_text().strip() in ("idle", "summary")
    assert not (tmp_path / "control.json").exists()
    assert f"sandbox: einvoice in {tmp_path}, control http://127.0.0.1:" in capsys.readouterr().err


@pytest.mark.usefixtures("signals_as_before")
def test_a_second_one_on_the_same_directory_ends_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = program.only_one(tmp_path)
    assert lock is not None
    assert program.main(["--dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"sandbox: another sandbox already runs on {tmp_path}\n"
    assert not (tmp_path / "einvoice").exists()
    lock.close()


@pytest.mark.usefixtures("signals_as_before")
def test_a_port_in_use_ends_it_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert program.main(["--dir", str(tmp_path), "--control-port", port, "--real-clock"]) == 1
    assert f"control port {port}: Address already in use" in capsys.readouterr().err


class Counter:
    """The smallest party there can be: counts its ticks, and fails when told to."""

    def __init__(self, directory: Path, name: str = "counter") -> None:
        self.name = name
        self.db = open_store(directory / "counter.sqlite3", "")
        self.faults = FaultTable(self.db, {"down": FaultKind(is_condition=True)})
        self.actions: Mapping[str, Callable[[Json], Json]] = {"fail": self.fail}
        self.ticks = self.recovered = 0
        self.trouble: list[Exception] = []
        self.trouble_recovering: list[Exception] = []

    def tick(self) -> int:
        self.ticks += 1
        if self.trouble:
            raise self.trouble.pop()
        return 0

    def recover(self) -> None:
        if self.trouble_recovering:
            raise self.trouble_recovering.pop()
        self.recovered += 1

    def fail(self, _request: Json) -> Json:
        raise PartyError("told to")

    def state(self) -> Json:
        return {"ticks": self.ticks}

    def messages(self, wanted: str, limit: int) -> list[Json]:
        return [{"wanted": wanted, "limit": limit}]

    def close(self) -> None:
        self.db.close()


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Runner, Counter, Counter]]:
    monkeypatch.setattr("sandbox.runner.REST_AFTER_TROUBLE", 0.01)
    one, two = Counter(tmp_path / "one", "one"), Counter(tmp_path / "two", "two")
    runner = Runner({"one": one, "two": two}, 0.005)
    thread = threading.Thread(target=runner.run)
    thread.start()
    yield runner, one, two
    runner.stop()
    thread.join(120)
    assert not thread.is_alive()


@pytest.mark.parametrize("trouble", [OSError("disk full"), sqlite3.OperationalError("locked")])
def test_trouble_of_one_party_is_told_and_tried_again(
    running: tuple[Runner, Counter, Counter], trouble: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    _, one, two = running
    one.trouble.append(trouble)
    eventually(lambda: one.recovered)
    ticks = one.ticks, two.ticks
    eventually(lambda: one.ticks > ticks[0] and two.ticks > ticks[1])
    assert one.recovered == 1
    assert two.recovered == 0
    assert f"sandbox one: {type(trouble).__name__}: {trouble}" in capsys.readouterr().err


def test_trouble_that_stays_during_recovery_is_tried_again_too(
    running: tuple[Runner, Counter, Counter], capsys: pytest.CaptureFixture[str]
) -> None:
    _, one, _ = running
    one.trouble_recovering = [OSError("still full"), OSError("still full")]
    one.trouble.append(OSError("disk full"))
    eventually(lambda: one.recovered)
    ticks = one.ticks
    eventually(lambda: one.ticks > ticks)
    told = [line.rpartition(": ")[2] for line in capsys.readouterr().err.splitlines()]
    assert told == ["disk full", "still full", "still full"]


def test_requests_with_two_parties_name_one(running: tuple[Runner, Counter, Counter]) -> None:
    runner, _, _ = running
    assert set(runner.state()["parties"]) == {"one", "two"}
    with pytest.raises(PartyError, match="party must be one of one, two, not None"):
        runner.add_fault({"fault": "down"})
    runner.add_fault({"fault": "down", "party": "two"})
    assert {name: len(faults) for name, faults in runner.faults().items()} == {"one": 0, "two": 1}
    assert runner.clear_faults({"party": "one"}) == {"cleared": 0}
    assert runner.clear_faults({}) == {"cleared": 1}
    assert runner.messages({"party": "one", "match": "x", "limit": 3}) == {
        "messages": [{"wanted": "x", "limit": 3}]
    }
    with pytest.raises(PartyError, match="told to"):
        runner.act("fail", {"party": "one"})


def test_after_the_stop_requests_are_refused(tmp_path: Path) -> None:
    party = Counter(tmp_path)
    runner = Runner({"counter": party}, 0.005)
    runner.stop()
    runner.run()
    with pytest.raises(PartyError, match="the sandbox is stopping"):
        runner.state()


def test_a_stop_during_trouble_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    party = Counter(tmp_path)
    party.trouble.append(OSError("disk full"))
    monkeypatch.setattr("sandbox.runner.REST_AFTER_TROUBLE", 3600)
    runner = Runner({"counter": party}, 0.005)
    thread = threading.Thread(target=runner.run)
    thread.start()
    eventually(lambda: not party.trouble)
    runner.stop()
    thread.join(120)
    assert not thread.is_alive()
    assert (party.ticks, party.recovered) == (1, 0)


def test_a_signal_in_the_middle_of_anything_stops_it(tmp_path: Path) -> None:
    """Its handler runs between two steps of the loop itself, which may hold the lock of what the loop waits for."""

    class Held(threading.Event):
        def set(self) -> None:
            raise AssertionError("who holds its lock waits for itself for ever")

    runner = Runner({"counter": Counter(tmp_path)}, 0.005)
    runner._stop = Held()
    runner.stop_soon()
    runner.run()
    with pytest.raises(PartyError, match="the sandbox is stopping"):
        runner.state()


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    db = open_store(tmp_path / "deep" / "x.sqlite3", "CREATE TABLE IF NOT EXISTS t (n INTEGER);")
    with transaction(db):
        db.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(KeyError), transaction(db):
        db.execute("INSERT INTO t VALUES (2)")
        raise KeyError
    assert [row["n"] for row in db.execute("SELECT n FROM t")] == [1]
    db.close()


def test_nothing_of_the_system_is_loaded() -> None:
    """The outside world runs without the system, and without the database driver in real time."""
    probe = (
        "import sys, sandbox.__main__, sandbox.control;"
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'django', 'luckygas', 'customers', 'orders', 'dispatch', 'billing', 'psycopg', 'pytest'}))"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

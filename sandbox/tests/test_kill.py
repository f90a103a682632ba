"""``kill -9`` in every window of the platform's work: nothing is lost, nothing happens twice."""

import random
import sqlite3
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sandbox.control import ControlError
from sandbox.testing import RunningSandbox, start
from sandbox.tests.documents import cancel, invoice

WINDOWS = ("claim", "decide", "move", "plan", "answer", "mark", "summary")
PER_ROUND = 120
LEAST_ROUNDS, MOST_ROUNDS = 14, 60
REFUSED = 25


def number(place: int) -> str:
    return f"KL{place:08d}"


def drop_round(running: RunningSandbox, turn: int) -> None:
    """A round's messages: invoices, every tenth of them wrong, and cancels of the round before."""
    for place in range(turn * PER_ROUND, (turn + 1) * PER_ROUND):
        message = invoice(number(place))
        if place % 10 == 0:
            message.set("Main/PrintMark", "N")
        running.drop("F0401", f"i{place:06d}.xml", message.bytes())
        if turn and place % 4 == 1:
            old = place - PER_ROUND
            running.drop("F0501", f"c{old:06d}.xml", cancel(number(old)).bytes())


def kill_in(running: RunningSandbox, trace: Path, window: str, dice: random.Random) -> str:
    """Kill as soon as the step at hand is ``window`` (and a moment more); the step it really was."""
    wanted = window.encode()
    deadline = time.monotonic() + 10
    while trace.read_bytes().strip() != wanted and time.monotonic() < deadline:
        pass
    if dice.random() < 0.5:
        time.sleep(dice.random() * 0.004)
    running.kill()
    return trace.read_text().strip()


def ask_for_summary(running: RunningSandbox) -> None:
    with suppress(ControlError, OSError):
        running.summary()


@pytest.mark.slow
def test_killed_anywhere_every_message_is_processed_once(tmp_path: Path) -> None:
    dice = random.Random(20261123)
    trace = tmp_path / "step"
    hit: Counter[str] = Counter()
    turn = 0
    running = start(tmp_path / "sandbox", "--trace", str(trace), poll=0.01)
    running.fault("refused", times=REFUSED)
    while turn < LEAST_ROUNDS or (turn < MOST_ROUNDS and not all(hit[one] for one in WINDOWS)):
        window = next((one for one in WINDOWS if not hit[one]), WINDOWS[turn % len(WINDOWS)])
        dropping = threading.Thread(target=drop_round, args=(running, turn))
        dropping.start()
        if window == "summary":
            asking = threading.Thread(target=ask_for_summary, args=(running,))
            asking.start()
        hit[kill_in(running, trace, window, dice)] += 1
        dropping.join()
        running = start(tmp_path / "sandbox", "--trace", str(trace), poll=0.01)
        running.wait_idle(seconds=60)
        turn += 1
    print(f"killed {sum(hit.values())} times: {dict(hit)}")
    assert all(hit[window] for window in WINDOWS), dict(hit)

    dropped = {f"i{place:06d}.xml": "F0401" for place in range(turn * PER_ROUND)}
    dropped |= {f"c{place:06d}.xml": "F0501" for place in range((turn - 1) * PER_ROUND) if place % 4 == 1}
    put_away = Counter(path.name for path in running.files("UpCast"))
    assert put_away == Counter(dropped.keys()), "each file lies in one place, and none in SRC"
    assert list((running.einvoice / ".work").iterdir()) == []

    log = sqlite3.connect(running.einvoice / "turnkey.sqlite3")
    rows = log.execute("SELECT file_name, status, destination, result_state FROM messages").fetchall()
    assert Counter(row[0] for row in rows) == Counter(dropped.keys()), "each file has one row"
    assert {row[3] for row in rows} <= {"written", "summarised"}
    for name, status, destination, _ in rows:
        assert (running.einvoice / destination).name == name
        assert ("/ERR/" in destination) == (status == "E")

    results = Counter((one["Parameter3"], one["Code"] == "0000") for one in running.results())
    assert results == Counter((name, status == "C") for name, status, *_ in rows), "each has one answer"
    refused = sum(one["Code"] == "9001" for one in running.results())
    assert refused == REFUSED == running.faults()["einvoice"][0]["happened"]

    accepted = {name for name, status, *_ in rows if status == "C"}
    live = Counter(row[0] for row in log.execute("SELECT number FROM invoices"))
    assert live == Counter(number(int(name[1:7])) for name in accepted if name[0] == "i")
    cancelled = Counter(
        row[0] for row in log.execute("SELECT number FROM invoices WHERE state = 'cancelled'")
    )
    assert cancelled == Counter(number(int(name[1:7])) for name in accepted if name[0] == "c")

    for path in running.files("Unpack"):
        ElementTree.fromstring(path.read_bytes())  # noqa: S314 - whole, whatever happened
    assert log.execute("SELECT COUNT(*) FROM summaries WHERE written = 0").fetchone() == (0,)
    assert running.stop() == 0

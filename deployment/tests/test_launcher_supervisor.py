import functools
import signal
import subprocess
import sys
import time

import pytest

from deployment.launcher import processes, supervisor
from deployment.launcher.supervisor import Child, Supervisor
from deployment.launcher.talk import Problem
from deployment.tests import launcher_kit


@pytest.fixture
def said():
    return []


@pytest.fixture
def house(said):
    whole = Supervisor(said.append)
    yield whole
    whole.stop()


def child(name, code, **more):
    return Child(name, lambda: processes.spawn([sys.executable, "-c", code]), **more)


SLEEP = "import time; time.sleep(60)"


def test_a_child_that_dies_is_started_again_and_it_is_said(house, said):
    web = child("web", SLEEP)
    house.start([web])
    first = web.process.pid

    web.process.kill()
    web.process.wait()
    house.watch()

    assert said == ["! web ended by itself (signal 9); starting it again in 1 s"]
    assert launcher_kit.eventually(lambda: house.watch() or web.process.pid != first, 3)
    assert processes.alive(web.process.pid)


def test_the_pause_doubles_up_to_its_bound(house, said, monkeypatch):
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 4.0)
    web = child("web", "raise SystemExit(3)")
    house.start([web])
    for _ in range(4):
        web.process.wait()
        house.watch()
        web.due = 0.0
        house.watch()

    assert [line.rpartition(" in ")[2] for line in said] == ["1 s", "2 s", "4 s", "4 s"]
    assert "exit 3" in said[0]


def test_a_steady_child_begins_with_the_short_pause_again(house, said):
    web = child("web", SLEEP)
    house.start([web])
    web.deaths = 4
    web.started -= supervisor.STEADY + 1

    web.process.kill()
    web.process.wait()
    house.watch()

    assert said[-1].endswith("starting it again in 1 s")


def test_a_child_that_cannot_start_is_tried_again(house, said):
    def refuse():
        raise Problem("no port")

    web = child("web", SLEEP)
    house.start([web])
    web.process.kill()
    web.process.wait()
    house.watch()
    web.start, web.due = refuse, 0.0

    house.watch()

    assert said[-1] == "! web did not start, next try in 2 s: no port"
    assert web.due > time.monotonic()


def test_stages_stop_in_reverse_order(house, tmp_path):
    log = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        f"    open({str(log)!r}, 'a').write(sys.argv[1] + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(60)"
    )

    def speaking(name):
        process = processes.spawn([sys.executable, "-c", code, name], stdout=subprocess.PIPE)
        assert launcher_kit.line(process) == b"up\n"
        return process

    for name in ("servers", "sandbox", "web"):
        house.start([Child(name, functools.partial(speaking, name))])

    house.stop()

    assert log.read_text() == "web sandbox servers "


def test_who_does_not_stop_is_killed_and_it_is_said(house, said):
    ignoring = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    code = ignoring + "print(0, flush=True); time.sleep(60)"
    process = processes.spawn([sys.executable, "-c", code], stdout=subprocess.PIPE)
    launcher_kit.line(process)
    house.start([Child("web", lambda: process, grace=0.2)])

    house.stop()

    assert said == ["! web did not stop within 0 s and was killed"]
    assert process.returncode == -signal.SIGKILL


def test_children_are_watched_while_a_command_runs(house, said, tmp_path):
    web = child("web", "raise SystemExit(1)")
    house.start([web])

    code = house.run(
        [sys.executable, "-c", "import time; time.sleep(0.5); raise SystemExit(7)"], env={}, cwd=tmp_path
    )

    assert code == 7
    assert len(said) == 1

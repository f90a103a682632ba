import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deployment.launcher import processes, scratch
from deployment.tests import launcher_kit

PARENT = """
import os, sys
from deployment.launcher import processes
child = processes.spawn([sys.executable, '-c', 'import time; time.sleep(60)'])
print(child.pid, flush=True)
input()
"""


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_when_its_parent_is_killed(tmp_path, sig):
    parent = launcher_kit.start(launcher_kit.checkout(tmp_path), PARENT)
    child = int(launcher_kit.line(parent))
    assert processes.alive(child)

    parent.send_signal(sig)
    parent.wait()

    assert launcher_kit.eventually(lambda: not processes.alive(child), 3)


def test_a_zombie_counts_as_dead():
    process = subprocess.Popen([sys.executable, "-c", ""])
    assert launcher_kit.eventually(lambda: processes.ticks(process.pid) is None)

    os.kill(process.pid, 0)  # the kernel still knows the number
    assert not processes.alive(process.pid)
    process.wait()


def test_another_process_with_the_same_number_is_not_the_same():
    mine = processes.ticks(os.getpid())
    assert mine is not None

    assert processes.alive(os.getpid(), mine)
    assert not processes.alive(os.getpid(), mine - 1)


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(OSError, match="in use"):
            processes.free_port(port)
        assert port < processes.free_port(port, port + 50) <= port + 50


def test_stopping_insists_and_takes_the_grandchildren_along(tmp_path):
    script = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    process = processes.spawn([sys.executable, "-c", script], stdout=subprocess.PIPE)
    grandchild = int(launcher_kit.line(process))

    started = time.monotonic()
    code = processes.stop(process, grace=0.3)

    assert code == -signal.SIGKILL
    assert 0.3 <= time.monotonic() - started < 5
    assert launcher_kit.eventually(lambda: not processes.alive(grandchild), 3)


def test_the_output_goes_to_the_log(tmp_path):
    log = tmp_path / "log" / "child.log"

    processes.spawn([sys.executable, "-c", "print('一')"], log=log).wait()
    processes.spawn([sys.executable, "-c", "raise SystemExit('二')"], log=log).wait()

    assert log.read_text() == "一\n二\n"


def test_scratch_of_the_dead_is_swept_and_of_the_living_kept(tmp_path):
    script = (
        "from pathlib import Path; from deployment.launcher import scratch;"
        f"print(scratch.make('run', Path({str(tmp_path)!r}))); input()"
    )
    process = launcher_kit.start(launcher_kit.checkout(tmp_path), script)
    theirs = launcher_kit.line(process).strip()
    other = tmp_path / "luckygas-run-foreign"
    other.mkdir()
    mine = scratch.make("run", tmp_path)
    assert scratch.sweep(tmp_path) == []

    process.kill()
    process.wait()

    assert [str(path) for path in scratch.sweep(tmp_path)] == [theirs]
    assert not Path(theirs).exists()
    assert mine.is_dir()
    assert other.is_dir()


def test_a_socket_in_scratch_fits_the_longest_allowed_path():
    path = scratch.make("run")
    try:
        assert len(os.fsencode(path / "s" / ".s.PGSQL.5432.lock")) < 107
    finally:
        scratch.remove(path)

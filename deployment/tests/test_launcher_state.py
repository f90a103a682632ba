import os
import subprocess
import sys

import pytest

from deployment.launcher import processes, state
from deployment.tests import launcher_kit


def test_settings_come_back_as_they_were_written(tmp_path):
    path = tmp_path / "瓦斯 行" / "servers.env"
    settings = {
        "DATABASE_URL": "postgres://luckygas_app@/luckygas?host=%2Ftmp%2Fx",
        "SECRET_KEY": "a'b\"c $HOME `x` # 鑰",
        "EMPTY": "",
        "LINES": "one\ntwo",
    }

    state.write_servers(settings, path)

    assert state.read_servers(path) == settings
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_shell_reads_the_same_settings(tmp_path):
    path = tmp_path / "servers.env"
    state.write_servers({"SECRET_KEY": "a'b $HOME"}, path)

    shell = subprocess.run(
        ["sh", "-c", '. "$1"; printf %s "$SECRET_KEY"', "sh", path],
        capture_output=True,
        text=True,
        check=True,
    )

    assert shell.stdout == "a'b $HOME"


def test_no_file_means_no_servers(tmp_path):
    assert state.read_servers(tmp_path / "servers.env") is None


def test_settings_of_a_killed_launcher_count_as_none(tmp_path):
    root = launcher_kit.checkout(tmp_path)
    process = launcher_kit.start(
        root, "from deployment.launcher import state; state.write_servers({'A': 'b'}); print('ok'); input()"
    )
    assert launcher_kit.line(process) == "ok\n"
    path = root / ".local" / "run" / "servers.env"
    assert state.read_servers(path) == {"A": "b"}

    process.kill()
    process.wait()

    assert path.exists()
    assert state.read_servers(path) is None


def test_a_recycled_process_id_is_not_taken_for_the_launcher(tmp_path):
    path = tmp_path / "servers.env"
    state.write_servers({"A": "b"}, path)
    text = path.read_text()
    started = str(processes.ticks(os.getpid()))

    path.write_text(text.replace(started, str(int(started) + 1)))

    assert state.read_servers(path) is None


def test_the_lock_has_one_holder_who_says_what_he_does(tmp_path):
    first, second = state.Lock(tmp_path / "lock"), state.Lock(tmp_path / "lock")

    assert first.take()
    first.note(verb="demo", url="http://127.0.0.1:8000/")

    assert not second.take()
    assert second.holder() == {"pid": os.getpid(), "verb": "demo", "url": "http://127.0.0.1:8000/"}
    first.free()
    assert second.take()
    second.free()


def test_the_lock_of_a_killed_launcher_is_free(tmp_path):
    script = (
        "import sys; from pathlib import Path; from deployment.launcher import state;"
        f"lock = state.Lock(Path({str(tmp_path / 'lock')!r})); print(lock.take()); input()"
    )
    process = launcher_kit.start(launcher_kit.checkout(tmp_path), script)
    assert launcher_kit.line(process) == "True\n"
    lock = state.Lock(tmp_path / "lock")
    assert not lock.take()

    process.kill()
    process.wait()

    assert lock.take()
    lock.free()


def test_servers_in_use_are_not_free_to_stop(tmp_path):
    path = tmp_path / "users.lock"

    with state.using(path), state.using(path):
        assert not state.unused(path)

    assert state.unused(path)


@pytest.mark.parametrize("words", [["check"], ["shell", "-c", "1"]])
def test_manage_without_servers_says_what_to_run(tmp_path, words):
    root = launcher_kit.checkout(tmp_path)

    answer = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=root,
        env=launcher_kit.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 1
    assert f'make manage CMD="{" ".join(words)}"' in answer.stderr
    assert "Traceback" not in answer.stderr

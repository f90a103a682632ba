"""A window shows itself to a killer who asked for it, once, at the moment he asked for, and to nobody else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.db import connection

from luckygas.core.windows import window


@pytest.fixture
def folder(settings, tmp_path):
    settings.WINDOWS = str(tmp_path)
    return tmp_path


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_off_without_a_folder(settings, tmp_path):
    assert settings.WINDOWS == ""
    with window("plan"):
        assert files(tmp_path) == []


def test_a_window_nobody_armed_leaves_no_trace(folder):
    with window("plan"):
        assert files(folder) == []


@pytest.mark.django_db
def test_it_opens_before_the_statement_asked_for_and_is_gone_when_it_closes(folder):
    (folder / "run_day-count-cash.armed").write_text("1 0")
    seen = []
    with window("run_day count cash"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        seen.append(files(folder))
        cursor.execute("SELECT 2")
        seen.append(files(folder))
        assert (folder / "run_day-count-cash.open").read_text() == str(os.getpid())
    assert seen == [[], ["run_day-count-cash.open"]]
    assert files(folder) == []
    with window("run_day count cash"):
        assert files(folder) == []  # asked once


def test_one_with_fewer_statements_opens_at_its_end(folder, monkeypatch):
    (folder / "beat-tick.armed").write_text("5 0.25")
    slept = []
    monkeypatch.setattr("time.sleep", lambda seconds: slept.append((seconds, files(folder))))
    with window("beat tick"):
        assert files(folder) == []
    assert slept == [(0.25, ["beat-tick.open"])]
    assert files(folder) == []


def test_an_error_inside_goes_on_and_closes_it(folder):
    (folder / "import.armed").write_text("5 0")
    with pytest.raises(ZeroDivisionError), window("import"):
        raise ZeroDivisionError
    assert files(folder) == []


def test_the_view_names_the_window_of_a_post(settings, folder, client):
    settings.MIDDLEWARE = ["luckygas.core.windows.Requests", *settings.MIDDLEWARE]
    for name in ("request-login", "request-nowhere"):
        (folder / f"{name}.armed").write_text("0 0")
    assert client.get("/no-such-page").status_code == 404
    assert files(folder) == ["request-login.armed", "request-nowhere.armed"]
    assert client.post("/no-such-page").status_code == 404
    assert files(folder) == ["request-login.armed"]


@pytest.mark.parametrize(("simulation", "middleware"), [("1", True), ("0", False)])
def test_a_folder_counts_only_in_a_simulation(simulation, middleware, tmp_path):

    code = "from luckygas import settings as s; print(s.WINDOWS != '', 'luckygas.core.windows.Requests' in s.MIDDLEWARE)"
    env = os.environ | {"LUCKYGAS_SIMULATION": simulation, "LUCKYGAS_WINDOWS": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(middleware)] * 2

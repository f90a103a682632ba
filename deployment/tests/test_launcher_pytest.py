import os
import subprocess
import sys

import pytest

from deployment.launcher import pytest_plugin
from deployment.launcher.paths import ROOT
from deployment.tests import launcher_kit

TESTS = """
import pytest

def test_runs():
    pass

@pytest.mark.skip(reason="no moon")
def test_cannot():
    pass

@pytest.mark.xfail(reason="known")
def test_known():
    assert False
"""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["one process", "xdist"])
@pytest.mark.parametrize(("ci", "code"), [("", 0), ("1", 1)], ids=["by hand", "in CI"])
def test_skips_are_named_and_fail_only_in_ci(tmp_path, workers, ci, code):
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_whole.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    plugins = ["-p", "deployment.launcher.pytest_plugin", "-p", "xdist", "-p", "no:cacheprovider"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    given = {"DATABASE_URL": "postgres://unused/unused", "REDIS_URL": "redis://unused"}

    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *plugins,
            "-c",
            "/dev/null",
            "--rootdir",
            tmp_path,
            *workers,
            tmp_path,
        ],
        cwd=tmp_path,
        env={**own, **given, "PYTHONPATH": str(ROOT), "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == code, answer.stdout
    assert "2 could not run" in answer.stdout
    assert "test_some.py::test_cannot: no moon" in answer.stdout
    assert "test_whole.py: could not import 'no_such_module'" in answer.stdout
    assert "test_known" not in answer.stdout


@pytest.mark.parametrize(("worker", "database"), [("gw0", 1), ("gw7", 8)])
def test_each_worker_has_a_redis_database_of_its_own(worker, database):
    assert (
        pytest_plugin.redis_of(worker, "redis://:p@127.0.0.1:4711/0")
        == f"redis://:p@127.0.0.1:4711/{database}"
    )


@pytest.mark.slow
def test_plain_pytest_starts_servers_of_its_own(tmp_path):
    (tmp_path / "test_servers.py").write_text(
        "import os, psycopg\n"
        "def test_they_answer():\n"
        "    with psycopg.connect(os.environ['DATABASE_URL']) as connection:\n"
        "        assert connection.execute('SHOW listen_addresses').fetchone() == ('',)\n"
        "    assert '@127.0.0.1:' in os.environ['REDIS_URL']\n"
    )
    own = launcher_kit.environment()

    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "pyproject.toml", tmp_path],
        cwd=ROOT,
        env={name: value for name, value in own.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stdout
    assert "1 passed" in answer.stdout

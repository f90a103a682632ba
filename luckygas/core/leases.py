"""Single flight for periodic work: a lease row with holder and deadline, renewed while the work goes on.

Advisory locks would tie the lease to one connection and break behind PgBouncer; a row survives both, and a
holder that died is replaced when its time is over.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import DateTimeField, Func

from luckygas.core.models import Lease

TAKE = """
INSERT INTO core_lease (name, holder, until, renewed)
VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s), clock_timestamp())
ON CONFLICT (name) DO UPDATE
   SET holder = excluded.holder, until = excluded.until, renewed = excluded.renewed
 WHERE core_lease.until < clock_timestamp() OR core_lease.holder = excluded.holder
RETURNING name
"""


class ClockTimestamp(Func):
    """Real time, as the database sees it."""

    function = "clock_timestamp"
    output_field = DateTimeField()


@contextmanager
def lease(name: str, *, seconds: int) -> Iterator[Lease | None]:
    """Yield the lease, or None when somebody else holds it. Real time, not business time: it guards machines."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    if not _take(name, holder, seconds):
        yield None
        return
    try:
        yield Lease.objects.get(name=name)
    finally:
        Lease.objects.filter(name=name, holder=holder).delete()


def renew(held: Lease, *, seconds: int) -> bool:
    """Prolong; False when the lease was lost meanwhile (then stop working)."""
    return _take(held.name, held.holder, seconds)


def is_held(name: str) -> bool:
    """Whether somebody's time with it is not over yet."""
    return Lease.objects.filter(name=name, until__gt=ClockTimestamp()).exists()


def _take(name: str, holder: str, seconds: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [name, holder, seconds])
        return cursor.fetchone() is not None

"""The only source of business time.

``now()`` is an aware instant, ``today()`` the date on the wall in Taipei. With ``LUCKYGAS_SIMULATION=1``
(refused off loopback by the settings) one database row shifts time for every process of the house, and the
sandbox, which is outside the house, reads the same row with its own SQL:

    frozen_at not null   time stands still at that instant
    otherwise            real time + shift

A process sees a change made by another one after at most ``STALE_SECONDS``.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from django.conf import settings

TAIPEI = ZoneInfo("Asia/Taipei")
STALE_SECONDS = 0.2

_lock = threading.Lock()
_seen: tuple[float, dt.datetime | None, dt.timedelta] | None = None


def now() -> dt.datetime:
    """The present instant, aware, in UTC."""
    real = dt.datetime.now(dt.UTC)
    if not settings.SIMULATION:
        return real
    frozen_at, shift = _simulated()
    return frozen_at if frozen_at is not None else real + shift


def today() -> dt.date:
    """Today's date in Taipei."""
    return taipei(now()).date()


def taipei(instant: dt.datetime) -> dt.datetime:
    """The same instant on a Taipei wall clock."""
    return instant.astimezone(TAIPEI)


def at(date: dt.date, time_of_day: dt.time) -> dt.datetime:
    """The aware instant of a Taipei date and wall-clock time."""
    return dt.datetime.combine(date, time_of_day, tzinfo=TAIPEI)


def seconds(date: dt.date, second_of_day: int) -> dt.datetime:
    """The aware instant that many seconds after Taipei midnight."""
    return at(date, dt.time()) + dt.timedelta(seconds=second_of_day)


def freeze(instant: dt.datetime) -> None:
    """Stop simulated time at an instant, for every process."""
    _write(frozen_at=instant, shift=dt.timedelta())


def travel(instant: dt.datetime) -> None:
    """Let simulated time run on from an instant, for every process."""
    _write(frozen_at=None, shift=instant - dt.datetime.now(dt.UTC))


def release() -> None:
    """Back to real time."""
    _write(frozen_at=None, shift=dt.timedelta())


@contextmanager
def frozen(instant: dt.datetime) -> Iterator[None]:
    """Simulated time stands at an instant inside the block, and is real again after it."""
    freeze(instant)
    try:
        yield
    finally:
        release()


def forget() -> None:
    """Read the row again at the next call (used after the row was changed behind this module)."""
    global _seen
    with _lock:
        _seen = None


def _simulated() -> tuple[dt.datetime | None, dt.timedelta]:
    global _seen
    from luckygas.core.models import SimulatedClock  # models import this module

    with _lock:
        seen = _seen
    if seen is None or time.monotonic() - seen[0] > STALE_SECONDS:
        row = SimulatedClock.objects.filter(pk=1).values_list("frozen_at", "shift").first()
        frozen_at, shift = row or (None, dt.timedelta())
        seen = (time.monotonic(), frozen_at, shift)
        with _lock:
            _seen = seen
    return seen[1], seen[2]


def _write(*, frozen_at: dt.datetime | None, shift: dt.timedelta) -> None:
    from luckygas.core.models import SimulatedClock

    if not settings.SIMULATION:
        raise RuntimeError("simulated time needs LUCKYGAS_SIMULATION=1")
    SimulatedClock.objects.update_or_create(pk=1, defaults={"frozen_at": frozen_at, "shift": shift})
    forget()

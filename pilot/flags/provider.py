"""What answers ``luckygas.core.flags``: the flags as each process remembers them.

One statement asks the database for the token of the whole set, at most once a second in a process, and brings the
flags along only when the token is another one. So an answer costs no query nearly always, a kill switch works
everywhere within that second and the time of the statement, and Redis has no part in it. While the database does not
answer, the last known flags hold; a process that never knew any gives the caller's default.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import structlog
from django.core.cache import cache
from django.db import Error, connection

from luckygas.core import clock
from luckygas.core.flags import Answer
from pilot.flags import rules
from pilot.flags.rules import Rules

log = structlog.get_logger(__name__)

CHECK_SECONDS = 1.0
#: Nobody is answered from what is older, as long as the database answers: a thread waits for the one that asks.
OLD_SECONDS = 1.5
WARN_SECONDS = 60.0
#: Where processes leave the names they asked for in vain, for the page; a hint, gone with Redis.
ASKED_KEY = "pilot.flags.asked"
ASKED_DAYS = 7

ASK = """
SELECT t.token::text, CASE WHEN t.token::text IS DISTINCT FROM %s THEN (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'name', f.name, 'kind', f.kind, 'salt', f.salt, 'state', f.state, 'is_enabled', f.is_enabled,
        'percentage', f.percentage::text, 'kinds', f.kinds, 'areas', f.areas, 'killed', f.killed,
        'starts_at', f.starts_at, 'ends_at', f.ends_at,
        'allowed', (SELECT jsonb_agg(c.code) FROM pilot_flagcustomer l JOIN customers_customer c ON c.id = l.customer_id
                     WHERE l.flag_id = f.id AND l.side = 'allow'),
        'denied', (SELECT jsonb_agg(c.code) FROM pilot_flagcustomer l JOIN customers_customer c ON c.id = l.customer_id
                    WHERE l.flag_id = f.id AND l.side = 'deny'))), '[]')::text FROM pilot_flag f) END
  FROM (SELECT (SELECT token FROM pilot_flagtoken WHERE id = 1) AS token) AS t
"""


@dataclass(frozen=True)
class Snapshot:
    """The flags as they were under a token; the reasons are ready made, so that an answer makes none."""

    token: str | None
    flags: dict[str, Rules]
    answers: dict[str, dict[tuple[rules.Rule, bool], Answer]] = field(default_factory=dict)


def read(row: dict[str, Any]) -> Rules:
    """One flag as the statement tells it."""
    return Rules(
        name=row["name"],
        kind=row["kind"],
        salt=row["salt"],
        state=row["state"],
        is_enabled=row["is_enabled"],
        percentage=Decimal(row["percentage"]),
        kinds=frozenset(row["kinds"]),
        areas=frozenset(row["areas"]),
        starts_at=_instant(row["starts_at"]),
        ends_at=_instant(row["ends_at"]),
        killed=row["killed"],
        allowed=frozenset(row["allowed"] or ()),
        denied=frozenset(row["denied"] or ()),
    )


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


class FlagProvider:
    """Never raises; safe in threads and after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._checked = float("-inf")
        self._warned: dict[str, float] = {}
        os.register_at_fork(after_in_child=self._after_fork)

    def _after_fork(self) -> None:
        self._lock = threading.Lock()  # its holder may not have come along

    def forget(self) -> None:
        """As a process that just began."""
        self._snapshot, self._checked = None, float("-inf")
        self._warned.clear()

    def resolve(self, name: str, key: str, default: bool, attributes: dict[str, Any]) -> Answer:
        if time.monotonic() - self._checked >= CHECK_SECONDS:
            self._check()
        snapshot = self._snapshot
        if snapshot is None:
            return Answer(default, "default", "no_flags_read")
        flag = snapshot.flags.get(name)
        if flag is None:
            self._undefined(name, default)
            return Answer(default, "default", "not_defined")
        decision = rules.decide(flag, key, attributes, clock.now() if flag.has_schedule else None)
        made = snapshot.answers[name]
        answer = made.get((decision.rule, decision.value))
        if answer is None:
            variant = "on" if decision.value else "off"
            answer = Answer(decision.value, variant, rules.reason(flag, decision))
            made[decision.rule, decision.value] = answer
        return answer

    def _check(self) -> None:
        """Bring the flags up to date, in one statement.

        Another thread that comes meanwhile takes what there is, unless that is older than a kill switch may be: then
        it waits for the answer.
        """
        is_old = self._snapshot is None or time.monotonic() - self._checked >= OLD_SECONDS
        if not self._lock.acquire(blocking=is_old):
            return
        try:
            if time.monotonic() - self._checked < CHECK_SECONDS:
                return  # the thread we waited for has asked
            held = self._snapshot
            with connection.cursor() as cursor:
                cursor.execute(ASK, ["never" if held is None else held.token])
                token, text = cursor.fetchone()
            if text is not None:
                flags = {row["name"]: read(row) for row in json.loads(text)}
                self._snapshot = Snapshot(token, flags, {name: {} for name in flags})
        except Error as error:
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            if self._is_time("", time.monotonic()):
                log.warning("flags_not_read", error=repr(error), last_known=self._snapshot is not None)
        finally:
            self._checked = time.monotonic()  # answered or not: nobody asks again before a second is over
            self._lock.release()

    def _undefined(self, name: str, default: bool) -> None:
        """Somebody asks for a flag that no row defines: said once a minute, and left for the page."""
        if self._is_time(name, time.monotonic()):
            log.warning("flag_not_defined", flag=name, default=default)
            asked = cache.get(ASKED_KEY) or {}
            cache.set(ASKED_KEY, asked | {name: clock.now().isoformat()}, ASKED_DAYS * 86400)

    def _is_time(self, name: str, now: float) -> bool:
        if now - self._warned.get(name, float("-inf")) < WARN_SECONDS:
            return False
        self._warned[name] = now
        return True


def undefined_names() -> dict[str, dt.datetime]:
    """The flags that the code asked for and no row defined, with when last; as far as the cache remembers."""
    asked = cache.get(ASKED_KEY) or {}
    return {name: dt.datetime.fromisoformat(text) for name, text in sorted(asked.items())}


provider = FlagProvider()

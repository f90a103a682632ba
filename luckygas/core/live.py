"""Telling the pages that are open: "something of this kind changed", after commit, best effort.

    tell("notice", [notice.pk])

One PUBLISH of ``{"seq": n, "kind": kind, "ids": [...]}`` on one channel; the process of ``luckygas.live`` carries it to
the browsers, and a page that hears of a kind asks for its part again. Nothing told is the only copy of anything, it
holds no personal data, and a page that hears nothing polls: so Redis away is a line in the log and no more.

Who hears a kind is said where the kind is registered (``extend.live_kinds``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from functools import lru_cache

import structlog
from django.conf import settings
from django.db import transaction
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from luckygas.core import extend

log = structlog.get_logger(__name__)

MOST_IDS = 100
"""More ids than this are told as none, which means: many, ask for all."""
REDIS_SECONDS = 0.5
AWAY_SECONDS = 5.0
"""How long a Redis that failed is not asked again: a commit must not wait for it each time."""
#: Number and message leave in one step. Apart, two processes could overtake each other, and a listener would see a gap.
PUBLISH = """
local seq = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], string.format('{"seq":%.0f,', seq) .. ARGV[3])
return seq
"""
SEQUENCE = "luckygas:live:seq"


def channel() -> str:
    """Where it is told. PUBLISH knows no databases, so the name carries the number of ours."""
    return f"luckygas:live:{_client(settings.REDIS_URL).get_connection_kwargs().get('db', 0)}"


def tell(kind: str, ids: Iterable[int | str] = ()) -> None:
    """When the transaction commits, tell whoever looks at ``kind`` that these changed; nothing when it rolls back.

    No ids means: ask for all. Several calls of one transaction are one message for each kind. LookupError for a kind
    that nobody registered, at once; no other error, whatever Redis does.
    """
    if kind not in extend.live_kinds:
        raise LookupError(f"nobody registered the live kind {kind!r}")
    wanted = dict.fromkeys(ids)
    connection = transaction.get_connection()
    # What an inner block adds must leave with it when it rolls back, so only calls of the same block are joined.
    block = set(connection.savepoint_ids)
    for savepoints, waiting, _robust in reversed(connection.run_on_commit):
        if isinstance(waiting, _Told) and waiting.kind == kind and savepoints == block:
            waiting.add(wanted)
            return
    transaction.on_commit(_Told(kind, wanted), robust=True)


class _Told:
    """One message waiting for the commit."""

    def __init__(self, kind: str, ids: dict[int | str, None]) -> None:
        self.kind = kind
        self.ids = ids
        self.is_all = not ids

    def add(self, ids: dict[int | str, None]) -> None:
        self.ids |= ids
        self.is_all = self.is_all or not ids

    def __call__(self) -> None:
        ids = [] if self.is_all or len(self.ids) > MOST_IDS else list(self.ids)
        _link.publish(json.dumps({"kind": self.kind, "ids": ids}, separators=(",", ":"))[1:])


class _Link:
    """The way to Redis, and what is remembered of it while it is away."""

    def __init__(self) -> None:
        self._away_until = 0.0
        self._missed = False

    def publish(self, rest: str) -> None:
        """``rest`` is the message without its number. After a message that was lost the numbers skip one, so that
        listeners see that they missed something.
        """
        if time.monotonic() < self._away_until:
            self._missed = True
            return
        step = 2 if self._missed else 1
        try:
            _client(settings.REDIS_URL).eval(PUBLISH, 1, SEQUENCE, step, channel(), rest)
        except RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            self._missed = True
            log.warning("live_away", error=type(error).__name__)
        else:
            self._missed = False


_link = _Link()


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 1),  # a restarted server closed our connection
    )

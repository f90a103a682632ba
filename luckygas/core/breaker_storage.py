"""Where breakers keep their state: in Redis for all processes, and while it is away in each process for itself.

One command that fails tells the link, which then asks nobody for ``AWAY_SECONDS``: a call to an outside party never
waits for Redis each time. What a process counted for itself in one outage is not carried into the next.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from pybreaker import STATE_CLOSED, CircuitBreakerStorage, CircuitMemoryStorage, CircuitRedisStorage
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)
# The library writes a traceback for each access while Redis is away; ``Link`` says it once.
logging.getLogger("pybreaker").setLevel(logging.CRITICAL)

TRIAL_SECONDS = 120
"""One trial is under way at a time; a process that dies in it holds the others up no longer than this."""
REDIS_SECONDS = 1.0
AWAY_SECONDS = 5.0
"""How long a Redis that failed is not asked again."""
END_TRIAL = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0'


class Memory:
    """What this process counts for itself while Redis is away; ``trusted``: parties it calls without a look."""

    def __init__(self) -> None:
        self.storages: dict[str, CircuitMemoryStorage] = {}
        self.trials: dict[str, float] = {}
        self.trusted: dict[str, float] = {}
        self.lock = threading.Lock()


class Link:
    """Whether Redis is worth asking."""

    def __init__(self) -> None:
        self._away_until = 0.0
        self._away = False

    @property
    def worth_asking(self) -> bool:
        return time.monotonic() >= self._away_until

    def lost(self, error: RedisError) -> None:
        self._away_until = time.monotonic() + AWAY_SECONDS
        if not self._away:
            self._away = True
            memory.storages.clear()
            memory.trials.clear()
            log.warning("breakers_per_process", error=type(error).__name__)

    def back(self) -> None:
        if self._away:
            self._away = False
            log.warning("breakers_shared")


memory = Memory()
link = Link()


class _Watched(Redis):
    """A client that tells the link when a command fails: the library swallows it."""

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute_command(*arguments, **options)
        except RedisError as error:
            link.lost(error)
            raise


class _Shared(CircuitRedisStorage):
    """The library's, with one round trip instead of three for what may be missing."""

    _made = False

    def _initialize_redis_state(self, state: str) -> None:
        """Also called when the state is found flushed, where the library lets an error through."""
        try:
            with self._redis.pipeline(transaction=False) as missing:
                for name, value in (("fail_counter", 0), ("success_counter", 0), ("state", state)):
                    missing.setnx(self._namespace(name), value)
                missing.execute()
        except RedisError as error:
            link.lost(error)
            if not self._made:
                raise
        self._made = True


class _Copy(CircuitMemoryStorage):
    """What was read from Redis, to be looked at in the same way."""

    def __init__(self, state: bytes | None, failures: bytes | None, opened_at: bytes | None) -> None:
        super().__init__(state.decode() if state else STATE_CLOSED)
        self._fail_counter = int(failures or 0)
        self._opened_at = dt.datetime.fromtimestamp(int(opened_at), dt.UTC) if opened_at else None


def of(party: str) -> tuple[CircuitBreakerStorage, bool]:
    """(where the party's state is, whether all processes share it)."""
    if link.worth_asking:
        try:
            shared = _Shared(STATE_CLOSED, _client(settings.REDIS_URL), namespace=_namespace(party))
        except RedisError:
            pass
        else:
            link.back()
            return shared, True
    with memory.lock:
        return memory.storages.setdefault(party, CircuitMemoryStorage(STATE_CLOSED)), False


def copies(parties: Sequence[str]) -> list[CircuitMemoryStorage] | None:
    """The shared states of several parties as they are now; None while there are none to be had."""
    if not parties or not link.worth_asking:
        return None
    keys = [key_of(party, name) for party in parties for name in ("state", "fail_counter", "opened_at")]
    values: Any = _forgiving(lambda: _client(settings.REDIS_URL).mget(keys))
    if values is None:
        return None
    link.back()
    return [_Copy(*values[place : place + 3]) for place in range(0, len(values), 3)]


def key_of(party: str, name: str) -> str:
    """Where Redis keeps ``state``, ``fail_counter`` or ``opened_at`` (whole seconds since 1970) of a party."""
    return f"{_namespace(party)}:{_Shared.BASE_NAMESPACE}:{name}"


def take_trial(party: str, token: str, *, shared: bool) -> bool:
    """Whether the one trial of a party is the caller's now."""
    if shared:
        client = _client(settings.REDIS_URL)
        return bool(_forgiving(lambda: client.set(_trial(party), token, nx=True, ex=TRIAL_SECONDS), True))
    now = time.monotonic()
    with memory.lock:
        if memory.trials.get(party, now) > now:
            return False
        memory.trials[party] = now + TRIAL_SECONDS
        return True


def end_trial(party: str, token: str, *, shared: bool) -> None:
    """Let the trial go, unless it is another's by now."""
    if shared:
        _forgiving(lambda: _client(settings.REDIS_URL).eval(END_TRIAL, 1, _trial(party), token))
    else:
        memory.trials.pop(party, None)


def forget(party: str, *, shared: bool) -> None:
    """Nobody is on trial with this party, and nothing about it is trusted."""
    if shared:
        _forgiving(lambda: _client(settings.REDIS_URL).delete(_trial(party)))
    memory.trials.pop(party, None)
    memory.trusted.pop(party, None)


def _namespace(party: str) -> str:
    return f"luckygas:breaker:{party}"


def _trial(party: str) -> str:
    return f"{_namespace(party)}:trial"


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    return _Watched.from_url(
        url,
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 1),  # a restarted server closed our connection
    )


def _forgiving(deed: Callable[[], Any], otherwise: Any = None) -> Any:
    """Redis went away in the middle: the call goes on without it."""
    try:
        return deed()
    except RedisError:
        return otherwise

"""Breakers: after a few failures in a row an outside party is left alone for a while.

A party is registered at start-up and every call to it goes through ``call``. pybreaker keeps the state in Redis, so
that all processes share it; while Redis is away each process counts for itself, and goes back to the shared state
when Redis is there again. A state is a courtesy to the party, never a business fact: Redis may be flushed at any
time, and the next failures open the breaker anew.

A party whose calls come in long rows may be registered with ``trusted_seconds``: for so long after a call
that went well, this process calls without looking at the breaker again. A failure is counted at once.

Real time, not business time: what is guarded is a machine. A breaker object lives for one call, because pybreaker's
own caches the state it last saw, and holds a lock for as long as the guarded function runs.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _
from pybreaker import (
    STATE_CLOSED,
    STATE_HALF_OPEN,
    STATE_OPEN,
    CircuitBreaker,
    CircuitBreakerError,
    CircuitBreakerListener,
    CircuitBreakerStorage,
    CircuitMemoryStorage,
    CircuitRedisStorage,
)
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from luckygas.core import live
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.extend import Registry

log = structlog.get_logger(__name__)
# The library writes a traceback for each access while Redis is away; ``_Link`` says it once.
logging.getLogger("pybreaker").setLevel(logging.CRITICAL)

Answer = TypeVar("Answer")

TRIAL_SECONDS = 120
"""One trial is under way at a time; a process that dies in it holds the others up no longer than this."""
REDIS_SECONDS = 1.0
AWAY_SECONDS = 5.0
"""How long a Redis that failed is not asked again."""
END_TRIAL = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0'


class Open(Exception):
    """The party is left alone; try again in ``seconds``."""

    def __init__(self, party: str, seconds: int) -> None:
        super().__init__(f"{party} is left alone for {seconds} s")
        self.party = party
        self.seconds = seconds


@dataclass(frozen=True)
class Party:
    """Who is guarded: opened after ``fail_max`` failures in a row, tried again after ``reset_seconds``."""

    name: str
    label: Any
    fail_max: int
    reset_seconds: int
    trusted_seconds: float = 0.0

    @property
    def seconds(self) -> int:
        return min(self.reset_seconds, settings.BREAKER_MOST_SECONDS)

    @property
    def namespace(self) -> str:
        return f"luckygas:breaker:{self.name}"

    @property
    def trial_key(self) -> str:
        return f"{self.namespace}:trial"


@dataclass(frozen=True)
class State:
    """How it stands with a party. ``state`` is closed, open or half-open (the next call is a trial).

    ``opened_at`` is real time and None while closed; ``shared`` is False where only this process is told about.
    """

    party: str
    label: str
    state: str
    failures: int
    fail_max: int
    opened_at: dt.datetime | None
    retry_in: int
    shared: bool


parties: Registry[Party] = Registry("breaker")


def register(
    party: str, label: Any, *, fail_max: int = 3, reset_seconds: int = 300, trusted_seconds: float = 0.0
) -> None:
    """In ``AppConfig.ready``. Touches nothing: the storage is reached at the first call."""
    parties.register(party, Party(party, label, fail_max, reset_seconds, trusted_seconds))


def call(
    party: str, function: Callable[[], Answer], *, healthy: tuple[type[BaseException], ...] = ()
) -> Answer:
    """What ``function()`` returns or raises; Open, without calling it, while the party is left alone.

    Every exception counts as a failure of the party but those in ``healthy``, which count as an answer. A call that
    the end of the process interrupts counts as a failure, too: nobody knows.
    """
    guarded = parties[party]
    if _memory.trusted.get(party, 0.0) > time.monotonic():
        return _run_trusted(guarded, function, healthy)
    storage, shared = _storage(guarded)
    if storage.state == STATE_CLOSED:
        looked = time.monotonic()
        answer = _run(guarded, storage, function, healthy)
        if guarded.trusted_seconds and shared:
            _memory.trusted[party] = looked + guarded.trusted_seconds
        return answer
    left = _left(guarded, storage)
    if left > 0:
        raise Open(party, left)
    with _trial(guarded, shared=shared):
        return _run(guarded, storage, function, healthy)


def states() -> list[State]:
    """Every party's, by name; one question to Redis for all of them."""
    found = _seen(list(parties))
    return [_state(party) for party in parties] if found is None else found


def state(party: str) -> State:
    """One party's; refused when there is none of this name."""
    if party not in parties:
        raise Refused(_("There is no outside party “%(party)s”.") % {"party": party}, code="party")
    return _state(parties[party])


def reset(party: str, *, actor: Actor, reason: str) -> State:
    """Close it now. Only this process's while Redis is away, which ``shared`` of the answer says."""
    before = state(party)
    if not reason.strip():
        raise Refused(_("Say why: somebody will read it when it opens again."), code="reason", field="reason")
    guarded = parties[party]
    record(
        "breaker.reset",
        actor=actor,
        subject=f"breaker:{party}",
        reason=reason.strip(),
        state=before.state,
        shared=before.shared,
    )
    storage, shared = _storage(guarded)
    _breaker(guarded, storage).close()
    if shared:
        _forgiving(lambda: _client(settings.REDIS_URL).delete(guarded.trial_key))
    _memory.trials.pop(party, None)
    _memory.trusted.pop(party, None)
    return _state(guarded)


class _Told(CircuitBreakerListener):
    """Writes a line when a breaker opens, tries and closes."""

    def state_change(self, cb: CircuitBreaker, old_state: Any, new_state: Any) -> None:
        log.warning("breaker", party=cb.name, before=old_state.name if old_state else "", now=new_state.name)
        try:
            live.tell("breakers")
        except (
            DatabaseError
        ) as error:  # it listens for the end of a transaction; the state must be kept anyway
            log.warning("breaker_not_told", party=cb.name, error=type(error).__name__)


class _Memory:
    """What this process counts for itself while Redis is away."""

    def __init__(self) -> None:
        self.storages: dict[str, CircuitMemoryStorage] = {}
        self.trials: dict[str, float] = {}
        self.trusted: dict[str, float] = {}
        self.lock = threading.Lock()


class _Link:
    """Whether Redis is worth asking. What was counted in an earlier outage is not carried into the next."""

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
            _memory.storages.clear()
            _memory.trials.clear()
            log.warning("breakers_per_process", error=type(error).__name__)

    def back(self) -> None:
        if self._away:
            self._away = False
            log.warning("breakers_shared")


_memory = _Memory()
_link = _Link()


class _Watched(Redis):
    """A client that tells the link when a command fails: the library swallows it."""

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().execute_command(*arguments, **options)
        except RedisError as error:
            _link.lost(error)
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
            _link.lost(error)
            if not self._made:
                raise
        self._made = True


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    return _Watched.from_url(
        url,
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 1),  # a restarted server closed our connection
    )


def _storage(party: Party) -> tuple[CircuitBreakerStorage, bool]:
    """(where the state is, whether all processes share it)."""
    if _link.worth_asking:
        try:
            client = _client(settings.REDIS_URL)
            shared = _Shared(STATE_CLOSED, client, namespace=party.namespace)
        except RedisError:
            pass
        else:
            _link.back()
            return shared, True
    with _memory.lock:
        return _memory.storages.setdefault(party.name, CircuitMemoryStorage(STATE_CLOSED)), False


def _breaker(party: Party, storage: CircuitBreakerStorage) -> CircuitBreaker:
    return CircuitBreaker(
        fail_max=party.fail_max,
        reset_timeout=party.seconds,
        state_storage=storage,
        name=party.name,
        listeners=[_Told()],
        throw_new_error_on_trip=False,
    )


def _run(
    party: Party,
    storage: CircuitBreakerStorage,
    function: Callable[[], Answer],
    healthy: tuple[type[BaseException], ...],
) -> Answer:
    answer: list[Answer] = []
    refusal: list[BaseException] = []
    began = False

    def guarded() -> None:
        nonlocal began
        began = True
        try:
            answer.append(function())
        except healthy as error:
            refusal.append(error)

    try:
        _breaker(party, storage).call(guarded)
    except CircuitBreakerError:
        if began:
            raise
        # Another process opened it between our look and the call.
        raise Open(party.name, _left(party, storage)) from None
    if refusal:
        raise refusal[0]
    return answer[0]


def _run_trusted(
    party: Party, function: Callable[[], Answer], healthy: tuple[type[BaseException], ...]
) -> Answer:
    """Without a look at the state; a failure is counted as if it had been looked at."""
    try:
        return function()
    except healthy:
        raise
    except BaseException as error:
        _memory.trusted.pop(party.name, None)
        _count(party, error)
        raise


def _count(party: Party, error: BaseException) -> None:
    """As a failure; not where another process opened the breaker meanwhile."""

    def fails() -> None:
        raise error

    with suppress(Open, type(error)):
        _run(party, _storage(party)[0], fails, ())


@contextmanager
def _trial(party: Party, *, shared: bool) -> Iterator[None]:
    """Hold the one trial; Open when another holds it."""
    token = uuid.uuid4().hex
    if not (_take_shared(party, token) if shared else _take_own(party)):
        raise Open(party.name, min(party.seconds, TRIAL_SECONDS))
    try:
        yield
    finally:
        if shared:
            _forgiving(lambda: _client(settings.REDIS_URL).eval(END_TRIAL, 1, party.trial_key, token))
        else:
            _memory.trials.pop(party.name, None)


def _take_shared(party: Party, token: str) -> bool:
    client = _client(settings.REDIS_URL)
    return bool(_forgiving(lambda: client.set(party.trial_key, token, nx=True, ex=TRIAL_SECONDS), True))


def _take_own(party: Party) -> bool:
    now = time.monotonic()
    with _memory.lock:
        if _memory.trials.get(party.name, now) > now:
            return False
        _memory.trials[party.name] = now + TRIAL_SECONDS
        return True


def _forgiving(deed: Callable[[], Any], otherwise: Any = None) -> Any:
    """Redis went away in the middle: the call goes on without it."""
    try:
        return deed()
    except RedisError:
        return otherwise


def _left(party: Party, storage: CircuitBreakerStorage) -> int:
    """Whole seconds until an open breaker lets a trial through."""
    since = storage.opened_at
    if storage.state != STATE_OPEN or since is None:
        return 0
    now = dt.datetime.now(dt.UTC)  # noqa: TID251  (pybreaker's own clock)
    return max(0, math.ceil((since + dt.timedelta(seconds=party.seconds) - now).total_seconds()))


class _Copy(CircuitMemoryStorage):
    """What was read from Redis, to be looked at in the same way."""

    def __init__(self, state: bytes | None, failures: bytes | None, opened_at: bytes | None) -> None:
        super().__init__(state.decode() if state else STATE_CLOSED)
        self._fail_counter = int(failures or 0)
        self._opened_at = dt.datetime.fromtimestamp(int(opened_at), dt.UTC) if opened_at else None


def _seen(wanted: list[Party]) -> list[State] | None:
    """The shared states; None while there are none to be had."""
    if not wanted or not _link.worth_asking:
        return None
    names = ("state", "fail_counter", "opened_at")
    keys = [f"{party.namespace}:{_Shared.BASE_NAMESPACE}:{name}" for party in wanted for name in names]
    values: Any = _forgiving(lambda: _client(settings.REDIS_URL).mget(keys))
    if values is None:
        return None
    _link.back()
    return [
        _described(party, _Copy(*values[place : place + len(names)]), shared=True)
        for party, place in zip(wanted, range(0, len(values), len(names)), strict=True)
    ]


def _state(party: Party) -> State:
    storage, shared = _storage(party)
    return _described(party, storage, shared=shared)


def _described(party: Party, storage: CircuitBreakerStorage, *, shared: bool) -> State:
    left = _left(party, storage)
    kept = storage.state
    closed = kept == STATE_CLOSED
    return State(
        party=party.name,
        label=str(party.label),
        state=kept if closed or left else STATE_HALF_OPEN,
        failures=storage.counter,
        fail_max=party.fail_max,
        opened_at=None if closed else storage.opened_at,
        retry_in=left,
        shared=shared,
    )

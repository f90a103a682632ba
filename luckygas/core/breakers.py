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
import math
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import Error
from django.utils.translation import gettext as _
from pybreaker import (
    STATE_CLOSED,
    STATE_HALF_OPEN,
    STATE_OPEN,
    CircuitBreaker,
    CircuitBreakerError,
    CircuitBreakerListener,
    CircuitBreakerStorage,
)

from luckygas.core import breaker_storage, live
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.extend import Registry

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")


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
    if breaker_storage.memory.trusted.get(party, 0.0) > time.monotonic():
        return _run_trusted(guarded, function, healthy)
    storage, shared = breaker_storage.of(party)
    if storage.state == STATE_CLOSED:
        looked = time.monotonic()
        answer = _run(guarded, storage, function, healthy)
        if guarded.trusted_seconds and shared:
            breaker_storage.memory.trusted[party] = looked + guarded.trusted_seconds
        return answer
    left = _left(guarded, storage)
    if left > 0:
        raise Open(party, left)
    with _trial(guarded, shared=shared):
        return _run(guarded, storage, function, healthy)


def states() -> list[State]:
    """Every party's, by name; one question to Redis for all of them."""
    wanted = list(parties)
    found = breaker_storage.copies([party.name for party in wanted])
    if found is None:
        return [_state(party) for party in wanted]
    return [_described(party, copy, shared=True) for party, copy in zip(wanted, found, strict=True)]


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
    storage, shared = breaker_storage.of(party)
    _breaker(guarded, storage).close()
    breaker_storage.forget(party, shared=shared)
    return _state(guarded)


class _Told(CircuitBreakerListener):
    """Writes a line when a breaker opens, tries and closes."""

    def state_change(self, cb: CircuitBreaker, old_state: Any, new_state: Any) -> None:
        log.warning("breaker", party=cb.name, before=old_state.name if old_state else "", now=new_state.name)
        try:
            live.tell("breakers")
        except Error as error:  # it listens for the end of a transaction; the state must be kept anyway
            log.warning("breaker_not_told", party=cb.name, error=type(error).__name__)


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
        breaker_storage.memory.trusted.pop(party.name, None)
        _count(party, error)
        raise


def _count(party: Party, error: BaseException) -> None:
    """As a failure; not where another process opened the breaker meanwhile."""

    def fails() -> None:
        raise error

    with suppress(Open, type(error)):
        _run(party, breaker_storage.of(party.name)[0], fails, ())


@contextmanager
def _trial(party: Party, *, shared: bool) -> Iterator[None]:
    """Hold the one trial; Open when another holds it."""
    token = uuid.uuid4().hex
    if not breaker_storage.take_trial(party.name, token, shared=shared):
        raise Open(party.name, min(party.seconds, breaker_storage.TRIAL_SECONDS))
    try:
        yield
    finally:
        breaker_storage.end_trial(party.name, token, shared=shared)


def _left(party: Party, storage: CircuitBreakerStorage) -> int:
    """Whole seconds until an open breaker lets a trial through."""
    since = storage.opened_at
    if storage.state != STATE_OPEN or since is None:
        return 0
    now = dt.datetime.now(dt.UTC)  # noqa: TID251  (pybreaker's own clock)
    return max(0, math.ceil((since + dt.timedelta(seconds=party.seconds) - now).total_seconds()))


def _state(party: Party) -> State:
    storage, shared = breaker_storage.of(party.name)
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

"""A party of a test alone, its failures, and the time an open breaker waits."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from redis import Redis

from luckygas.core import breaker_storage, breakers


@pytest.fixture
def party(settings: Any, db: None) -> Iterator[str]:
    """A party of this test alone: the keys of another run cannot be met."""
    settings.BREAKER_MOST_SECONDS = 3600
    name = f"test-{uuid.uuid4().hex[:8]}"
    breakers.register(name, "測試對象", fail_max=3, reset_seconds=300)
    yield name
    client = Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(f"luckygas:breaker:{name}:*"):
        client.delete(key)
    del breakers.parties._entries[name]


def fail() -> NoReturn:
    raise OSError("no answer")


def fails(party: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(OSError, match="no answer"):
            breakers.call(party, fail)


def elapsed(party: str, redis_url: str) -> None:
    """The time that an open breaker waits is over: it opened long ago, for all processes or for this one alone."""
    long_ago = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
    storage, shared = breaker_storage.of(party)
    assert storage.state == "open"
    if shared:
        Redis.from_url(redis_url).set(breaker_storage.key_of(party, "opened_at"), int(long_ago.timestamp()))
    else:
        storage.opened_at = long_ago

"""A private Redis that tests may kill, and a live process that listens to it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deployment.launcher import binaries, processes
from deployment.launcher.redis import Redis
from luckygas.core import live as telling
from tests.live.world import Live


class KilledRedis:
    """A Redis to take away and bring back, at the same address."""

    def __init__(self, folder: Path) -> None:
        self.server = Redis(binaries.redis_server(), folder, folder / "redis.log")
        self.process: subprocess.Popen[bytes] = self.server.start()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        self.process = self.server.start()


@pytest.fixture(scope="module")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KilledRedis]:
    one = KilledRedis(tmp_path_factory.mktemp("redis"))
    yield one
    processes.stop(one.process)


@pytest.fixture
def redis(_redis: KilledRedis, settings: Any, monkeypatch: pytest.MonkeyPatch) -> KilledRedis:
    """Where this test's process tells."""
    settings.REDIS_URL = _redis.server.url
    monkeypatch.setattr(telling, "_link", telling._Link())
    return _redis


@pytest.fixture
def start(tmp_path: Path, redis: KilledRedis, transactional_db: None) -> Iterator[Callable[..., Live]]:
    """``start(NAME="value")`` is one more live process."""
    started: list[Live] = []

    def begin(**env: str) -> Live:
        started.append(Live(tmp_path, redis.server.url, **env))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


@pytest.fixture(scope="module")
def _live(
    _redis: KilledRedis, tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[Live]:
    one = Live(tmp_path_factory.mktemp("live"), _redis.server.url)
    yield one
    one.stop()


@pytest.fixture
def live(_live: Live, redis: KilledRedis, transactional_db: None) -> Iterator[Live]:
    """The one that the tests of a module share: nobody is in, and its counters stand at nought."""
    _live.begin()
    yield _live
    _live.leave()

"""Redis away, a gap, a browser that does not read, the end of the process."""

from __future__ import annotations

import json
import socket as sockets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from luckygas.core import live as telling
from luckygas.core.live import tell
from tests.live.conftest import KilledRedis
from tests.live.world import ORIGIN, Live, closed, enter, eventually, hear, hears_nothing, session_of

pytestmark = pytest.mark.slow
RESYNC = {"resync": True}


def test_redis_killed_and_back_makes_everybody_ask_again(
    live: Live, redis: KilledRedis, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "AWAY_SECONDS", 0.0)
    line, _kinds = enter(live, session_of(person("office")))
    tell("notice")
    assert hear(line)["kind"] == "notice"
    redis.kill()
    tell("notice")  # nobody hears it, and nobody fails
    eventually(lambda: live.checks()["subscription"] == "away")
    assert live.status("/readyz") == live.status("/healthz") == 200
    assert hears_nothing(line)
    redis.start()
    assert hear(line, 20) == RESYNC
    tell("notice")
    assert hear(line)["kind"] == "notice"


def test_a_lost_message_and_a_flushed_redis_are_gaps(live: Live, redis: KilledRedis, person: Any) -> None:
    line, _kinds = enter(live, session_of(person("office")))
    tell("notice")
    first = hear(line)["seq"]
    telling._link._missed = True  # as after a time-out
    tell("notice")
    assert hear(line)["seq"] == first + 2
    assert hear(line) == RESYNC
    tell("notice")
    assert hear(line)["seq"] == first + 3
    Redis.from_url(redis.server.url).flushall()
    tell("notice")
    assert hear(line)["seq"] == 1
    assert hear(line) == RESYNC
    assert hears_nothing(line)


def test_garbage_on_the_channel_is_dropped(live: Live, redis: KilledRedis, person: Any) -> None:
    line, _kinds = enter(live, session_of(person("office")))
    client = Redis.from_url(redis.server.url)
    for garbage in (
        b"\xff\xfe",
        b"[]",
        b'{"seq":1}',
        b'{"seq":"1","kind":"notice","ids":[]}',
        b'{"seq":1,"kind":"x","ids":[]}',
    ):
        assert client.publish(telling.channel(), garbage) == 1
    assert hears_nothing(line)
    tell("notice")
    assert hear(line)["kind"] == "notice"
    assert live.status("/healthz") == 200


def test_a_browser_that_does_not_read_is_dropped_and_holds_nobody_up(live: Live, person: Any) -> None:
    session = session_of(person("office"))
    before = _descriptors(live)
    deaf = sockets.socket()
    deaf.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", live.port))
    deaf.sendall(
        f"GET /ws/live/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: {ORIGIN}\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Cookie: sessionid={session}\r\n\r\n".encode()
    )
    quick, _kinds = enter(live, session)
    eventually(lambda: live.figure("sockets") == 2)
    ids = ["x" * 50 + str(number) for number in range(100)]
    number = 0
    while live.figure("sockets") == 2:
        for _each in range(20):
            tell("notice", ids)
            assert hear(quick)["ids"] == ids
        number += 20
        assert number < 5000, "it was never dropped"
    print(f"\ndropped after {number} messages of {len(json.dumps(ids))} bytes")
    eventually(lambda: _descriptors(live) == before + 1)
    assert live.figure('ended_total{why="too slow"}') == 1
    deaf.close()


def _descriptors(live: Live) -> int:
    return len(list(Path(f"/proc/{live.process.pid}/fd").iterdir()))


def test_sigterm_closes_every_line_and_ends(start: Callable[..., Live], person: Any) -> None:
    live = start()
    lines = [enter(live, session_of(person(role)))[0] for role in ("office", "manager")]
    began = time.monotonic()
    code = live.stop()
    assert [closed(line)[0] for line in lines] == [1012, 1012]
    assert code == -15  # uvicorn ends as the signal would
    assert time.monotonic() - began < 5
    assert "Traceback" not in live.said()


def test_two_processes_both_hear(live: Live, start: Callable[..., Live], person: Any) -> None:
    session = session_of(person("office"))
    lines = [enter(one, session)[0] for one in (live, start())]
    tell("notice", [7])
    assert [hear(line)["ids"] for line in lines] == [[7], [7]]

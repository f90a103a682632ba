"""The one subscription of this process: hears what ``luckygas.core.live`` tells and hands it to the hub."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from luckygas.core import extend
from luckygas.live import figures
from luckygas.live.hub import Hub

log = structlog.get_logger(__name__)

PATIENCE = 15.0
"""Seconds of silence after which Redis is asked whether it is there, and once more until it is taken for gone."""
SHORTEST, LONGEST = 0.2, 5.0
"""Seconds between two tries to reach Redis."""


class Ear:
    """``listening`` says whether Redis would be heard now."""

    def __init__(self, hub: Hub, url: str, channel: str) -> None:
        self._hub = hub
        self._url = url
        self._channel = channel
        self._seq: int | None = None
        self.listening = False

    async def listen(self) -> None:
        """For ever, whatever Redis does."""
        pause = SHORTEST
        while True:
            try:
                async with self._client() as client, client.pubsub() as pubsub:
                    await pubsub.subscribe(self._channel)
                    async for message in _messages(pubsub):
                        self._hear(message)
                        pause = SHORTEST
            except (RedisError, OSError) as error:
                if self.listening or pause == SHORTEST:
                    log.warning("live_deaf", error=type(error).__name__)
            finally:
                self.listening = False
                figures.listening.set(0)
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, LONGEST)

    def _client(self) -> Redis:
        # The library's own tries would hide that we were deaf for a while.
        return Redis.from_url(
            self._url, socket_connect_timeout=2, socket_keepalive=True, retry=Retry(NoBackoff(), 0)
        )

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self._begin()
        elif message["type"] == "message":
            told = _read(message["data"])
            if told is None:
                log.warning("live_garbage", size=len(message["data"]))
            else:
                self._tell(*told)

    def _begin(self) -> None:
        """What was told while nobody listened is lost."""
        self._seq = None
        self.listening = True
        figures.listening.set(1)
        log.info("live_listening")
        self._hub.resync()

    def _tell(self, seq: int, kind: str, text: str) -> None:
        figures.heard.labels(kind=kind).inc()
        self._hub.tell(kind, text)
        if self._seq is not None and seq != self._seq + 1:  # lost on the way, or Redis was flushed
            log.warning("live_gap", expected=self._seq + 1, seq=seq)
            self._hub.resync()
        self._seq = seq


async def _messages(pubsub: PubSub) -> Any:
    """Every message; an error when Redis says nothing although asked."""
    asked = False
    while True:
        message = await pubsub.get_message(timeout=PATIENCE)
        if message is not None:
            asked = False
            yield message
        elif asked:
            raise RedisConnectionError("no answer")
        else:
            await pubsub.ping()
            asked = True


def _read(data: bytes) -> tuple[int, str, str] | None:
    """(number, kind, the text for the browsers); None for what no process of the house writes."""
    try:
        told = json.loads(data)
        seq, kind, ids = told["seq"], told["kind"], told["ids"]
    except (ValueError, KeyError, TypeError):
        return None
    if not (isinstance(seq, int) and kind in extend.live_kinds and isinstance(ids, list)):
        return None
    return seq, kind, json.dumps({"seq": seq, "kind": kind, "ids": ids}, separators=(",", ":"))

"""One line from handshake to close, as an ASGI application below Channels' routing, origin check and cookies."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError

from luckygas.live import door, figures
from luckygas.live.hub import SLOW, SPOKE, End, Guest, Hub, Line

log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SESSION_KEY = re.compile("[a-z0-9]{8,64}")
SEND_SECONDS = 10.0
"""A browser that takes nothing for so long is dropped; it comes back when it can."""


class Sockets:
    """Everybody who knocks at ``/ws/live/``."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        guest = await self._let_in(scope)
        if guest is None:
            await send({"type": "websocket.close"})  # before the handshake: 403
            return
        await send({"type": "websocket.accept"})
        line = self._hub.enter(guest)
        if isinstance(line, End):
            await _close(send, line)
            return
        try:
            line.put(json.dumps({"hello": sorted(guest.kinds)}))
            await _serve(line, receive, send)
        finally:
            self._hub.leave(line)

    async def _let_in(self, scope: Scope) -> Guest | None:
        key = scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
        try:
            guest = await door.look(key) if SESSION_KEY.fullmatch(key) else None
        except DatabaseError as error:
            log.warning("live_cannot_look", error=type(error).__name__)
            figures.refused.labels(why="database").inc()
            return None
        if guest is None:
            figures.refused.labels(why="session").inc()
        return guest


async def _serve(line: Line, receive: Receive, send: Send) -> None:
    """Until either side ends it."""
    reader: asyncio.Future[End | None] = asyncio.ensure_future(_read(receive))
    writer: asyncio.Future[End | None] = asyncio.ensure_future(_write(line, send))
    try:
        done, _rest = await asyncio.wait((reader, writer, line.ending), return_when=asyncio.FIRST_COMPLETED)
    finally:
        reader.cancel()
        writer.cancel()
        await asyncio.gather(reader, writer, return_exceptions=True)
    end = next(part.result() for part in (line.ending, writer, reader) if part in done)
    if end is not None:
        await _close(send, end)


async def _read(receive: Receive) -> End | None:
    """None when the browser left; nobody has anything to say here."""
    message = await receive()
    return None if message["type"] == "websocket.disconnect" else SPOKE


async def _write(line: Line, send: Send) -> End | None:
    while True:
        text = await line.waiting.get()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "websocket.send", "text": text})
        except TimeoutError:
            return SLOW
        except OSError:  # the browser left
            return None
        figures.sent.inc()


async def _close(send: Send, end: End) -> None:
    """Say why; who does not even take that is cut off by ``luckygas.live.wire``."""
    figures.ended.labels(why=end.why).inc()
    try:
        async with asyncio.timeout(1):
            await send({"type": "websocket.close", "code": end.code, "reason": end.why})
    except (TimeoutError, OSError):
        return

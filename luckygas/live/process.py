"""The whole of it: routing by Channels, and the parts that run beside the lines."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import structlog
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator, WebsocketDenier
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.urls import path, re_path

from luckygas.core import live
from luckygas.live import door, figures
from luckygas.live.ear import Ear
from luckygas.live.health import Health
from luckygas.live.hub import Hub
from luckygas.live.socket import Receive, Scope, Send, Sockets

log = structlog.get_logger(__name__)


class Process:
    """``application`` is what uvicorn serves."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.ear = Ear(self.hub, settings.REDIS_URL, live.channel())
        self._parts: list[asyncio.Task[None]] = []
        line = Origins(CookieMiddleware(Sockets(self.hub)), settings.LIVE_ORIGINS)
        self.application = ProtocolTypeRouter(
            {
                "http": Health(self.ear, self._is_whole),
                "websocket": URLRouter([path("ws/live/", line), re_path("", WebsocketDenier())]),
                "lifespan": self._lifespan,
            }
        )

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # lifespan.startup
        parts = (self.ear.listen(), door.keep_looking(self.hub, settings.LIVE_RECHECK_SECONDS))
        self._parts = [asyncio.ensure_future(part) for part in parts]
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown: uvicorn has closed every line by now, with 1012
        for part in self._parts:
            part.cancel()
        await asyncio.gather(*self._parts, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    def _is_whole(self) -> bool:
        return bool(self._parts) and not any(part.done() for part in self._parts)


class Origins(OriginValidator):
    """Pages of other sites are refused, and counted."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            for name, value in scope["headers"]:
                if name == b"origin":
                    urlsplit(value.decode("latin-1")).port  # noqa: B018  (what is no address raises here)
        except ValueError:
            figures.refused.labels(why="origin").inc()
            await WebsocketDenier()(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def valid_origin(self, parsed_origin: object) -> bool:
        valid = bool(super().valid_origin(parsed_origin))
        if not valid:
            figures.refused.labels(why="origin").inc()
        return valid

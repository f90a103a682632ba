"""Plain HTTP of the live process: alive, ready, figures. Everything else is 404: pages are the web's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from luckygas.core.health import readiness
from luckygas.live import figures
from luckygas.live.ear import Ear
from luckygas.live.socket import Receive, Scope, Send

Answer = tuple[int, str, bytes]


class Health:
    """``is_whole()`` says whether every part of the process still runs."""

    def __init__(self, ear: Ear, is_whole: Callable[[], bool]) -> None:
        self._ear = ear
        self._is_whole = is_whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, kind, body = await self._answer(scope["method"], scope["path"])
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, method: str, path: str) -> Answer:
        if path not in {"/healthz", "/readyz", "/metrics"}:
            return _text(404, "not found")
        if method not in {"GET", "HEAD"}:
            return _text(405, "only GET")
        if path == "/healthz":
            return _text(200, "ok") if self._is_whole() else _text(500, "a part of it ended")
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, await sync_to_async(generate_latest)(figures.REGISTRY)
        return await self._ready()

    async def _ready(self) -> Answer:
        """Redis away keeps us ready, as it keeps the web (decision 0004): pages poll meanwhile."""
        ready, found = await database_sync_to_async(readiness)()
        checks: dict[str, Any] = found | {"subscription": "ok" if self._ear.listening else "away"}
        body = json.dumps({"ready": ready, "checks": checks}).encode()
        return 200 if ready else 503, "application/json", body


def _text(status: int, text: str) -> Answer:
    return status, "text/plain", f"{text}\n".encode()

"""A live process of its own, and browsers in front of it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from deployment.launcher import processes
from tests.workday.company import ROOT

ORIGIN = "http://127.0.0.1:8000"


class Live:
    """`python -m luckygas.live` on the tests' database."""

    def __init__(self, folder: Path, redis_url: str, **env: str) -> None:
        self.port = processes.free_port()
        self.log = folder / f"live-{self.port}.log"
        place = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        own = {
            "DATABASE_URL": urlunsplit(place),
            "REDIS_URL": redis_url,
            "LUCKYGAS_SIMULATION": "1",
            "LUCKYGAS_LIVE_BIND": f"127.0.0.1:{self.port}",
            "LUCKYGAS_LIVE_ORIGINS": ORIGIN,
            "LUCKYGAS_LIVE_RECHECK_SECONDS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "luckygas.live"],
            cwd=ROOT,
            env=os.environ | own | env,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        self.sockets: list[ClientConnection] = []
        eventually(
            lambda: self.status("/healthz") == 200 and self.checks()["subscription"] == "ok", self.said
        )
        self.begin()

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        one = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            one.request(method, path)
            answer = one.getresponse()
            return answer.status, answer.read().decode()
        finally:
            one.close()

    def status(self, path: str) -> int:
        try:
            return self.get(path)[0]
        except OSError:
            return 0

    def checks(self) -> dict[str, str]:
        return dict(json.loads(self.get("/readyz")[1])["checks"])

    def begin(self) -> None:
        """From here on counters count from nought."""
        self._before = self._counters()

    def figure(self, name: str) -> float:
        """One sample of /metrics; nought while it was never counted."""
        name = f"luckygas_live_{name}"
        return self._samples().get(name, 0.0) - self._before.get(name, 0.0)

    def _samples(self) -> dict[str, float]:
        lines = [line.rpartition(" ") for line in self.get("/metrics")[1].splitlines()]
        return {name: float(value) for name, _space, value in lines if not name.startswith("#")}

    def _counters(self) -> dict[str, float]:
        return {name: value for name, value in self._samples().items() if "_total" in name}

    def leave(self) -> None:
        """Every browser goes."""
        while self.sockets:
            self.sockets.pop().close()
        eventually(lambda: self.figure("sockets") == 0, self.said)

    def said(self) -> str:
        return self.log.read_text()[-3000:]

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def eventually(true: Callable[[], object], said: Callable[[], str] = str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, said()
        time.sleep(0.02)


def session_of(user: Any) -> str:
    """The cookie of a browser in which this person is signed in."""
    client = Client()
    client.force_login(user, backend="luckygas.core.roles.RolesBackend")
    return client.cookies["sessionid"].value


def knock(
    live: Live, session: str = "", *, origin: str | None = ORIGIN, path: str = "/ws/live/"
) -> ClientConnection:
    """A browser's socket; InvalidStatus when it is not let in."""
    socket = connect(
        f"ws://127.0.0.1:{live.port}{path}",
        origin=None if origin is None else Origin(origin),
        additional_headers={"Cookie": f"sessionid={session}"} if session else {},
        close_timeout=1,
        legacy=True,
    )
    live.sockets.append(socket)
    return socket


def enter(live: Live, session: str) -> tuple[ClientConnection, list[str]]:
    """The socket and the kinds that it was promised."""
    socket = knock(live, session)
    return socket, hear(socket)["hello"]


def hear(socket: ClientConnection, seconds: float = 10) -> Any:
    return json.loads(socket.recv(timeout=seconds))


def hears_nothing(socket: ClientConnection, seconds: float = 0.3) -> bool:
    try:
        socket.recv(timeout=seconds)
    except TimeoutError:
        return True
    return False


def closed(socket: ClientConnection, seconds: float = 10) -> tuple[int, str]:
    """Code and reason with which the other side closes, whatever it says before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.recv(timeout=max(0.01, deadline - time.monotonic()))
        except ConnectionClosed as end:
            assert end.rcvd is not None, "it fell silent without a word"
            return end.rcvd.code, end.rcvd.reason
    raise AssertionError(f"not closed within {seconds} s")

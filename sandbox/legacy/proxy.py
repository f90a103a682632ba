"""The line to the old system's database: a loopback port that can be refused, slow, cut, or lose an answer.

Every connection has two threads. The one that reads the client decides what shall go wrong with the answer to a
request and then passes the request on; the one that reads the server carries it out.
"""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.legacy.line import NO_ENCRYPTION, Reading, wants_encryption
from sandbox.legacy.switches import Switches

LOOPBACK = "127.0.0.1"
LOOK_AGAIN = 0.1
CHUNK = 65536
RUBBISH = {"rubbish": b"\x00\xff%!GARBAGE\xa1", "truncated": b"C\x00\x00\x00\x0bCOM", "empty": b""}


@dataclass
class _Plan:
    """What shall become of the answer to the request at hand."""

    delay: float = 0.0
    lose: bool = False
    instead: bytes | None = None


@dataclass(eq=False)
class _Pair:
    client: socket.socket
    server: socket.socket
    plan: _Plan = field(default_factory=_Plan)

    def cut(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Proxy:
    """Listens from ``open`` to ``close``; while the switch ``down`` is on, connections are refused and cut."""

    def __init__(self, server: tuple[str, int], switches: Switches, port: int = 0) -> None:
        self._server = server
        self._switches = switches
        self._guard = threading.Lock()
        self._listener: socket.socket | None = None
        self._pairs: set[_Pair] = set()
        self._closed = False
        self.port = port

    def open(self) -> None:
        """Start listening (at once, unless down) and keep in step with the switch."""
        self._listen()
        self.follow()
        self._switches.changed = self.follow
        threading.Thread(target=self._watch, daemon=True).start()

    def close(self) -> None:
        self._closed = True
        self._stop_listening()

    @property
    def connections(self) -> int:
        return len(self._pairs)

    def follow(self) -> None:
        """Do as the switch says now."""
        if self._closed:
            return
        if self._switches.active("down"):
            self._stop_listening()
        else:
            self._listen()

    def _watch(self) -> None:
        """A switch may also end by itself, when its time is over."""
        while not self._closed:
            self.follow()
            time.sleep(LOOK_AGAIN)

    def _listen(self) -> None:
        with self._guard:
            if self._listener is not None:
                return
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, self.port))
            listener.listen(64)
            self.port = listener.getsockname()[1]
            self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _stop_listening(self) -> None:
        with self._guard:
            listener, self._listener = self._listener, None
            pairs, self._pairs = self._pairs, set()
        if listener is not None:
            # close() alone would leave the thread in accept(), and the port open with it.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for pair in pairs:
            pair.cut()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = self._reach()
        except OSError:
            client.close()
            return
        pair = _Pair(client, server)
        with self._guard:
            listening = self._listener is not None
            if listening:
                self._pairs.add(pair)
        if listening:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._answers, args=(pair,), daemon=True)
            back.start()
            self._requests(pair)
            pair.cut()
            back.join()
        with self._guard:
            self._pairs.discard(pair)
        client.close()
        server.close()

    def _reach(self) -> socket.socket:
        host, port = self._server
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(Path(host) / f".s.PGSQL.{port}"))
            return server
        server = socket.create_connection((host, port), timeout=5)
        server.settimeout(None)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def _requests(self, pair: _Pair) -> None:
        reading = Reading()
        with suppress(OSError):
            while data := pair.client.recv(CHUNK):
                for kind, message in reading.take(data):
                    if not reading.begun and wants_encryption(message):
                        pair.client.sendall(NO_ENCRYPTION)
                        continue
                    reading.note(kind, message)
                    if reading.begun and (reading.asks(kind) or reading.commits(kind, message)):
                        self._decide(pair, reading, kind, message)
                    if reading.ends(kind, message):
                        reading.forget()
                    reading.begun = True
                    pair.server.sendall(message)

    def _decide(self, pair: _Pair, reading: Reading, kind: bytes, message: bytes) -> None:
        said = reading.said.decode("latin-1")
        plan = pair.plan
        if reading.commits(kind, message) and self._switches.use("reply_lost", said):
            plan.lose = True
        if not reading.asks(kind):
            return
        if slow := self._switches.use("slow", said):
            plan.delay = slow.params["seconds"]
        if garbage := self._switches.use("garbage", said):
            plan.instead = RUBBISH[garbage.params["how"]]

    def _answers(self, pair: _Pair) -> None:
        with suppress(OSError):
            while data := pair.server.recv(CHUNK):
                plan, pair.plan = pair.plan, _Plan()
                if plan.delay:
                    time.sleep(plan.delay)
                if plan.lose:
                    break
                if plan.instead is not None:
                    pair.client.sendall(plan.instead)
                    break
                pair.client.sendall(data)
        pair.cut()

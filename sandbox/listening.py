"""A party's own door: an HTTP server on loopback that can be shut and opened again on the same port."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Door:
    """Serves ``handler`` at one port: the wanted one, else the one it had before, else a free one.

    ``address`` is a JSON file that tells where it answers, with what else a client has to know; it stays when the
    process is killed, so that the next one opens the same door.
    """

    def __init__(
        self, handler: type[BaseHTTPRequestHandler], address: Path, *, port: int = 0, **told: Any
    ) -> None:
        self._handler = handler
        self._address = address
        self._told = told
        self._server: _Server | None = None
        self.port = port or self._before()
        self.open()

    @property
    def url(self) -> str:
        """Where it answers while it is open."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def is_open(self) -> bool:
        return self._server is not None

    def open(self) -> None:
        """Listen; nothing happens when it does already."""
        if self._server is not None:
            return
        try:
            server = _Server((LOOPBACK, self.port), self._handler)
        except OSError:
            if not self.port or self._told_already():
                raise
            server = _Server((LOOPBACK, 0), self._handler)
        self._server, self.port = server, server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._tell()

    def shut(self) -> None:
        """Refuse connections; the port stays ours to open again."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            server.server_close()

    def _before(self) -> int:
        try:
            return int(json.loads(self._address.read_text())["port"])
        except (FileNotFoundError, ValueError, KeyError):
            return 0

    def _told_already(self) -> bool:
        """Whether clients were told of this port by this very process: then it must be this one."""
        try:
            return bool(json.loads(self._address.read_text()).get("pid") == os.getpid())
        except (FileNotFoundError, ValueError):
            return False

    def _tell(self) -> None:
        self._address.parent.mkdir(parents=True, exist_ok=True)
        half = self._address.with_name(f".{self._address.name}.tmp")
        told = {"url": self.url, "port": self.port, "pid": os.getpid(), **self._told}
        half.write_text(json.dumps(told))
        half.replace(self._address)

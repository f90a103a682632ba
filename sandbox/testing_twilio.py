"""Twilio's stand-in for tests: where it answers, what it has, and a receiver of callbacks."""

import base64
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.testing import RunningSandbox, start


class TwilioAccount:
    """The account of a running sandbox, as a client without any library sees it."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        told = json.loads((sandbox.directory / "twilio" / "address.json").read_text())
        self.url: str = told["url"]
        self.sid: str = told["account_sid"]
        self.token: str = told["auth_token"]
        self.home = f"/2010-04-01/Accounts/{self.sid}/Messages"

    def call(
        self, method: str, path: str, form: dict[str, str] | None = None, *, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """HTTP status and JSON of one request; urllib's errors when there is no answer."""
        words = base64.b64encode(f"{self.sid}:{self.token if token is None else token}".encode()).decode()
        data = urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(  # noqa: S310 - always http on loopback
            self.url + path, data=data, method=method, headers={"Authorization": f"Basic {words}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def send(
        self, to: str = "+886912345678", body: str = "【幸福氣】測試", **more: str
    ) -> tuple[int, dict[str, Any]]:
        """POST a message from the number +15005550006; ``more`` are further fields."""
        return self.call(
            "POST", f"{self.home}.json", {"To": to, "From": "+15005550006", "Body": body, **more}
        )

    def show(self, sid: str) -> dict[str, Any]:
        return self.call("GET", f"{self.home}/{sid}.json")[1]

    def listed(self, **query: str) -> dict[str, Any]:
        return self.call("GET", f"{self.home}.json?{urlencode(query)}")[1]

    def messages(self, match: str = "") -> list[dict[str, Any]]:
        """What it has by the control's account, newest first."""
        return self.sandbox.messages(match, 1000, party="twilio")

    def fault(self, kind: str, **params: Any) -> None:
        self.sandbox.fault(kind, party="twilio", **params)

    def act(self, action: str, **params: Any) -> dict[str, Any]:
        return self.sandbox.act(action, party="twilio", **params)


@contextmanager
def account(directory: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[TwilioAccount]:
    """A sandbox of Twilio alone, for the block."""
    running = start(directory, *options, parties=("twilio",), env=env)
    try:
        yield TwilioAccount(running)
    finally:
        if running.process.poll() is None:
            running.stop()


class Receiver:
    """Somebody's web server that takes callbacks and keeps them."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, str], str]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                receiver.taken.append((self.path, form, self.headers["X-Twilio-Signature"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def statuses(self) -> list[str]:
        return [form["MessageStatus"] for _path, form, _signature in self.taken]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

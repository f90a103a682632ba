"""Twilio's REST API over HTTP: making, showing and listing messages."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.twilio.codes import Trouble, trouble

VERSION = "/2010-04-01"
LARGEST_REQUEST = 64 * 1024
USUAL_PAGE, LARGEST_PAGE = 50, 1000
RUBBISH = b"<html><body>upstream connect error</body></html>"


class Desk(Protocol):
    """What the API asks the party; calls come from several threads."""

    account: str
    token: str

    def is_down(self) -> bool: ...

    def make(self, form: dict[str, str]) -> tuple[dict[str, Any] | Trouble, Twist]:
        """A new message, or why not, and what goes wrong with the answer."""
        ...

    def show(self, sid: str) -> tuple[dict[str, Any] | Trouble, Twist]: ...

    def page(
        self, wanted: dict[str, str], page: int, size: int
    ) -> tuple[list[dict[str, Any]], bool, Twist]: ...


class Twist:
    """What goes wrong with an answer: ``lost``, ``garbage``, an HTTP ``status`` of a server in trouble, ``seconds``."""

    def __init__(
        self, *, lost: bool = False, garbage: bool = False, status: int = 0, seconds: float = 0.0
    ) -> None:
        self.lost, self.garbage, self.status, self.seconds = lost, garbage, status, seconds


def handler(desk: Desk) -> type[BaseHTTPRequestHandler]:
    """The class of requests that are answered by ``desk``."""

    class Request(_Request):
        pass

    Request.desk = desk
    return Request


class _Request(BaseHTTPRequestHandler):
    desk: Desk
    protocol_version = "HTTP/1.1"
    timeout = 30
    # Head and body go in two writes; without this the second would wait for the first one's receipt.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the sandbox runs beside everything else."""

    def _serve(self, method: str) -> None:
        length = self.headers.get("Content-Length", "0")
        if self.desk.is_down() or not length.isdigit() or int(length) > LARGEST_REQUEST:
            self.close_connection = True
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        if not self._is_let_in():
            self._answer(trouble(20003))
            return
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        home = f"{VERSION}/Accounts/{self.desk.account}/Messages"
        if method == "POST" and parts.path == f"{home}.json":
            self._twisted(201, *self.desk.make(dict(parse_qsl(body, keep_blank_values=True))))
        elif method == "GET" and parts.path == f"{home}.json":
            self._list(home, query)
        elif method == "GET" and parts.path.startswith(f"{home}/") and parts.path.endswith(".json"):
            self._twisted(200, *self.desk.show(parts.path[len(home) + 1 : -len(".json")]))
        else:
            self._answer(trouble(20404, f"The requested resource {parts.path} was not found"))

    def _list(self, home: str, query: dict[str, str]) -> None:
        size = _whole(query.get("PageSize", ""), USUAL_PAGE, 1, LARGEST_PAGE)
        number = _whole(query.get("Page", ""), 0, 0, 10**6)
        rows, more, twist = self.desk.page(query, number, size)
        kept = {name: value for name, value in query.items() if name not in ("Page", "PageSize", "PageToken")}

        def address(page: int) -> str:
            return f"{home}.json?{urlencode({**kept, 'PageSize': size, 'Page': page})}"

        start = number * size
        self._twisted(
            200,
            {
                "end": start + max(len(rows) - 1, 0),
                "first_page_uri": address(0),
                "messages": rows,
                "next_page_uri": address(number + 1) if more else None,
                "page": number,
                "page_size": size,
                "previous_page_uri": address(number - 1) if number else None,
                "start": start,
                "uri": address(number),
            },
            twist,
        )

    def _is_let_in(self) -> bool:
        kind, _, words = self.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(words, validate=True)
        except binascii.Error:
            return False
        wanted = f"{self.desk.account}:{self.desk.token}".encode()
        return kind.lower() == "basic" and hmac.compare_digest(given, wanted)

    def _twisted(self, status: int, answer: dict[str, Any] | Trouble, twist: Twist) -> None:
        if twist.seconds:
            time.sleep(twist.seconds)
        if twist.lost:
            self.close_connection = True
        elif twist.status:
            self._answer(Trouble(twist.status, 20500, "Internal Server Error"))
        elif twist.garbage:
            self._write(status, RUBBISH, "text/html")
        elif isinstance(answer, Trouble):
            self._answer(answer)
        else:
            self._write(status, json.dumps(answer, ensure_ascii=False).encode())

    def _answer(self, refusal: Trouble) -> None:
        self._write(refusal.status, json.dumps(refusal.as_json()).encode())

    def _write(self, status: int, data: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="Twilio API"')
        self.end_headers()
        self.wfile.write(data)


def _whole(text: str, usual: int, low: int, high: int) -> int:
    return min(max(int(text), low), high) if text.isdigit() else usual

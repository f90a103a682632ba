"""The control API: JSON over HTTP on loopback. Requests and answers are in ``sandbox/README.md``."""

import json
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.faults import FaultError
from sandbox.party import Json, PartyError
from sandbox.runner import Runner

LOOPBACK = "127.0.0.1"
LARGEST_REQUEST = 64 * 1024


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: "ControlServer"
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the sandbox runs beside everything else."""

    def _answer(self, method: str) -> None:
        parts = urlsplit(self.path)
        try:
            request = {**dict(parse_qsl(parts.query)), **self._body()}
            status, answer = 200, self._route(method, parts.path, request)
        except (FaultError, PartyError) as error:
            status, answer = 400, {"error": str(error)}
        except _RefusedError as refused:
            status, answer = refused.status, {"error": str(refused)}
        except (OSError, sqlite3.Error) as error:
            status, answer = 500, {"error": f"{type(error).__name__}: {error}"}
        data = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        if status == 413:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _body(self) -> Json:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit():
            raise _RefusedError(400, f"Content-Length must be a number, not {length!r}")
        if int(length) > LARGEST_REQUEST:
            self.close_connection = True
            raise _RefusedError(413, f"a request has at most {LARGEST_REQUEST} bytes, not {length}")
        data = self.rfile.read(int(length))
        if not data.strip():
            return {}
        try:
            body = json.loads(data)
            json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError) as error:
            raise _RefusedError(400, f"the body must be JSON: {error}") from error
        if not isinstance(body, dict):
            raise _RefusedError(400, "the body must be a JSON object")
        return body

    def _route(self, method: str, path: str, request: Json) -> Json:
        runner = self.server.runner
        match method, path.rstrip("/"):
            case "GET", "/state":
                return runner.state()
            case "GET", "/faults":
                return runner.faults()
            case "GET", "/messages":
                return runner.messages(request)
            case "POST", "/faults":
                return runner.add_fault(request)
            case "DELETE", "/faults":
                return runner.clear_faults(request)
            case "POST", action if action.count("/") == 1:
                return runner.act(action[1:], request)
        raise _RefusedError(404, f"there is no {method} {path}")


class ControlServer(ThreadingHTTPServer):
    """Listens on loopback only; port 0 lets the system choose."""

    daemon_threads = True

    def __init__(self, runner: Runner, port: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.runner = runner

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.server_port}"

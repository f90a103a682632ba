"""Asked by a container: does the web answer, does the worker's heart beat?"""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from luckygas import alive


@pytest.mark.parametrize(("status", "said"), [(200, ""), (503, "/healthz: 503")])
def test_the_web_answers(monkeypatch, status, said):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.handle_request)
    thread.start()
    monkeypatch.setenv("LUCKYGAS_BIND", f"0.0.0.0:{server.server_port}")
    assert alive.web() == said
    thread.join()
    server.server_close()
    assert alive.web() == "/healthz: ConnectionRefusedError"


def test_the_workers_heart(monkeypatch, tmp_path):
    from celery.signals import heartbeat_sent

    import luckygas.celery  # noqa: F401

    beat = tmp_path / "alive"
    monkeypatch.delenv("LUCKYGAS_HEARTBEAT", raising=False)
    heartbeat_sent.send(sender=None)
    assert alive.worker() == "/nowhere: No such file or directory"
    monkeypatch.setenv("LUCKYGAS_HEARTBEAT", str(beat))
    assert "No such file" in alive.worker()
    heartbeat_sent.send(sender=None)
    assert alive.worker() == ""
    long_ago = beat.stat().st_mtime - 300
    os.utime(beat, (long_ago, long_ago))
    assert alive.worker() == f"{beat}: 300 s old"

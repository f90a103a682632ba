"""`python -m luckygas.live`: serve on LUCKYGAS_LIVE_BIND until SIGTERM, then close every line with 1012."""

from __future__ import annotations

import os

import uvicorn

from luckygas.live.wire import Wire


def main() -> None:
    host, _colon, port = os.environ.get("LUCKYGAS_LIVE_BIND", "127.0.0.1:8001").rpartition(":")
    config = uvicorn.Config(
        "luckygas.asgi:application",
        host=host,
        port=int(port),
        ws=Wire,
        ws_max_size=1024,  # nobody says anything to us
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,  # a few dozen bytes each; it would cost memory for every line
        timeout_graceful_shutdown=5,
        log_config=None,  # the house's own, set by Django
        log_level="warning",  # a line for each page opened would bury the rest
        access_log=False,
        server_header=False,
        forwarded_allow_ips=os.environ.get("LUCKYGAS_PROXIES", "127.0.0.1"),
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()

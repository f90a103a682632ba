"""How gunicorn serves the house: sync workers behind one port.

`gunicorn -c deployment/gunicorn.py luckygas.wsgi`
"""

import os
from pathlib import Path
from typing import Any

bind = os.environ.get("LUCKYGAS_BIND", "127.0.0.1:8000")
worker_class = "sync"
workers = int(os.environ.get("WEB_CONCURRENCY", "3"))
timeout = 60
graceful_timeout = 8
keepalive = 5
# A worker that leaks is replaced before anybody notices; the jitter keeps them from leaving together.
max_requests = 5000
max_requests_jitter = 500
# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
forwarded_allow_ips = os.environ.get("LUCKYGAS_PROXIES", "127.0.0.1")
# Its default is one path per user, which a second instance would take over.
control_socket_disable = True
accesslog = None  # luckygas.core.logs writes one line per request, with its id
errorlog = "-"

FIGURES = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
"""Where the processes lay down their figures, so that /metrics adds them up."""
if FIGURES:
    # Before the first import of the house: the library looks for the folder then.
    Path(FIGURES).mkdir(parents=True, exist_ok=True)


def on_starting(server: Any) -> None:
    """What a run before left would be added to this one's."""
    for left in Path(FIGURES).glob("*.db") if FIGURES else ():
        left.unlink()


def child_exit(server: Any, worker: Any) -> None:
    """A worker that ended no longer counts among the living ones."""
    if FIGURES:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)

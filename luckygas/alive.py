"""``python -m luckygas.alive web`` or ``worker``: is the program of this container alive? The exit code says it.

web: ``/healthz`` answers on the port of ``LUCKYGAS_BIND``. worker (beat, too): the file that ``LUCKYGAS_HEARTBEAT``
names was touched within ``OLDEST`` seconds. Imports nothing of the house, so that asking costs little.
"""

from __future__ import annotations

import os
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

OLDEST = 120.0


def web() -> str:
    """What is wrong, or nothing."""
    port = os.environ.get("LUCKYGAS_BIND", "127.0.0.1:8000").rpartition(":")[2]
    connection = HTTPConnection("127.0.0.1", int(port), timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"/healthz: {type(error).__name__}"
    finally:
        connection.close()
    return "" if status == 200 else f"/healthz: {status}"


def worker() -> str:
    """What is wrong, or nothing."""
    beat = Path(os.environ.get("LUCKYGAS_HEARTBEAT", "") or "/nowhere")
    try:
        age = time.time() - beat.stat().st_mtime  # noqa: TID251  (a file's time is real time)
    except OSError as error:
        return f"{beat}: {error.strerror}"
    return "" if age < OLDEST else f"{beat}: {age:.0f} s old"


if __name__ == "__main__":
    asked = {"web": web, "worker": worker}.get(sys.argv[1] if len(sys.argv) == 2 else "")
    sys.exit("usage: python -m luckygas.alive web|worker" if asked is None else asked() or 0)

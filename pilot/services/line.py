"""The one line of this thread to the old system."""

from __future__ import annotations

import os
import threading

from pilot.legacy.client import Legacy

_here = threading.local()


def legacy() -> Legacy:
    """The thread's own connection; a forked process dials for itself."""
    held: tuple[int, Legacy] | None = getattr(_here, "held", None)
    if held is None or held[0] != os.getpid():
        held = _here.held = (os.getpid(), Legacy())
    return held[1]


def hang_up() -> None:
    """Let go of it (tests, and commands that end)."""
    held: tuple[int, Legacy] | None = getattr(_here, "held", None)
    if held is not None and held[0] == os.getpid():
        held[1].close()
    _here.held = None

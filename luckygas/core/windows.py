"""Marked windows for kill tests: a process tells a killer outside that it is in the middle of something.

Off unless the simulation is on and ``LUCKYGAS_WINDOWS`` names a folder. There the killer arms a window and waits:

1. The killer puts down ``<window>.armed``, holding ``<statements> <seconds>``.
2. The first process that enters the window takes the file. Before its SQL statement of that number, or at the
   window's end when it has fewer, it writes its process id into ``<window>.open`` and lingers for the seconds.
3. When the window closes, it removes ``<window>.open``: a file that stays tells of a process that died inside.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve


@contextmanager
def window(name: str) -> Iterator[None]:
    """The work inside is a place to kill at (context manager and decorator)."""
    moment = _taken(name) if settings.WINDOWS else None
    if moment is None:
        yield
        return
    try:
        with connection.execute_wrapper(moment.before_statement):
            yield
        moment.come()
    finally:
        moment.open.unlink(missing_ok=True)


def file_of(name: str) -> str:
    """The window's name as a file's."""
    return re.sub(r"[^\w.-]+", "-", name)


class Requests:
    """Middleware: each request that may write is a window named after its view; installed for kill tests only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return self.get_response(request)
        try:
            view = resolve(request.path_info).view_name
        except Resolver404:
            view = "nowhere"
        with window(f"request {view}"):
            return self.get_response(request)


class _Moment:
    """The point inside the window at which the process shows itself."""

    def __init__(self, path: Path, statements: int, seconds: float) -> None:
        self.open = path
        self.statements = statements
        self.seconds = seconds
        self.has_come = False

    def before_statement(self, execute: Callable[..., Any], *words: Any) -> Any:
        if self.statements == 0:
            self.come()
        self.statements -= 1
        return execute(*words)

    def come(self) -> None:
        if self.has_come:
            return
        self.has_come = True
        half = self.open.with_suffix(f".{os.getpid()}")
        half.write_text(str(os.getpid()))
        half.rename(self.open)
        time.sleep(self.seconds)


def _taken(name: str) -> _Moment | None:
    """The killer's order for this window, when there is one and nobody else was quicker."""
    armed = Path(settings.WINDOWS) / f"{file_of(name)}.armed"
    mine = armed.with_suffix(f".taken{os.getpid()}")
    try:
        armed.rename(mine)
    except FileNotFoundError:
        return None
    statements, seconds = mine.read_text().split()
    mine.unlink()
    return _Moment(armed.with_suffix(".open"), int(statements), float(seconds))

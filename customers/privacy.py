"""Who reads: in the pages of the admin, names of people are as much as the reader may know.

A name stands in lists, titles, links and choices, mostly as ``str(customer)``. So it is not each page that asks, but
the row: ``Customer.shown_name`` looks at who is reading now. Nobody reads (a command, a worker, the API, a driver at
the door) means the whole name; what services store comes from ``short_name`` and is never masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse

SEES_PERSONAL = "customers.view_personal_data"
_reader: ContextVar[Any] = ContextVar("reader", default=None)


@contextmanager
def read_by(user: Any) -> Iterator[None]:
    """Inside the block, ``user`` is the one who reads."""
    token = _reader.set(user)
    try:
        yield
    finally:
        _reader.reset(token)


def is_masked() -> bool:
    """Whether somebody reads who may look but not know."""
    user = _reader.get()
    return user is not None and not user.has_perm(SEES_PERSONAL)


class Reader:
    """Middleware: the person signed in is the reader of the admin's pages. Stands behind authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/"):
            return self.get_response(request)
        with read_by(request.user):
            return self.get_response(request)

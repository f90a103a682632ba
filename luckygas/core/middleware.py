"""Middleware of the cellar: row history, idle time-out, the admin's content policy, busy rows, zero bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pghistory
import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg import errors

from luckygas.core import clock

GetResponse = Callable[[HttpRequest], HttpResponse]


class History:
    """Rows changed in a request carry who did it and which request it was."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return self.get_response(request)
        user: Any = getattr(request, "user", None)
        signed_in = user is not None and user.is_authenticated
        with pghistory.context(
            actor_kind="user" if signed_in else "anonymous",
            actor_id=user.pk if signed_in else None,
            actor=user.get_full_name() if signed_in else "",
            request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        ):
            return self.get_response(request)


class IdleTimeout:
    """A signed-in desk left alone is signed out; a driver's phone lasts a working day."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            limit = settings.STAFF_IDLE_SECONDS if user.is_staff else settings.DRIVER_IDLE_SECONDS
            present = int(clock.now().timestamp())
            last = request.session.get("seen_at")
            # Simulated time may jump; a jump forward in one step is not idleness.
            if last is not None and present - last > limit and not settings.SIMULATION:
                logout(request)
                messages.info(request, _("You were away for a while; please sign in again."))
            elif last is None or (abs(present - last) > 60 and "X-Background" not in request.headers):
                request.session["seen_at"] = present  # what a page asks by itself is no sign of a person
        return self.get_response(request)


class AdminCsp:
    """Alpine, on which the admin theme is built, needs ``unsafe-eval``: granted under /admin/ only."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: Any = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_update = {"script-src": ["'unsafe-eval'"]}
        return response


class BusyRow:
    """A lock that could not be had in time is a clear message, not an error page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError) and isinstance(
            exception.__cause__, errors.LockNotAvailable
        ):
            return render(request, "busy.html", status=409)
        return None


class ZeroByte:
    """A zero byte, which no keyboard types and PostgreSQL's text cannot hold, is a bad request, not an error page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DataError | ValueError):
            return None
        fields = (*request.GET.lists(), *request.POST.lists())
        if any("\0" in value for _name, values in fields for value in values):
            words = _("The form holds a character that cannot be kept.")
            return HttpResponse(words, status=400, content_type="text/plain; charset=utf-8")
        return None

"""A request larger than its page can use is refused before a byte of it is read.

Django bounds form fields but streams files of any size to disk, and reads them before any page has asked who is
there. So the bound stands in front, after the session is known: large only where staff bring in workbooks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from luckygas.core.api.problems import too_large

GetResponse = Callable[[HttpRequest], HttpResponse]

MAX_UPLOAD = 200 * 1024 * 1024
UPLOAD_PATH = "/admin/core/importrun/upload/"
ENVELOPE = 1024 * 1024  # the other fields, and what multipart writes around a file


class BodyBound:
    """413 with the bound in words. A body without its length is none to the server."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        text = request.META.get("CONTENT_LENGTH") or "0"
        if text.isascii() and text.isdigit() and int(text[:18]) <= bound(request):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return too_large()
        words = _("This is larger than %(most)d MB.") % {"most": bound(request) >> 20}
        return HttpResponse(words, status=413, content_type="text/plain; charset=utf-8")


def bound(request: HttpRequest) -> int:
    """The most bytes that the body of a request may have."""
    user: Any = request.user
    if request.path == UPLOAD_PATH and user.is_authenticated and user.is_staff:
        return MAX_UPLOAD + ENVELOPE
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE) + ENVELOPE

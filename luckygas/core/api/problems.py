"""Every error of the API is a problem document (RFC 9457): type, title, status, detail, and fields in error."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import errors
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from luckygas.core.errors import Busy, Refused

CONTENT_TYPE = "application/problem+json"


# Where REST framework's own text is made for a format that only the detail gets.
TITLES = {
    exceptions.MethodNotAllowed: gettext_lazy("Method not allowed"),
    exceptions.UnsupportedMediaType: gettext_lazy("Send JSON"),
}


def problem(code: str, title: str, http_status: int, detail: str = "", **extra: Any) -> Response:
    body = {"type": f"urn:luckygas:problem:{code}", "title": title, "status": http_status, "detail": detail}
    return Response(body | extra, status=http_status, content_type=CONTENT_TYPE)


def unknown_address(request: HttpRequest, address: str) -> JsonResponse:
    """What /api/v1/ answers where nothing is."""
    return JsonResponse(problem("not-found", _("Not found"), 404).data, status=404, content_type=CONTENT_TYPE)


def too_large() -> JsonResponse:
    """For a body that is refused before any view."""
    body = problem("too-large", _("Too large"), 413).data
    return JsonResponse(body, status=413, content_type=CONTENT_TYPE)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's EXCEPTION_HANDLER; None (a defect) lets Django answer 500."""
    answer = _answer(error)
    if answer is not None:
        set_rollback()
    return answer


def _answer(error: Exception) -> Response | None:
    if isinstance(error, Refused):
        busy = isinstance(error, Busy)
        http_status = status.HTTP_409_CONFLICT if busy else status.HTTP_422_UNPROCESSABLE_ENTITY
        extra = {"errors": {error.field: [str(error)]}} if error.field else {}
        title = _("Busy, try again") if busy else _("Refused")
        return problem(error.code, title, http_status, str(error), **extra)
    if isinstance(error, Http404):
        return problem("not-found", _("Not found"), 404)
    if isinstance(error, PermissionDenied):
        return problem("forbidden", _("Not allowed"), 403, str(error))
    if isinstance(error, OperationalError) and isinstance(error.__cause__, errors.LockNotAvailable):
        return problem("busy", _("Busy, try again"), 409)
    if isinstance(error, RequestDataTooBig):
        return problem("too-large", _("Too large"), 413)
    if isinstance(error, exceptions.ValidationError):
        return problem("invalid", _("Invalid input"), 400, errors=error.detail)
    if isinstance(error, exceptions.APIException):
        answer = problem(
            str(error.default_code).replace("_", "-"),
            str(TITLES.get(type(error)) or error.default_detail),
            error.status_code,
            str(error.detail),
        )
        if isinstance(error, exceptions.Throttled) and error.wait:  # type: ignore[attr-defined]
            answer["Retry-After"] = str(int(error.wait) + 1)  # type: ignore[attr-defined]
        header = getattr(error, "auth_header", None)
        if header:
            answer["WWW-Authenticate"] = header
        return answer
    return None

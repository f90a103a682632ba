"""``Idempotency-Key``: accepted on every POST, required where money, an order or a message is made.

1. The view, its effect, the key's row and the stored answer share one transaction: all of it happened, or none.
2. A second request with the same key waits for the first one's row; when that takes longer than the lock
   time-out it gets 409 and tries again. A server that dies leaves nothing behind.
3. The same key with another body or path is refused with 422.
4. A 2xx answer is stored and replayed with ``Idempotency-Replayed: true``. Any other answer undoes the
   transaction, so that the same key may be tried again with better input.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from luckygas.core.api.problems import problem
from luckygas.core.models import IdempotencyKey


class _Answered(Exception):
    """The answer is known before the view runs."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response


class Idempotent:
    """Mixin for API views, left of APIView. ``idempotency_required`` is False where a key is welcome only."""

    idempotency_required = True
    _kept: IdempotencyKey | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        with transaction.atomic():
            answer = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if answer.status_code >= 400:
                transaction.set_rollback(True)
            elif self._kept is not None:
                answer.render()
                self._kept.status, self._kept.body = answer.status_code, answer.content
                self._kept.content_type = answer["Content-Type"]
                self._kept.save(update_fields=["status", "body", "content_type"])
        return answer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method != "POST":
            return
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            if not self.idempotency_required:
                return
            detail = _("Send a header Idempotency-Key: new for each deed, the same for its retries.")
            raise _Answered(problem("idempotency-key-missing", _("Idempotency-Key is missing"), 400, detail))
        if len(key) > 255:
            raise _Answered(problem("idempotency-key-long", _("Idempotency-Key is too long"), 400))
        seen = f"{request.method} {request.path}\n".encode() + request._request.body
        self._kept = _take(request, key, hashlib.sha256(seen).hexdigest())

    def handle_exception(self, error: Exception) -> Response:
        if isinstance(error, _Answered):
            return error.response
        return super().handle_exception(error)  # type: ignore[misc]


def _take(request: Request, key: str, fingerprint: str) -> IdempotencyKey:
    """The key's new row; raises _Answered with the stored answer, or 422, when there is one already."""
    token: Any = request.auth
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(token=token, key=key, fingerprint=fingerprint)
    except IntegrityError:
        kept = IdempotencyKey.objects.get(token=token, key=key)
    if kept.fingerprint != fingerprint:
        raise _Answered(
            problem("idempotency-key-reused", _("Idempotency-Key was used for another request"), 422)
        )
    replay = HttpResponse(bytes(kept.body), status=kept.status, content_type=kept.content_type)
    replay["Idempotency-Replayed"] = "true"
    raise _Answered(replay)

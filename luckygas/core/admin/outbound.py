"""The page of a kind of outbound row: state, reason, what it waits for; send again, hold, release."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock, outbound
from luckygas.core.actor import Actor
from luckygas.core.admin.base import ServiceAdmin, service_action
from luckygas.core.models import OutboundAttempt

SENT, ASKED = _("sent"), _("asked about")
CAME_OF_IT = {
    "done": _("it is there"),
    "waiting": _("taken, the answer comes later"),
    "later": _("not taken, tried again later"),
    "unknown": _("no answer"),
    "refused": _("the party refuses it"),
}
"""What an attempt came to (``luckygas.core.outbound.Outcome.kind``), in words."""


class OutboundAdmin(ServiceAdmin):
    """The list of a kind of outbound row: state, reason, what it waits for; retry, hold, release."""

    list_display: tuple[str, ...] = ("id", "about", "status", "waiting_since", "next_try", "attempts", "said")
    list_filter = ("status",)
    ordering = ("-id",)
    actions = ("retry_rows", "hold_rows", "release_rows")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        own = [field.name for field in self.model._meta.fields if field.name not in ("key",)]
        return ["key", *own, "waits_for", "trace"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj)

    @admin.display(description=_("what"))
    def about(self, row: Any) -> str:
        return str(row)

    @admin.display(description=_("waiting since"), ordering="created_at")
    def waiting_since(self, row: Any) -> Any:
        return row.created_at

    @admin.display(description=_("next try"), ordering="not_before")
    def next_try(self, row: Any) -> Any:
        return row.not_before if row.status in {"queued", "unknown"} else "–"

    @admin.display(description=_("what the party said"))
    def said(self, row: Any) -> SafeString | str:
        text = row.held_reason if row.status == "held" else row.last_said
        return format_html('<span class="lg-name" title="{}">{}</span>', text, text[:80]) if text else "–"

    @admin.display(description=_("waits for"))
    def waits_for(self, row: Any) -> str:
        head = outbound.waits_for(row)
        return f"{head} ({head.get_status_display()})" if head else "–"

    @admin.display(description=_("attempts so far"))
    def trace(self, row: Any) -> str:
        rows = OutboundAttempt.objects.filter(kind=row._meta.label, row_id=row.pk).order_by("-id")[:20]
        lines = format_html_join(
            "",
            "<li>{} #{} {}: {} ({}) – {}</li>",
            (
                (
                    f"{clock.taipei(t.at):%m/%d %H:%M:%S}",
                    t.attempt,
                    ASKED if t.deed == "ask" else SENT,
                    CAME_OF_IT.get(t.outcome, t.outcome),
                    _("after %(seconds)s s") % {"seconds": f"{t.milliseconds / 1000:.2f}"},
                    t.said or "–",
                )
                for t in rows
            ),
        )
        return format_html("<ul>{}</ul>", lines) if lines else "–"

    @service_action(description=_("Send again"), permission="core.operate_outbound")
    def retry_rows(self, request: HttpRequest, row: Any, actor: Actor) -> None:
        outbound.retry(row, actor=actor, reason="admin")

    @service_action(description=_("Hold"), permission="core.operate_outbound")
    def hold_rows(self, request: HttpRequest, row: Any, actor: Actor) -> None:
        outbound.hold(row, actor=actor, reason="admin")

    @service_action(description=_("Release"), permission="core.operate_outbound")
    def release_rows(self, request: HttpRequest, row: Any, actor: Actor) -> None:
        outbound.release(row, actor=actor)

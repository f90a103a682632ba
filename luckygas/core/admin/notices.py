"""Notices behind the bell: what a person has not read, and the page of all of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext
from unfold.decorators import display

from luckygas.core.actor import Actor
from luckygas.core.admin.base import ServiceAdmin, service_action
from luckygas.core.models import Notice
from luckygas.core.notify import inapp

READ: dict[str, str | None] = {"read": None, "info": "info", "warning": "danger"}
VIEW = "core.view_notice"


@admin.register(Notice)
class NoticeAdmin(ServiceAdmin):
    list_display = ("at", "standing", "leads_to")
    list_display_links = None
    list_filter = ("level",)
    ordering = ("-id",)
    actions = ("mark_read",)
    empty_text = _("The house tells here what needs somebody: a message that failed, a party that is away.")
    fields = ("at", "level", "title", "url")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        """Only what this person may know; the list of another is another."""
        return inapp.of(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("unread/", self.admin_site.admin_view(self.unread), name="core_notice_unread"),
            path("<int:notice_id>/open/", self.admin_site.admin_view(self.open_one), name="core_notice_open"),
        ]
        return own + super().get_urls()

    def unread(self, request: HttpRequest) -> JsonResponse:
        """For the bell: how many, in words, and where they are."""
        count = inapp.unread(request.user).count() if request.user.has_perm(VIEW) else 0
        url = reverse("admin:core_notice_changelist")
        label = ngettext("%(count)d unread notice", "%(count)d unread notices", count) % {"count": count}
        return JsonResponse({"count": count, "label": label, "url": url, "icon": "notifications"})

    def open_one(self, request: HttpRequest, notice_id: int) -> HttpResponse:
        """Mark it read and go where it leads."""
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        mine = inapp.of(request.user)
        notice = get_object_or_404(mine, pk=notice_id)
        inapp.mark_read(request.user, mine.filter(pk=notice.pk))
        ours = url_has_allowed_host_and_scheme(notice.url, allowed_hosts={request.get_host()})
        return HttpResponseRedirect(
            notice.url if notice.url and ours else reverse("admin:core_notice_changelist")
        )

    @display(description=_("state"), label=READ)
    def standing(self, row: Any) -> tuple[str, str]:
        if row.is_read:
            return "read", pgettext("of a notice", "read")
        return row.level, str(Notice.Level(row.level).label)

    @admin.display(description=_("notice"))
    def leads_to(self, row: Notice) -> SafeString:
        url = reverse("admin:core_notice_open", args=[row.pk])
        return format_html('<a href="{}"><span class="lg-name">{}</span></a>', url, row.title)

    @service_action(description=_("Mark as read"), permission=VIEW)
    def mark_read(self, request: HttpRequest, row: Notice, actor: Actor) -> None:
        inapp.mark_read(request.user, Notice.objects.filter(pk=row.pk))

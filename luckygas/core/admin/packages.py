"""Pages that installed packages register by themselves, taken off or put on our own footing.

Django's Group page would change roles past the access table, which writes them after every migrate. The
lock-out's pages are a record: to read, not to edit (a lock ends by itself after its cooling-off time).
"""

from __future__ import annotations

import axes.admin  # registers its pages; ours take their places below
import django.contrib.auth.admin  # noqa: F401  (registers Group)
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock
from luckygas.core.admin.base import ServiceAdmin


def _named(row: AccessAttempt | AccessFailureLog | AccessLog) -> str:
    """How a record is called on its page; the package's own names are English sentences."""
    return f"{row.username or '–'} {clock.taipei(row.attempt_time):%Y-%m-%d %H:%M}"


for record in (AccessAttempt, AccessFailureLog, AccessLog):
    record.__str__ = _named
apps.get_app_config("axes").verbose_name = _("Sign-in records")
admin.site.unregister([Group, AccessAttempt, AccessFailureLog, AccessLog])


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ServiceAdmin):
    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "path_info")
    list_filter = (axes.admin.IsLockedOutFilter,)
    search_fields = ("username", "ip_address")
    fields = ("attempt_time", "username", "ip_address", "user_agent", "path_info", "failures_since_start")
    ordering = ("-attempt_time",)


@admin.register(AccessFailureLog)
class AccessFailureLogAdmin(ServiceAdmin):
    list_display = ("attempt_time", "username", "ip_address", "locked_out", "path_info")
    list_filter = ("locked_out",)
    search_fields = ("username", "ip_address")
    fields = ("attempt_time", "username", "ip_address", "user_agent", "path_info", "locked_out")
    ordering = ("-attempt_time",)


@admin.register(AccessLog)
class AccessLogAdmin(ServiceAdmin):
    list_display = ("attempt_time", "logout_time", "username", "ip_address")
    search_fields = ("username", "ip_address")
    fields = ("attempt_time", "logout_time", "username", "ip_address", "user_agent", "path_info")
    ordering = ("-attempt_time",)

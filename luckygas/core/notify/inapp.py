"""Notices to staff: told by services, seen behind the bell by everybody who holds the permission.

    tell(permission="billing.view_deposit", title=_("Three deposits wait"), url=reverse(…), once_key="bank:2026-11-23")

A notice belongs to the change it tells of: called inside its transaction, it is there when the change is.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import override

from luckygas.core import clock, live
from luckygas.core.models.notices import Notice, NoticeRead

#: Older notices leave the bell; the page of all notices keeps them.
SHOWN_FOR = dt.timedelta(days=14)


def tell(
    *, permission: str, title: Any, url: str = "", once_key: str, level: str = Notice.Level.WARNING
) -> bool:
    """Make the notice, unless ``once_key`` has told it already; whether it was made.

    ``permission`` is ``app.codename``: who holds it sees the notice. ``title`` may be lazy; it is kept in the house's
    language and holds no personal data. Never raises for a repeated key, and never waits for a reader.
    """
    with override(settings.LANGUAGE_CODE):
        text = str(title)
    notice = Notice(permission=permission, title=text[:200], url=url, once_key=once_key, level=level)
    notice.at = clock.now()
    before = Notice.objects.filter(once_key=once_key).exists()
    if not before:
        Notice.objects.bulk_create([notice], ignore_conflicts=True)
        live.tell("notice")
    return not before


def of(user: Any) -> QuerySet[Notice]:
    """The notices a person may see, newest first, each with ``is_read``."""
    read = NoticeRead.objects.filter(notice=OuterRef("pk"), user=user)
    return (
        Notice.objects.filter(permission__in=user.get_all_permissions())
        .annotate(is_read=Exists(read))
        .order_by("-id")
    )


def unread(user: Any) -> QuerySet[Notice]:
    """What a person has not read yet, of the last two weeks."""
    read = NoticeRead.objects.filter(notice=OuterRef("pk"), user=user)
    return of(user).filter(~Exists(read), at__gte=clock.now() - SHOWN_FOR)


def mark_read(user: Any, notices: QuerySet[Notice]) -> int:
    """This person has read these; how many were new to him. Reading twice is no error."""
    fresh = list(notices.values_list("pk", flat=True))
    known = set(NoticeRead.objects.filter(user=user, notice__in=fresh).values_list("notice_id", flat=True))
    rows = [NoticeRead(notice_id=pk, user=user, at=clock.now()) for pk in fresh if pk not in known]
    NoticeRead.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)

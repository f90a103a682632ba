"""Notices to staff inside the house (see luckygas.core.notify.inapp)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock


class Notice(models.Model):
    """Something that those who hold a permission should know; each of them reads it for himself.

    ``once_key`` is what makes the same thing told twice one notice. ``title`` is finished text in the house's
    language, without personal data.
    """

    class Level(models.TextChoices):
        INFO = "info", _("for your information")
        WARNING = "warning", _("needs a person")

    at = models.DateTimeField(_("time"), default=clock.now)
    level = models.CharField(_("weight"), max_length=7, choices=Level, default=Level.WARNING)
    permission = models.CharField(_("for those who may"), max_length=100)
    title = models.CharField(_("notice"), max_length=200)
    url = models.CharField(_("page"), max_length=300, blank=True)
    once_key = models.CharField(_("told once as"), max_length=150, unique=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(level__in=["info", "warning"]), name="core_notice_level"
            )
        ]
        indexes = [models.Index(fields=["permission", "-id"], name="core_notice_permission")]

    def __str__(self) -> str:
        return self.title


class NoticeRead(models.Model):
    """One person has read one notice."""

    notice = models.ForeignKey(
        Notice, verbose_name=_("notice"), on_delete=models.CASCADE, related_name="readings"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE)
    at = models.DateTimeField(_("when it was read"), default=clock.now)

    class Meta:
        verbose_name = _("reading of a notice")
        verbose_name_plural = _("readings of notices")
        constraints = [models.UniqueConstraint(fields=["notice", "user"], name="core_noticeread_once")]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.user_id}"

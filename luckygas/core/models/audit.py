"""Deeds that change no row of their own: log-in, export, a look at masked data, a switch thrown."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock


class AuditEvent(models.Model):
    """One deed. Append only: UPDATE and DELETE are refused by trigger (and by rights, where roles are split)."""

    at = models.DateTimeField(_("time"), default=clock.now, db_index=True)
    action = models.CharField(_("action"), max_length=80, db_index=True)
    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_id = models.BigIntegerField(_("actor number"), null=True, blank=True)
    actor_name = models.CharField(_("actor"), max_length=150)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    data = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-id"]
        triggers = [
            pgtrigger.Protect(name="audit_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"

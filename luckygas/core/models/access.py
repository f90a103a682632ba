"""How other programs come in: hashed, expiring, scoped tokens, and the keys that make their retries safe."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock


class ApiToken(models.Model):
    """A program's credential. Only the SHA-256 of the secret is kept; the secret is shown once, when made."""

    name = models.CharField(_("program"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=12, unique=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=60), verbose_name=_("scopes"))
    created_at = models.DateTimeField(_("made"), default=clock.now)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    created_by = models.CharField(_("made by"), max_length=150)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="core_apitoken_expires"
            )
        ]

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """The first answer given to a key, replayed to every repetition (see luckygas.core.api.idempotency)."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, verbose_name=_("API token"))
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(_("request digest"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    body = models.BinaryField(_("answer"), default=b"")
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("made"), default=clock.now, db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="core_idempotencykey_once")]

    def __str__(self) -> str:
        return self.key

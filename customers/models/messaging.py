"""What is written to customers, and who may be written to."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from luckygas.core import clock
from luckygas.core.history import track


class Occasion(models.TextChoices):
    """Why a customer is written to; the floor that owns the event announces it."""

    ORDER_CONFIRMATION = "order_confirmation", _("Order confirmed")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    DELIVERY_COMPLETED = "delivery_completed", _("Delivery completed")


class Variant(models.TextChoices):
    A = "A", "A"
    B = "B", "B"
    C = "C", "C"


class TemplateLanguage(models.TextChoices):
    CHINESE = "zh-hant", _("Traditional Chinese")
    ENGLISH = "en", _("English")


@track()
class MessageTemplate(models.Model):
    """The text of an occasion. Of several variants each customer always gets the same, by ``weight``.

    ``body`` begins with 【幸福氣】 and holds ``{placeholders}`` of its occasion; a piece in ``[square brackets]`` is left
    out when a placeholder in it has no value.
    """

    code = models.CharField(_("occasion"), max_length=40, choices=Occasion)
    variant = models.CharField(_("variant"), max_length=1, choices=Variant, default=Variant.A)
    language = models.CharField(
        _("language"), max_length=7, choices=TemplateLanguage, default=TemplateLanguage.CHINESE
    )
    weight = models.PositiveSmallIntegerField(_("share (0–100)"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)
    body = models.TextField(_("text"), max_length=600)
    updated_at = models.DateTimeField(_("changed at"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["code", "language", "variant"]
        constraints = [
            models.UniqueConstraint(fields=["code", "variant", "language"], name="customers_template_once"),
            models.CheckConstraint(condition=Q(weight__range=(0, 100)), name="customers_template_weight"),
            models.CheckConstraint(condition=Q(code__in=Occasion.values), name="customers_template_code"),
            models.CheckConstraint(
                condition=Q(variant__in=Variant.values), name="customers_template_variant"
            ),
            models.CheckConstraint(
                condition=Q(language__in=TemplateLanguage.values), name="customers_template_language"
            ),
            models.CheckConstraint(
                condition=Q(body__startswith="【幸福氣】"), name="customers_template_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()} {self.variant}"


class ConsentKind(models.TextChoices):
    SERVICE = "service", _("Service messages")
    MARKETING = "marketing", _("Marketing messages")


class ConsentSource(models.TextChoices):
    """How a customer said so."""

    PHONE = "phone", _("By phone")
    COUNTER = "counter", _("In person")
    PAPER = "paper", _("On paper")
    WORKBOOK = "workbook", _("Supplement workbook")
    PROVIDER = "provider", _("Refused at the provider (STOP)")


class MessageConsent(models.Model):
    """A customer's word about messages, as it was given. Append only: the youngest of a kind counts, none means no."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="message_consents"
    )
    kind = models.CharField(_("kind"), max_length=9, choices=ConsentKind)
    granted = models.BooleanField(_("agreed"))
    source = models.CharField(_("how"), max_length=8, choices=ConsentSource)
    note = models.CharField(_("note"), max_length=200, blank=True)
    at = models.DateTimeField(_("time"), default=clock.now)
    actor_name = models.CharField(_("recorded by"), max_length=150)

    class Meta:
        verbose_name = _("message consent")
        verbose_name_plural = _("message consents")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ConsentKind.values), name="customers_consent_kind"),
            models.CheckConstraint(
                condition=Q(source__in=ConsentSource.values), name="customers_consent_source"
            ),
        ]
        indexes = [models.Index(fields=["customer", "kind", "-id"], name="customers_consent_youngest")]
        triggers = [pgtrigger.Protect(name="consent_kept", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {'✓' if self.granted else '✗'}"

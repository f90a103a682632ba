"""Where cylinders are. Every movement has a place it leaves and a place it reaches, so the whole balances."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers import masking
from customers.models import Customer
from customers.privacy import is_masked
from luckygas.core import clock
from orders.models.catalogue import Product
from orders.models.order import Order


class PlaceKind(models.TextChoices):
    PLANT = "plant", _("filling plant")
    SHOP = "shop", _("shop")
    VEHICLE = "vehicle", _("vehicle")
    CUSTOMER = "customer", _("customer")
    INSPECTION = "inspection", _("inspection body")
    LOST = "lost", _("lost")
    SCRAP = "scrap", _("scrap")


class Condition(models.TextChoices):
    FULL = "full", _("full")
    EMPTY = "empty", _("empty")


class Place(models.Model):
    """A place that holds cylinders. A customer's place is made when the first cylinder goes there."""

    kind = models.CharField(_("kind"), max_length=10, choices=PlaceKind.choices)
    name = models.CharField(_("place name"), max_length=100)
    customer = models.OneToOneField(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="place",
    )

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["kind", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PlaceKind.values), name="orders_place_kind"),
            models.CheckConstraint(
                condition=Q(kind="customer", customer__isnull=False)
                | (~Q(kind="customer") & Q(customer__isnull=True)),
                name="orders_place_customer",
            ),
            models.UniqueConstraint(
                fields=["kind", "name"], condition=~Q(kind="customer"), name="orders_place_once"
            ),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """A customer's place has his code and name; who may not know names reads the code."""
        if self.kind == PlaceKind.CUSTOMER and is_masked():
            code, _space, name = self.name.partition(" ")
            return f"{code} {masking.name(name)}"
        return self.name


class CylinderMovement(models.Model):
    """``quantity`` cylinders of one product went from one place to another. Append only.

    ``condition`` is how they arrived, ``left_as`` how they were counted at the place they left: a cylinder
    stands at a customer's as full until it comes back empty. A mistake is mended by a movement back.
    """

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    condition = models.CharField(_("condition"), max_length=5, choices=Condition.choices)
    left_as = models.CharField(_("left as"), max_length=5, choices=Condition.choices)
    from_place = models.ForeignKey(
        Place, verbose_name=_("from"), on_delete=models.PROTECT, related_name="movements_out"
    )
    to_place = models.ForeignKey(
        Place, verbose_name=_("to"), on_delete=models.PROTECT, related_name="movements_in"
    )
    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="movements",
    )
    occurred_at = models.DateTimeField(_("time"), db_index=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_name = models.CharField(_("by"), max_length=150)
    recorded_at = models.DateTimeField(_("recorded"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("cylinder movement")
        verbose_name_plural = _("cylinder movements")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__range=(1, 10_000)), name="orders_movement_quantity"),
            models.CheckConstraint(
                condition=Q(condition__in=Condition.values, left_as__in=Condition.values),
                name="orders_movement_condition",
            ),
            models.CheckConstraint(
                condition=~Q(from_place=F("to_place")), name="orders_movement_goes_somewhere"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="movement_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.product_id} × {self.quantity}: {self.from_place_id} → {self.to_place_id}"


class MeterReading(models.Model):
    """What a flow meter showed, in kilograms, as the driver read it; billing judges it. Append only."""

    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="meter_readings",
        db_index=False,
    )
    order = models.OneToOneField(
        Order,
        verbose_name=_("order"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="meter_reading",
    )
    read_at = models.DateTimeField(_("read"))
    value = models.DecimalField(_("meter (kg)"), max_digits=10, decimal_places=3)
    actor_name = models.CharField(_("read by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("meter reading")
        verbose_name_plural = _("meter readings")
        ordering = ["-read_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0), name="orders_reading_not_negative"),
        ]
        indexes = [models.Index(fields=["customer", "-read_at"], name="orders_reading_customer")]
        triggers = [
            pgtrigger.Protect(name="reading_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.read_at:%Y-%m-%d} {self.value}"

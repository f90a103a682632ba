"""The sixteen products and what they cost from which day on."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.kinds import CylinderKind
from customers.models import Customer
from luckygas.core.history import track


class Method(models.TextChoices):
    CYLINDER = "cylinder", _("by the cylinder")
    FLOW = "flow", _("by the meter")


class Attribute(models.TextChoices):
    REGULAR = "regular", _("regular")
    COMMERCIAL = "commercial", _("propane")
    HAOYUN = "haoyun", _("Haoyun")
    PINGAN = "pingan", _("Ping'an")
    XINGFU = "xingfu", _("Happiness ball")


@track()
class Product(models.Model):
    """A kind of cylinder as it is sold; ``name`` is printed on papers.

    The catalogue is keyed by (method, size, attribute). ``net_kg`` is the gas a full one weighs,
    ``deposit`` in whole NT$. A metered product's price is per kilogram of gas, any other's per cylinder.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=CylinderKind.choices, unique=True)
    sku = models.CharField(_("SKU"), max_length=12, unique=True)
    name = models.CharField(_("product name"), max_length=40)
    method = models.CharField(_("sold"), max_length=8, choices=Method.choices)
    size_kg = models.PositiveSmallIntegerField(_("size (kg)"))
    attribute = models.CharField(_("attribute"), max_length=10, choices=Attribute.choices)
    net_kg = models.PositiveSmallIntegerField(_("gas (kg)"))
    deposit = models.DecimalField(_("deposit"), max_digits=12, decimal_places=0, default=Decimal(0))
    position = models.PositiveSmallIntegerField(_("order in lists"), default=0)
    is_active = models.BooleanField(_("sold now"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["method", "size_kg", "attribute"], name="orders_product_key"),
            models.CheckConstraint(condition=Q(kind__in=CylinderKind.values), name="orders_product_kind"),
            models.CheckConstraint(condition=Q(method__in=Method.values), name="orders_product_method"),
            models.CheckConstraint(
                condition=Q(attribute__in=Attribute.values), name="orders_product_attribute"
            ),
            models.CheckConstraint(condition=Q(net_kg__range=(1, 100)), name="orders_product_net_kg"),
            models.CheckConstraint(condition=Q(deposit__gte=0), name="orders_product_deposit"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_metered(self) -> bool:
        return self.method == Method.FLOW


@track()
class Price(models.Model):
    """What a product costs from a day on: for one customer by contract, else for everybody.

    NT$ per cylinder, or per kilogram where the product is metered. The youngest price whose day has come
    holds; a contract price beats the list whatever their days.
    """

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="prices"
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="contract_prices",
        help_text=_("Empty for the list price."),
    )
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=4)
    valid_from = models.DateField(_("valid from"))
    created_by = models.CharField(_("entered by"), max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["product_id", "-valid_from", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "customer", "valid_from"], name="orders_price_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gt=0),
                name="orders_price_above_nothing",
                violation_error_message=_("A price is above zero."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.valid_from} {self.unit_price}"

"""The customer, and the numbers he calls from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers import masking
from customers.models.area import Area
from customers.privacy import is_masked
from customers.sheets.hours import Window, delivery_windows
from customers.sheets.phones import national
from luckygas.core import clock
from luckygas.core.history import track

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from customers.models.account import CustomerAccount
    from customers.models.site import Availability, CustomerCylinder, Equipment, UsageArea, UsageMetrics

# What names or finds a person: kept out of row history, so that erasing a person erases him everywhere.
PERSONAL_COLUMNS = [
    "invoice_title", "short_name", "address", "tax_id", "email", "carrier_id", "donation_code",
    "virtual_account", "payer_account", "lat", "lng", "notes", "search_text",
]  # fmt: skip


class CustomerKind(models.TextChoices):
    COMMERCIAL = "commercial", _("Commercial")
    RESIDENTIAL = "residential", _("Residential")
    SCHOOL = "school", _("School")


class PricingMethod(models.TextChoices):
    BY_CYLINDER = "by_cylinder", _("By the cylinder")
    BY_FLOW = "by_flow", _("By the meter")


class PaymentMethod(models.TextChoices):
    CASH = "cash", _("Cash")
    MONTHLY = "monthly", _("Monthly account")
    COD = "cod", _("Collected on delivery")


class CustomerStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    TERMINATED = "terminated", _("Terminated")


class VehicleRequirement(models.TextChoices):
    ANY = "any", _("Any vehicle")
    TRUCK = "truck", _("Truck")
    MOTORCYCLE = "motorcycle", _("Motorcycle")


class CarrierType(models.TextChoices):
    MOBILE = "3J0002", _("Mobile barcode")
    CITIZEN = "CQ0001", _("Citizen digital certificate")


class Subscription(models.TextChoices):
    NONE = "none", _("Not a member")
    MEMBER = "member", _("Subscription member")
    NOT_YET = "not_yet", _("Member, not fitted yet")


class Patrol(models.TextChoices):
    NONE = "none", _("Not on patrol")
    SCHEDULED = "scheduled", _("Scheduled patrol")
    FOOD_TRUCK = "food_truck", _("Food truck")
    NIGHT_MARKET = "night_market", _("Night market")


def _one_of(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": choices.values}), name=f"customers_customer_{field}"
    )


@track(exclude=PERSONAL_COLUMNS)
class Customer(models.Model):
    """One customer and his delivery site.

    ``code`` is the seven-digit number of the client workbook and never changes. ``lat``/``lng`` are WGS 84;
    both or neither. ``max_cycle_days`` is the longest time between two visits, ``postpone_days`` how far a
    visit may slip. A business buyer (``tax_id``) cannot donate its invoice, and an invoice goes to a carrier
    or to a charity, never to both (e-invoice rules of the Ministry of Finance).
    """

    code = models.CharField(_("customer code"), max_length=7, unique=True)
    kind = models.CharField(
        _("kind"), max_length=11, choices=CustomerKind.choices, default=CustomerKind.COMMERCIAL
    )
    segment = models.CharField(
        _("trade"), max_length=20, blank=True, help_text=_("Night market, market, banquet caterer …")
    )
    invoice_title = models.CharField(_("invoice title"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=100)
    address = models.CharField(_("address"), max_length=300, blank=True)
    area = models.ForeignKey(
        Area,
        verbose_name=_("area"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="customers",
    )
    status = models.CharField(
        _("status"), max_length=10, choices=CustomerStatus.choices, default=CustomerStatus.ACTIVE
    )
    pricing_method = models.CharField(
        _("pricing"), max_length=11, choices=PricingMethod.choices, default=PricingMethod.BY_CYLINDER
    )
    payment_method = models.CharField(
        _("payment method"), max_length=7, choices=PaymentMethod.choices, default=PaymentMethod.CASH
    )
    tax_id = models.CharField(_("tax number"), max_length=8, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    carrier_type = models.CharField(_("carrier type"), max_length=6, choices=CarrierType.choices, blank=True)
    carrier_id = models.CharField(_("carrier"), max_length=64, blank=True)
    donation_code = models.CharField(_("donation code"), max_length=7, blank=True)
    virtual_account = models.CharField(_("virtual account"), max_length=16, blank=True)
    payer_account = models.CharField(
        _("payer account"),
        max_length=20,
        blank=True,
        help_text=_("Bank code and account number, digits only."),
    )
    lat = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    lng = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    point_source = models.CharField(_("source of the point"), max_length=20, blank=True)
    vehicle_requirement = models.CharField(
        _("vehicle needed"), max_length=10, choices=VehicleRequirement.choices, default=VehicleRequirement.ANY
    )
    max_cycle_days = models.PositiveSmallIntegerField(_("longest cycle (days)"), null=True, blank=True)
    postpone_days = models.PositiveSmallIntegerField(_("days a visit may slip"), null=True, blank=True)
    supply_points = models.PositiveSmallIntegerField(_("supply points"), null=True, blank=True)
    system_cylinders = models.CharField(
        _("cylinders in the old system"), max_length=100, blank=True, help_text=_("Size*number+…: 20*5+16*1")
    )
    spare_cylinders = models.CharField(_("spare cylinders"), max_length=200, blank=True)
    subscription = models.CharField(
        _("subscription"), max_length=7, choices=Subscription.choices, default=Subscription.NONE
    )
    patrol = models.CharField(_("patrol"), max_length=12, choices=Patrol.choices, default=Patrol.NONE)
    auto_report = models.BooleanField(_("reports low gas by itself"), default=False)
    needs_settlement_file = models.BooleanField(_("needs a settlement file"), default=False)
    owns_equipment = models.BooleanField(_("bought the equipment"), default=False)
    needs_same_day = models.BooleanField(_("needs delivery the same day"), default=False)
    notes = models.TextField(_("notes"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("made at"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("changed at"), default=clock.now, editable=False)
    search_text = models.GeneratedField(
        expression=models.Func(
            models.Func(
                "short_name", models.Value(" "), "invoice_title", models.Value(" "), "address",
                template="%(expressions)s", arg_joiner=" || ",
            ),
            function="UPPER",
        ),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )  # fmt: skip

    if TYPE_CHECKING:
        phones: RelatedManager[CustomerPhone]
        cylinders: RelatedManager[CustomerCylinder]
        usage_areas: RelatedManager[UsageArea]
        availability: Availability
        equipment: Equipment
        usage_metrics: UsageMetrics
        account: CustomerAccount

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["code"]
        permissions = [("view_personal_data", _("See personal data"))]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{7}$"), name="customers_customer_code"),
            models.CheckConstraint(
                condition=Q(tax_id="") | Q(tax_id__regex=r"^[0-9]{8}$"), name="customers_customer_tax_id"
            ),
            models.CheckConstraint(
                condition=Q(carrier_type="", carrier_id="")
                | (Q(carrier_type__in=CarrierType.values) & ~Q(carrier_id="")),
                name="customers_customer_carrier_type",
            ),
            models.CheckConstraint(
                condition=Q(donation_code="") | Q(donation_code__regex=r"^[0-9]{3,7}$"),
                name="customers_customer_donation_code",
            ),
            models.CheckConstraint(
                condition=Q(donation_code="") | Q(carrier_id=""),
                name="customers_customer_carrier_or_donation",
            ),
            models.CheckConstraint(
                condition=Q(donation_code="") | Q(tax_id=""),
                name="customers_customer_business_never_donates",
            ),
            models.CheckConstraint(
                condition=Q(virtual_account="") | Q(virtual_account__regex=r"^[0-9]{10,16}$"),
                name="customers_customer_virtual_account",
            ),
            models.CheckConstraint(
                condition=Q(payer_account="") | Q(payer_account__regex=r"^[0-9]{8,20}$"),
                name="customers_customer_payer_account",
            ),
            models.CheckConstraint(
                condition=Q(lat__isnull=True, lng__isnull=True)
                | Q(
                    lat__isnull=False,
                    lng__isnull=False,
                    lat__range=(Decimal("21.5"), Decimal("26.5")),
                    lng__range=(Decimal(118), Decimal("122.5")),
                ),
                name="customers_customer_point_in_taiwan",
            ),
            models.CheckConstraint(
                condition=Q(max_cycle_days__isnull=True) | Q(max_cycle_days__range=(1, 400)),
                name="customers_customer_max_cycle_days",
            ),
            models.CheckConstraint(
                condition=Q(postpone_days__isnull=True) | Q(postpone_days__range=(0, 400)),
                name="customers_customer_postpone_days",
            ),
            _one_of("kind", CustomerKind),
            _one_of("status", CustomerStatus),
            _one_of("pricing_method", PricingMethod),
            _one_of("payment_method", PaymentMethod),
            _one_of("vehicle_requirement", VehicleRequirement),
            _one_of("subscription", Subscription),
            _one_of("patrol", Patrol),
            models.UniqueConstraint(
                fields=["virtual_account"],
                condition=~Q(virtual_account=""),
                name="customers_customer_virtual_account_once",
            ),
        ]
        indexes = [
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="customers_search_text"),
            models.Index(fields=["tax_id"], condition=~Q(tax_id=""), name="customers_tax_id"),
            models.Index(
                fields=["payer_account"], condition=~Q(payer_account=""), name="customers_payer_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.shown_name}"

    @property
    def masked_name(self) -> str:
        """A household's name is a person's: its family name. A shop's hangs over its door."""
        return masking.name(self.short_name) if self.kind == CustomerKind.RESIDENTIAL else self.short_name

    @property
    def shown_name(self) -> str:
        """The name as far as the person who reads may know it (see ``customers.privacy``)."""
        return self.masked_name if is_masked() else self.short_name

    @property
    def shown_title(self) -> str:
        """The invoice title, likewise."""
        if is_masked() and self.kind == CustomerKind.RESIDENTIAL:
            return masking.name(self.invoice_title)
        return self.invoice_title

    @property
    def is_metered(self) -> bool:
        return self.pricing_method == PricingMethod.BY_FLOW

    @property
    def is_active(self) -> bool:
        return self.status == CustomerStatus.ACTIVE

    def closed_on(self, date: dt.date) -> str:
        """Why the customer is closed on a date, in the reader's language; empty when open."""
        availability = getattr(self, "availability", None)
        return availability.closed_on(date) if availability is not None else ""

    def windows(self) -> list[Window]:
        """When the customer takes deliveries: (start, end) in seconds after Taipei midnight, in order."""
        availability = getattr(self, "availability", None)
        return availability.windows() if availability is not None else delivery_windows("all_day", ())


@track(exclude=["number"])
class CustomerPhone(models.Model):
    """A number in E.164 (+88689331234); the desk finds it by any run of its digits."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="phones"
    )
    number = models.CharField(_("phone number"), max_length=16)
    label = models.CharField(_("label"), max_length=20, blank=True)
    is_primary = models.BooleanField(_("main number"), default=False)

    class Meta:
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")
        ordering = ["-is_primary", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__regex=r"^\+[1-9][0-9]{6,14}$"), name="customers_phone_e164"
            ),
            models.UniqueConstraint(fields=["customer", "number"], name="customers_phone_once"),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_primary=True), name="customers_phone_one_primary"
            ),
        ]
        indexes = [GinIndex(fields=["number"], opclasses=["gin_trgm_ops"], name="customers_phone_number")]

    def __str__(self) -> str:
        return self.national

    @property
    def national(self) -> str:
        """As people of Taiwan write it."""
        return national(self.number)

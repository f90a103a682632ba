"""An order: what a customer gets on a day, and how that went."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.models.customer import PaymentMethod
from customers.models.site import SlotPreference
from luckygas.core import clock
from luckygas.core.history import track
from luckygas.core.states import Machine, table
from orders.models.catalogue import Product

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

#: The database setting under which the history importer alone may write the source 歷史.
HISTORY_SETTING = "luckygas.history_import"


class OrderSource(models.TextChoices):
    """Where an order comes from: the four sources of the daily list, and the past as it was imported."""

    FORECAST = "forecast", _("Forecast visit")
    TELEMETRY = "telemetry", _("Low-gas report")
    PHONED = "phoned", _("Phoned order")
    OVERDUE = "overdue", _("Cycle exceeded")
    HISTORY = "history", _("History")


class OrderStatus(models.TextChoices):
    PENDING = "pending", _("To be confirmed")
    CONFIRMED = "confirmed", _("Confirmed")
    ASSIGNED = "assigned", _("Planned")
    IN_DELIVERY = "in_delivery", _("On the way")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Not delivered")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_STATUSES = (
    OrderStatus.PENDING,
    OrderStatus.CONFIRMED,
    OrderStatus.ASSIGNED,
    OrderStatus.IN_DELIVERY,
)


class ServedBy(models.TextChoices):
    """Which of the two systems dispatches, invoices and announces an order: exactly one."""

    OURS = "ours", _("this system")
    LEGACY = "legacy", _("old system")


class FailureReason(models.TextChoices):
    """Why a driver could not deliver."""

    ABSENT = "absent", _("Nobody there")
    REFUSED = "refused", _("Customer refused")
    CLOSED = "closed", _("Closed")
    NO_ACCESS = "no_access", _("No access")
    WRONG_ADDRESS = "wrong_address", _("Address not found")
    NO_STOCK = "no_stock", _("Not enough cylinders on board")
    UNSAFE = "unsafe", _("Unsafe installation")
    NO_TIME = "no_time", _("Out of time")
    OTHER = "other", _("Other")


@track(exclude=["note"])
class Order(models.Model):
    """``number`` is ``O-YYYYMMDD-NNNNNN`` of the day the order was taken; ``latest_date`` the last day
    a visit may slip to.

    ``total_amount`` in whole NT$ is what the lines sold by the cylinder come to, as ordered until delivered
    and as delivered after; metered gas is billed by its readings.
    ``lacks_price`` says that a line has none yet. ``version`` counts the changes, so that a
    form made from an older one is refused. ``due_date`` is the day whose run of due visits made the order;
    ``client_key`` the form that made it; ``occurrence`` tells imported orders of the same minute apart.
    ``number_there`` is the order's number in the old system, where it has one. What the old system serves is here
    to be seen and planned around: it knows the few steps of ``FOREIGN`` and is never planned or on the way.
    """

    MACHINE = Machine(
        OrderStatus,
        table(
            {
                "pending": ["confirmed", "cancelled"],
                "confirmed": ["assigned", "cancelled"],
                "assigned": ["confirmed", "in_delivery", "delivered", "failed", "cancelled"],
                "in_delivery": ["delivered", "failed"],
                "failed": ["confirmed", "cancelled"],
                "delivered": [],
                "cancelled": [],
            }
        ),
    )
    FOREIGN = Machine(
        OrderStatus,
        {status: frozenset[str]() for status in OrderStatus.values}
        | table({"confirmed": ["delivered", "cancelled"]}),
    )

    number = models.CharField(_("order number"), max_length=17)
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="orders",
        db_index=False,  # the indexes below begin with it
    )
    source = models.CharField(_("source"), max_length=9, choices=OrderSource.choices)
    status = models.CharField(
        _("status"), max_length=11, choices=OrderStatus.choices, default=OrderStatus.PENDING
    )
    scheduled_date = models.DateField(_("delivery day"))
    latest_date = models.DateField(_("latest day"), null=True, blank=True)
    slot = models.CharField(
        _("slot"), max_length=9, choices=SlotPreference.choices, default=SlotPreference.ALL_DAY
    )
    window_start = models.TimeField(_("not before"), null=True, blank=True)
    window_end = models.TimeField(_("not after"), null=True, blank=True)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    payment_method = models.CharField(
        _("payment"), max_length=7, choices=PaymentMethod.choices, default=PaymentMethod.CASH
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    total_amount = models.DecimalField(_("total"), max_digits=12, decimal_places=0, default=Decimal(0))
    lacks_price = models.BooleanField(_("a price is missing"), default=False, editable=False)
    served_by = models.CharField(
        _("served by"),
        max_length=6,
        choices=ServedBy.choices,
        default=ServedBy.OURS,
        db_default=ServedBy.OURS,
    )
    number_there = models.CharField(
        _("number in the old system"), max_length=40, blank=True, default="", db_default="", editable=False
    )
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    failure = models.CharField(
        _("why not delivered"), max_length=13, choices=FailureReason.choices, blank=True
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    due_date = models.DateField(_("made for the day"), null=True, blank=True, editable=False)
    client_key = models.UUIDField(_("form"), null=True, blank=True, editable=False)
    occurrence = models.PositiveSmallIntegerField(_("occurrence"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    created_by = models.CharField(_("taken by"), max_length=150, blank=True, editable=False)

    if TYPE_CHECKING:
        lines: RelatedManager[OrderLine]
        status_changes: RelatedManager[OrderStatusChange]

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="orders_order_number"),
            models.UniqueConstraint(
                fields=["client_key"], condition=Q(client_key__isnull=False), name="orders_order_client_key"
            ),
            models.UniqueConstraint(
                fields=["number_there"], condition=~Q(number_there=""), name="orders_order_number_there"
            ),
            models.CheckConstraint(
                condition=Q(served_by="ours") | Q(status__in=["confirmed", "delivered", "cancelled"]),
                name="orders_order_foreign_status",
            ),
            models.UniqueConstraint(
                fields=["customer", "due_date"],
                condition=Q(due_date__isnull=False),
                name="orders_order_due_once",
            ),
            models.UniqueConstraint(
                fields=["customer", "delivered_at", "occurrence"],
                condition=Q(source="history"),
                name="orders_order_history_once",
            ),
            models.CheckConstraint(
                condition=Q(number__regex=r"^O-[0-9]{8}-[0-9]{6}$"), name="orders_order_number_shape"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values), name="orders_order_status"
            ),
            models.CheckConstraint(condition=Q(source__in=OrderSource.values), name="orders_order_source"),
            models.CheckConstraint(condition=Q(slot__in=SlotPreference.values), name="orders_order_slot"),
            models.CheckConstraint(
                condition=Q(payment_method__in=PaymentMethod.values), name="orders_order_payment"
            ),
            models.CheckConstraint(
                condition=Q(served_by__in=ServedBy.values), name="orders_order_served_by"
            ),
            models.CheckConstraint(
                condition=Q(failure="") | Q(failure__in=FailureReason.values), name="orders_order_failure"
            ),
            models.CheckConstraint(
                condition=Q(status="delivered", delivered_at__isnull=False)
                | (~Q(status="delivered") & Q(delivered_at__isnull=True)),
                name="orders_order_delivered_at",
            ),
            models.CheckConstraint(
                condition=~Q(source="history") | Q(status="delivered", total_amount=0, occurrence__gte=1),
                name="orders_order_history",
            ),
            models.CheckConstraint(
                condition=Q(latest_date__isnull=True) | Q(latest_date__gte=F("scheduled_date"))
                | Q(source="overdue"),
                name="orders_order_latest_date",
            ),
            models.CheckConstraint(
                condition=Q(window_start__isnull=True)
                | Q(window_end__isnull=True)
                | Q(window_start__lt=F("window_end")),
                name="orders_order_window",
            ),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="orders_order_total"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["customer", "-scheduled_date"], name="orders_order_customer"),
            models.Index(
                fields=["customer", "-delivered_at"],
                condition=Q(status="delivered"),
                name="orders_order_last",
            ),
            models.Index(fields=["scheduled_date", "status"], name="orders_order_day"),
            models.Index(
                fields=["status", "scheduled_date"],
                condition=Q(status__in=["pending", "confirmed", "assigned", "in_delivery", "failed"]),
                name="orders_order_open",
            ),
            models.Index(fields=["id"], condition=Q(lacks_price=True), name="orders_order_lacks_price"),
            models.Index(fields=["source", "id"], condition=~Q(source="history"), name="orders_order_source"),
        ]
        permissions = [("import_history", "Can import the delivery history")]
        triggers = [
            pgtrigger.Trigger(
                name="order_history_insert",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__source="history"),
                func=f"""
                    IF current_setting('{HISTORY_SETTING}', true) IS DISTINCT FROM 'on' THEN
                        RAISE EXCEPTION 'only the history importer writes orders of source history'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="order_history_update",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__source="history") & ~pgtrigger.Q(old__source="history"),
                func="""
                    RAISE EXCEPTION 'an order does not become history'
                        USING ERRCODE = 'check_violation';
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def is_foreign(self) -> bool:
        """Whether the old system serves it now; what was imported of the past is nobody's work any more."""
        return self.served_by == ServedBy.LEGACY and self.source != OrderSource.HISTORY


@track()
class OrderLine(models.Model):
    """One product of an order. ``unit_price`` NT$ per cylinder (per kg where metered), empty while unknown.

    ``quantity`` is what was ordered (0 for a product that came up at the door), the rest what really
    happened: empty until then.
    """

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    quantity = models.PositiveSmallIntegerField(_("ordered"))
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=4, null=True, blank=True)
    delivered_quantity = models.PositiveSmallIntegerField(_("delivered"), null=True, blank=True)
    empties_returned = models.PositiveSmallIntegerField(_("empties back"), null=True, blank=True)
    full_returned = models.PositiveSmallIntegerField(_("full ones back"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order_id", "product_id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="orders_line_once"),
            models.CheckConstraint(condition=Q(quantity__range=(0, 1000)), name="orders_line_quantity"),
            models.CheckConstraint(
                condition=Q(unit_price__isnull=True) | Q(unit_price__gt=0), name="orders_line_unit_price"
            ),
            models.CheckConstraint(
                condition=(Q(delivered_quantity__isnull=True) | Q(delivered_quantity__lte=1000))
                & (Q(empties_returned__isnull=True) | Q(empties_returned__lte=1000))
                & Q(full_returned__lte=1000),
                name="orders_line_delivered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} × {self.quantity}"


class OrderStatusChange(models.Model):
    """A step in an order's life, with its reason. Append only."""

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="status_changes"
    )
    old = models.CharField(_("from"), max_length=11, choices=OrderStatus.choices, blank=True)
    new = models.CharField(_("to"), max_length=11, choices=OrderStatus.choices)
    at = models.DateTimeField(_("time"), default=clock.now)
    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_name = models.CharField(_("by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        ordering = ["id"]
        triggers = [
            pgtrigger.Protect(name="status_change_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class OrderCounter(models.Model):
    """The last order number given out for a day; its row is the lock."""

    day = models.DateField(_("date"), primary_key=True)
    last = models.PositiveIntegerField(_("last number"))

    class Meta:
        verbose_name = _("order counter")
        verbose_name_plural = _("order counters")
        constraints = [
            models.CheckConstraint(condition=Q(last__range=(0, 999_999)), name="orders_counter_last")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.last}"

"""The plan of a day: its routes, their stops, and what could not be served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dispatch.models.fleet import CrewSection, Half, Shift
from luckygas.core import clock
from luckygas.core.history import track
from luckygas.core.states import Machine, table
from orders.models import FailureReason, Order

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class PlanStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    SOLVING = "solving", _("Planning")
    READY = "ready", _("Ready")
    PUBLISHED = "published", _("Published")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class DayPlan(models.Model):
    """One attempt at planning a date. Nobody sees its routes before the checker passed them.

    `seconds`/`iterations`, `seed` and `matrix` say how it was made; `method` is pyvrp or greedy (the simple
    plan used when the search failed), `notices` what the planner must tell people about papers and sites.
    """

    MACHINE = Machine(
        PlanStatus,
        table(
            {
                "queued": ["solving", "cancelled"],
                "solving": ["queued", "ready", "failed", "cancelled"],
                "ready": ["published", "cancelled"],
                "published": ["withdrawn"],
                "failed": [],
                "cancelled": [],
                "withdrawn": [],
            }
        ),
    )

    date = models.DateField(_("date"))
    status = models.CharField(
        _("status"), max_length=9, choices=PlanStatus.choices, default=PlanStatus.QUEUED
    )
    seconds = models.PositiveSmallIntegerField(_("seconds of search"), null=True, blank=True)
    iterations = models.PositiveIntegerField(_("iterations of search"), null=True, blank=True)
    seed = models.PositiveBigIntegerField(_("seed"), default=1)
    matrix = models.CharField(_("distances from"), max_length=60, default="haversine")
    method = models.CharField(_("method"), max_length=10, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    progress = models.PositiveSmallIntegerField(_("progress (%)"), default=0)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    distance_m = models.PositiveIntegerField(_("distance (m)"), default=0)
    notices = models.JSONField(_("notices"), default=list, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    made_by = models.CharField(_("by"), max_length=150)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    if TYPE_CHECKING:
        routes: RelatedManager[Route]
        unserved: RelatedManager[UnservedStop]

    class Meta:
        verbose_name = _("day plan")
        verbose_name_plural = _("day plans")
        ordering = ["-date", "-id"]
        permissions = [("publish_dayplan", _("Can publish a day plan"))]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=PlanStatus.values), name="dispatch_dayplan_status"),
            models.UniqueConstraint(
                fields=["date"], condition=Q(status="published"), name="dispatch_dayplan_one_published"
            ),
            models.UniqueConstraint(
                fields=["date"],
                condition=Q(status__in=["queued", "solving"]),
                name="dispatch_dayplan_one_at_work",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="dispatch_dayplan_progress"),
            models.CheckConstraint(
                condition=Q(seconds__isnull=True, iterations__isnull=False)
                | Q(seconds__isnull=False, iterations__isnull=True),
                name="dispatch_dayplan_one_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y/%m/%d} #{self.pk}"

    @property
    def is_at_work(self) -> bool:
        return self.status in (PlanStatus.QUEUED, PlanStatus.SOLVING)


class SheetSection(models.TextChoices):
    """The sections of the daily dispatch sheet."""

    SOUTH_EARLY = "south_early", _("South plan, early")
    SOUTH_LATE = "south_late", _("South plan, late")
    NORTH_EARLY = "north_early", _("North plan, early")
    NORTH_LATE = "north_late", _("North plan, late")
    CALL_EARLY = "call_early", _("Call-in, early")
    CALL_LATE = "call_late", _("Call-in, late")
    OUTSIDE = "outside", _("Outside car")

    @classmethod
    def of(cls, section: str, half: str) -> SheetSection:
        """The section of a crew in a half of the day."""
        early = half == Half.MORNING
        match section:
            case CrewSection.SOUTH:
                return cls.SOUTH_EARLY if early else cls.SOUTH_LATE
            case CrewSection.NORTH:
                return cls.NORTH_EARLY if early else cls.NORTH_LATE
            case CrewSection.OUTSIDE:
                return cls.OUTSIDE
            case _:
                return cls.CALL_EARLY if early else cls.CALL_LATE


class RouteStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    PUBLISHED = "published", _("Published")
    IN_PROGRESS = "in_progress", _("On the road")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")


class Route(models.Model):
    """One crew's half-day. Mileage is what the odometer shows, in whole kilometres."""

    MACHINE = Machine(
        RouteStatus,
        table(
            {
                "planned": ["published", "cancelled"],
                "published": ["in_progress", "cancelled"],
                "in_progress": ["completed"],
                "completed": [],
                "cancelled": [],
            }
        ),
    )

    plan = models.ForeignKey(
        DayPlan, verbose_name=_("day plan"), on_delete=models.CASCADE, related_name="routes"
    )
    shift = models.ForeignKey(
        Shift, verbose_name=_("work shift"), on_delete=models.PROTECT, related_name="routes"
    )
    section = models.CharField(_("section"), max_length=11, choices=SheetSection.choices)
    status = models.CharField(
        _("status"), max_length=11, choices=RouteStatus.choices, default=RouteStatus.PLANNED
    )
    distance_m = models.PositiveIntegerField(_("distance (m)"), default=0)
    leaves_at = models.DateTimeField(_("leaves"), null=True, blank=True)
    back_at = models.DateTimeField(_("back at the depot"), null=True, blank=True)
    start_km = models.PositiveIntegerField(_("mileage at start"), null=True, blank=True)
    end_km = models.PositiveIntegerField(_("mileage at end"), null=True, blank=True)
    loaded_trips = models.PositiveSmallIntegerField(_("trips loaded"), default=0, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    if TYPE_CHECKING:
        stops: RelatedManager[RouteStop]

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering = ["plan_id", "section", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RouteStatus.values), name="dispatch_route_status"),
            models.UniqueConstraint(fields=["plan", "shift"], name="dispatch_route_one_per_shift"),
            models.CheckConstraint(
                condition=Q(section__in=SheetSection.values), name="dispatch_route_section"
            ),
            models.CheckConstraint(
                condition=Q(start_km__isnull=True) | Q(end_km__isnull=True) | Q(end_km__gte=F("start_km")),
                name="dispatch_route_mileage_grows",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_section_display()} {self.shift.driver.name}"


class StopStatus(models.TextChoices):
    PENDING = "pending", _("To do")
    ARRIVED = "arrived", _("Arrived")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Not delivered")
    MOVED = "moved", _("Moved")


@track()
class RouteStop(models.Model):
    """An order on a route. `is_live` is true from publishing until the stop fails or moves, once per order.

    `is_approximate`: the site has no point of its own and was planned at its area's centre.
    """

    MACHINE = Machine(
        StopStatus,
        table(
            {
                "pending": ["arrived", "delivered", "failed", "moved"],
                "arrived": ["delivered", "failed", "moved"],
                "delivered": [],
                "failed": [],
                "moved": [],
            }
        ),
    )

    route = models.ForeignKey(Route, verbose_name=_("route"), on_delete=models.CASCADE, related_name="stops")
    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="stops")
    trip = models.PositiveSmallIntegerField(_("trip"))
    sequence = models.PositiveSmallIntegerField(_("sequence"))
    eta = models.DateTimeField(_("expected"), null=True, blank=True)
    is_approximate = models.BooleanField(_("planned at its area's centre"), default=False)
    status = models.CharField(
        _("status"), max_length=9, choices=StopStatus.choices, default=StopStatus.PENDING
    )
    is_live = models.BooleanField(_("in force"), default=False, editable=False)
    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    cash = models.DecimalField(_("cash"), max_digits=12, decimal_places=0, null=True, blank=True)
    failure_reason = models.CharField(_("reason"), max_length=13, choices=FailureReason.choices, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    moved_to = models.ForeignKey(
        "self",
        verbose_name=_("re-assigned to"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="moved_from",
    )

    class Meta:
        verbose_name = _("stop")
        verbose_name_plural = _("stops")
        ordering = ["route_id", "sequence"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=StopStatus.values), name="dispatch_routestop_status"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(is_live=True), name="dispatch_routestop_one_live"
            ),
            models.UniqueConstraint(
                fields=["route", "order"],
                condition=~Q(status__in=["moved", "failed"]),
                name="dispatch_routestop_once_on_a_route",
            ),
            models.CheckConstraint(
                condition=Q(cash__isnull=True) | Q(cash__gte=0), name="dispatch_routestop_cash"
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | Q(failure_reason__in=FailureReason.values),
                name="dispatch_routestop_failed_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status="delivered") | Q(done_at__isnull=False),
                name="dispatch_routestop_delivered_when",
            ),
        ]
        indexes = [
            models.Index(fields=["order"], name="dispatch_routestop_order"),
            models.Index(fields=["status", "-id"], name="dispatch_routestop_list"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.order}"


class UnservedStop(models.Model):
    """An order the plan could not serve. `rule` is the planner's own words, `code` and `facts` the same for
    translation (see `dispatch.queries.reasons`)."""

    plan = models.ForeignKey(
        DayPlan, verbose_name=_("day plan"), on_delete=models.CASCADE, related_name="unserved"
    )
    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="unserved"
    )
    code = models.CharField(_("code"), max_length=20)
    rule = models.CharField(_("rule"), max_length=300)
    facts = models.JSONField(_("facts"), default=dict)

    class Meta:
        verbose_name = _("unserved order")
        verbose_name_plural = _("unserved orders")
        ordering = ["plan_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "order"], name="dispatch_unserved_once"),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.rule}"

"""The day plan: make it, look at it, change it by hand, give it to the crews, print it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSingleDateWidget

from customers.privacy import SEES_PERSONAL
from dispatch import tasks
from dispatch.models import DayPlan, Route, RouteStop, UnservedStop
from dispatch.models.plan import PlanStatus, RouteStatus
from dispatch.papers import dispatch_sheet
from dispatch.queries import reasons, sheet
from dispatch.services import moves, plans
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin
from luckygas.core.errors import Refused
from luckygas.core.numbers import whole
from orders.models import Order

PUBLISHES = "dispatch.publish_dayplan"
MOVES = "dispatch.change_routestop"


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class PlanForm(forms.ModelForm):
    """Which day, and how long to search."""

    date = forms.DateField(label=gettext_lazy("date"), widget=UnfoldAdminSingleDateWidget)
    seconds = forms.IntegerField(
        label=gettext_lazy("seconds of search"),
        min_value=1,
        max_value=plans.MAX_SECONDS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Longer finds shorter routes: 10 for a look, 60 for the day."),
    )
    seed = forms.IntegerField(
        label=gettext_lazy("seed"),
        min_value=0,
        max_value=2**32 - 1,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Another number searches elsewhere."),
    )

    class Meta:
        model = DayPlan
        fields = ("date", "seconds", "seed")


@admin.register(DayPlan)
class DayPlanAdmin(ServiceAdmin):
    list_display = (
        "date",
        "status",
        "route_count",
        "stop_count",
        "left_count",
        "km",
        "how",
        "made_by",
        "created_at",
    )
    list_filter = ("status",)
    ordering = ("-date", "-id")
    empty_text = gettext_lazy(
        "Make the plan of a day: it takes the orders of that day and the crews on duty."
    )
    add_form_template = "admin/change_form.html"
    change_form_template = "dispatch/plan.html"

    @staticmethod
    def add_service(data: dict[str, Any], *, actor: Actor) -> DayPlan:
        plan = plans.start(data["date"], seconds=data["seconds"], seed=data["seed"], actor=actor)
        transaction.on_commit(lambda: tasks.hand_over(plan))
        return plan

    def get_queryset(self, request: HttpRequest) -> QuerySet[DayPlan]:
        rows: QuerySet[DayPlan] = super().get_queryset(request)
        # Counted apart: joined, a plan's stops and its unserved orders would multiply each other.
        return rows.annotate(
            route_n=_count(Route.objects.filter(plan=OuterRef("pk")), "plan"),
            stop_n=_count(RouteStop.objects.filter(route__plan=OuterRef("pk")), "route__plan"),
            left_n=_count(UnservedStop.objects.filter(plan=OuterRef("pk")), "plan"),
        )

    @admin.display(description=gettext_lazy("routes"))
    def route_count(self, plan: Any) -> int:
        return int(plan.route_n)

    @admin.display(description=gettext_lazy("stops"))
    def stop_count(self, plan: Any) -> int:
        return int(plan.stop_n)

    @admin.display(description=gettext_lazy("not served"))
    def left_count(self, plan: Any) -> int:
        return int(plan.left_n)

    @admin.display(description=gettext_lazy("method"))
    def how(self, plan: DayPlan) -> str:
        words = {"greedy": _("simple plan"), "pyvrp": _("optimised")}
        return words.get(plan.method, plan.method)

    @admin.display(description=gettext_lazy("distance (km)"))
    def km(self, plan: DayPlan) -> str:
        return f"{plan.distance_m / 1000:,.1f}"

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return PlanForm if obj is None else super().get_form(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("date", "seconds", "seed")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"date": clock.today(), "seconds": settings.PLAN_SECONDS, "seed": 1}

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:dispatch_dayplan_change", args=[obj.pk]))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:plan_id>/publish/", wrap(self.publish), name="dispatch_dayplan_publish"),
            path("<int:plan_id>/cancel/", wrap(self.cancel), name="dispatch_dayplan_cancel"),
            path("<int:plan_id>/withdraw/", wrap(self.withdraw), name="dispatch_dayplan_withdraw"),
            path("<int:plan_id>/move/", wrap(self.move), name="dispatch_dayplan_move"),
            path("<int:plan_id>/add-order/", wrap(self.add_order), name="dispatch_dayplan_add_order"),
            path("<int:plan_id>/sheet/", wrap(self.show_sheet), name="dispatch_dayplan_sheet"),
            path("<int:plan_id>/sheet.pdf", wrap(self.sheet_pdf), name="dispatch_dayplan_sheet_pdf"),
        ]
        return own + super().get_urls()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        plan = DayPlan.objects.filter(pk=whole(object_id) or 0).first()
        extra = dict(extra_context or {})
        if plan is not None and self.has_view_permission(request, plan):
            extra |= self._page(request, plan)
        return super().changeform_view(request, object_id, form_url, extra)

    def publish(self, request: HttpRequest, plan_id: int) -> HttpResponse:
        """Give the day to the crews."""
        return self._do(request, plan_id, PUBLISHES, lambda plan, actor: plans.publish(plan, actor=actor))

    def cancel(self, request: HttpRequest, plan_id: int) -> HttpResponse:
        """Stop or throw away a plan."""
        return self._do(request, plan_id, PUBLISHES, lambda plan, actor: plans.cancel(plan, actor=actor))

    def withdraw(self, request: HttpRequest, plan_id: int) -> HttpResponse:
        """Take a published day back."""
        reason = request.POST.get("reason", "").strip()

        def work(plan: DayPlan, actor: Actor) -> None:
            if not reason:
                raise Refused(_("Say why the day is taken back."), code="reason", field="reason")
            plans.withdraw(plan, actor=actor, reason=reason)

        return self._do(request, plan_id, PUBLISHES, work)

    def move(self, request: HttpRequest, plan_id: int) -> HttpResponse:
        """The ticked stops to another route; each by itself, warnings and refusals told by stop."""

        def work(plan: DayPlan, actor: Actor) -> None:
            target = self._route(request, plan)
            chosen = [pk for pk in map(whole, request.POST.getlist("stop")) if pk is not None]
            rows = RouteStop.objects.filter(pk__in=chosen, route__plan=plan).select_related("order__customer")
            if not rows:
                raise Refused(_("Tick the stops to move first."), code="nothing", field="stop")
            reason = request.POST.get("reason", "")
            for row in rows.order_by("route_id", "sequence"):
                self._each(
                    request,
                    row.order.customer.short_name,
                    partial(moves.move_stop, row, target, reason=reason, actor=actor),
                )

        return self._do(request, plan_id, MOVES, work)

    def add_order(self, request: HttpRequest, plan_id: int) -> HttpResponse:
        """The ticked orders onto a published route."""

        def work(plan: DayPlan, actor: Actor) -> None:
            target = self._route(request, plan)
            chosen = [pk for pk in map(whole, request.POST.getlist("order")) if pk is not None]
            rows = Order.objects.filter(pk__in=chosen).select_related("customer").order_by("pk")
            if not rows:
                raise Refused(_("Tick the orders to add first."), code="nothing", field="order")
            for row in rows:
                self._each(
                    request,
                    row.customer.short_name,
                    partial(moves.add_order, row, target, actor=actor),
                )

        return self._do(request, plan_id, MOVES, work)

    def show_sheet(self, request: HttpRequest, plan_id: int) -> HttpResponse:
        """The dispatch sheet as a page."""
        plan = self._find(request, plan_id)
        context = self.admin_site.each_context(request) | {
            "title": _("Dispatch sheet"),
            "opts": self.model._meta,
            "plan": plan,
            "sections": self._sections(request, plan),
            "heads": list(sheet.HEADS.values()),
        }
        return TemplateResponse(request, "dispatch/sheet.html", context)

    def sheet_pdf(self, request: HttpRequest, plan_id: int) -> HttpResponse:
        """The dispatch sheet as a paper, in Chinese whatever the reader's language."""
        plan = self._find(request, plan_id)
        wanted = request.GET.get("route", "")
        with translation.override("zh-hant"):
            found = self._sections(request, plan, whole(wanted))
            pdf = dispatch_sheet.build(plan.date, found)
        name = f"dispatch-{plan.date:%Y%m%d}.pdf"
        headers = {"Content-Disposition": f'inline; filename="{name}"'}
        return HttpResponse(pdf, content_type="application/pdf", headers=headers)

    def _page(self, request: HttpRequest, plan: DayPlan) -> dict[str, Any]:
        found = self._sections(request, plan)
        left = plan.unserved.select_related("order__customer").order_by("pk")
        open_routes = [
            one.route for one in found
            if one.route.status in (RouteStatus.PLANNED, RouteStatus.PUBLISHED, RouteStatus.IN_PROGRESS)
        ]  # fmt: skip
        changeable = plan.status in (PlanStatus.READY, PlanStatus.PUBLISHED)
        return {
            "plan": plan,
            "sections": found,
            "unserved": [(one, reasons.unserved(one)) for one in left],
            "matrix": reasons.matrix(plan.matrix),
            "notices": [reasons.notice(entry) for entry in plan.notices],
            "stop_total": sum(len(one.lines) for one in found),
            "kg_total": sum(one.kg for one in found),
            "km_total": round(plan.distance_m / 1000, 1),
            "open_routes": open_routes,
            "may_publish": request.user.has_perm(PUBLISHES),
            "may_move": changeable and request.user.has_perm(MOVES) and bool(open_routes),
            "on_the_road": any(one.route.status == RouteStatus.IN_PROGRESS for one in found),
        }

    def _sections(
        self, request: HttpRequest, plan: DayPlan, route_id: int | None = None
    ) -> list[sheet.Section]:
        masked = not request.user.has_perm(SEES_PERSONAL)
        return sheet.sections(plan, route_id=route_id, masked=masked)

    def _find(self, request: HttpRequest, plan_id: int) -> DayPlan:
        plan = DayPlan.objects.filter(pk=plan_id).first()
        if plan is None:
            raise Http404
        if not self.has_view_permission(request, plan):
            raise PermissionDenied
        return plan

    def _route(self, request: HttpRequest, plan: DayPlan) -> Route:
        wanted = request.POST.get("target", "")
        route = plan.routes.filter(pk=whole(wanted) or 0).first()
        if route is None:
            raise Refused(_("Choose a route of this plan."), code="target", field="target")
        return route

    def _each(self, request: HttpRequest, name: str, work: Callable[[], list[str]]) -> None:
        try:
            warnings = work()
        except Refused as refusal:
            messages.error(request, f"{name}: {refusal}")
            return
        for warning in warnings:
            messages.warning(request, f"{name}: {warning}")
        messages.success(request, f"{name} ✓")

    def _do(
        self,
        request: HttpRequest,
        plan_id: int,
        permission: str,
        work: Callable[[DayPlan, Actor], Any],
    ) -> HttpResponse:
        plan = self._find(request, plan_id)
        if not request.user.has_perm(permission):
            raise PermissionDenied
        if request.method == "POST":
            try:
                work(plan, Actor.of(request.user))
            except Refused as refusal:
                messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:dispatch_dayplan_change", args=[plan.pk]))

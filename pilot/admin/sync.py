"""The pilot's dashboard, and the lists behind its numbers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from customers.models import Customer
from customers.queries import lookup_ids
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin
from luckygas.core.admin.outbound import OutboundAdmin
from luckygas.core.errors import Refused
from pilot.models import (
    ConsistencyRun,
    Enrolment,
    EnrolmentChange,
    LegacyWrite,
    Phase,
    SyncLink,
    SyncPause,
    SyncRead,
)
from pilot.queries import dashboard
from pilot.services import consistency, enrolment, pauses

SEES = "pilot.see_pilot"
STEERS = "pilot.steer_pilot"
# As on the dashboard's bar: grey, blue and green on the way over.
PHASE_COLOURS: dict[str, str | None] = {"off": None, "shadow": None, "dual": "info", "ours_leads": "success"}
# Grey waits, blue is under way, green is done, red needs a person.
WRITE_COLOURS: dict[str, str | None] = {
    "queued": None,
    "held": None,
    "inflight": "info",
    "unknown": "info",
    "done": "success",
    "failed": "danger",
    "expired": "warning",
}
PHASE_MARKS = {"off": "○", "shadow": "◔", "dual": "◑", "ours_leads": "●"}


@admin.register(ConsistencyRun)
class ConsistencyRunAdmin(ServiceAdmin):
    list_display = (
        "started_at",
        "ours",
        "theirs",
        "compared",
        "coverage",
        "unexplained",
        "lag_p95",
        "milliseconds",
    )
    ordering = ("-id",)
    empty_text = gettext_lazy(
        "Nothing was compared yet: run verify_consistency, or wait for the next full compare."
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("dashboard/", view(self.dashboard), name="pilot_dashboard"),
            path("dashboard/live/", view(self.live), name="pilot_dashboard_live"),
        ]
        return own + super().get_urls()

    def dashboard(self, request: HttpRequest) -> HttpResponse:
        """The whole page; a POST is one of its switches."""
        if not request.user.has_perm(SEES):
            raise PermissionDenied
        if request.method == "POST":
            if not request.user.has_perm(STEERS):
                raise PermissionDenied
            self._steer(request)
            return HttpResponseRedirect(reverse("admin:pilot_dashboard"))
        context = (
            self.admin_site.each_context(request)
            | dashboard.live()
            | _shown_to(request)
            | {
                "title": _("Pilot"),
                "opts": self.model._meta,
                "may_steer": request.user.has_perm(STEERS),
                "will_do": dashboard.roll_back_numbers(),
            }
        )
        return TemplateResponse(request, "pilot/dashboard.html", context)

    def live(self, request: HttpRequest) -> HttpResponse:
        """What changes, for the page that asks again every few seconds."""
        if not request.user.has_perm(SEES):
            raise PermissionDenied
        context = dashboard.live() | _shown_to(request)
        return TemplateResponse(request, "pilot/dashboard_live.html", context)

    def _steer(self, request: HttpRequest) -> None:
        actor, reason = Actor.of(request.user), request.POST.get("reason", "")
        try:
            match request.POST.get("deed"):
                case "pause":
                    pauses.pause(request.POST.get("scope", ""), reason=reason, actor=actor)
                    messages.success(request, _("Paused. What changes waits and is told when it goes on."))
                case "resume":
                    pauses.resume(request.POST.get("scope", ""), actor=actor)
                    messages.success(request, _("The mirroring goes on."))
                case "compare":
                    run = consistency.compare_and_keep()
                    text = ngettext(
                        "%(n)d unexplained difference", "%(n)d unexplained differences", run.unexplained
                    )
                    level = messages.error if run.unexplained else messages.success
                    level(request, text % {"n": run.unexplained})
                case "roll back":
                    moved = enrolment.roll_back_all(reason=reason, actor=actor)
                    text = ngettext("%(n)d customer was put back.", "%(n)d customers were put back.", moved)
                    messages.warning(request, text % {"n": moved})
        except (Refused, consistency.NotReachable) as refusal:
            messages.error(request, str(refusal))


def _shown_to(request: HttpRequest) -> dict[str, bool]:
    """What of the part that changes is for this person."""
    return {
        "may_see_flags": request.user.has_perm("pilot.view_flag"),
        "may_enrol": request.user.has_perm("pilot.add_enrolment"),
    }


class EnrolmentForm(forms.ModelForm):
    """Who, into which phase, and why."""

    customer_code = forms.CharField(
        label=gettext_lazy("customer code"), max_length=7, widget=UnfoldAdminTextInputWidget
    )
    phase = forms.ChoiceField(
        label=gettext_lazy("phase"),
        choices=Phase.choices,
        initial=Phase.SHADOW,
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(label=gettext_lazy("reason"), max_length=200, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Enrolment
        fields = ("phase",)


class EnrolmentMoveForm(EnrolmentForm):
    customer_code = None  # type: ignore[assignment]


def _enrol(data: dict[str, Any], *, actor: Actor) -> Enrolment:
    customer = Customer.objects.filter(code=data["customer_code"]).first()
    if customer is None:
        raise Refused(
            _("No customer has the code %(code)s.") % {"code": data["customer_code"]}, field="customer_code"
        )
    return enrolment.move(customer, data["phase"], reason=data["reason"], actor=actor)


def _move(row: Enrolment, data: dict[str, Any], *, actor: Actor) -> None:
    if "phase" in data:
        enrolment.move(row.customer, data["phase"], reason=data.get("reason", ""), actor=actor)


@admin.register(Enrolment)
class EnrolmentAdmin(ServiceAdmin):
    list_display = ("customer", "standing", "since", "enrolled_at")
    list_filter = ("phase",)
    list_select_related = ("customer",)
    search_fields = ("customer__code__exact",)
    search_help_text = gettext_lazy("A customer's code or name")
    ordering = ("customer__code",)
    empty_text = gettext_lazy("No customer takes part yet; add the first ones.")
    add_service = staticmethod(_enrol)
    change_service = staticmethod(_move)

    def two_step_search(self, text: str) -> Q:
        return Q(customer_id__in=lookup_ids(text))

    @display(description=gettext_lazy("phase"), ordering="phase", label=PHASE_COLOURS)
    def standing(self, row: Enrolment) -> tuple[str, str]:
        return row.phase, f"{PHASE_MARKS[row.phase]} {row.get_phase_display()}"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = EnrolmentForm if obj is None else EnrolmentMoveForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("customer_code", "phase", "reason")
        if not self.has_change_permission(request, obj):
            return ("customer", "phase", "since", "enrolled_at")
        return ("customer", "since", "enrolled_at", "phase", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("customer", "since", "enrolled_at")


@admin.register(EnrolmentChange)
class EnrolmentChangeAdmin(ServiceAdmin):
    list_display = ("at", "customer", "old", "new", "reason", "actor_name")
    list_select_related = ("customer",)
    ordering = ("-id",)


@admin.register(SyncLink)
class SyncLinkAdmin(ServiceAdmin):
    list_display = ("entity", "external_id", "customer_code", "state", "revision", "agreed_at", "open_since")
    list_filter = ("state", "entity")
    search_fields = ("external_id__exact", "customer_code__exact")
    search_help_text = gettext_lazy("A customer's code or an order's number")
    ordering = ("-id",)
    exclude = ("base", "theirs")


@admin.register(LegacyWrite)
class LegacyWriteAdmin(OutboundAdmin):
    list_display = ("about", "standing", "waiting_since", "next_try", "attempts", "said")
    search_fields = ("link__external_id__exact", "link__customer_code__exact")
    search_help_text = gettext_lazy("A customer's code or an order's number")
    empty_text = gettext_lazy("Nothing was told to the old system yet; what changes here is, by itself.")

    @display(description=gettext_lazy("state"), ordering="status", label=WRITE_COLOURS)
    def standing(self, row: LegacyWrite) -> tuple[str, str]:
        return row.status, row.get_status_display()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for name in super().get_fields(request, obj) if name not in ("image", "over")]


@admin.register(SyncRead)
class SyncReadAdmin(ServiceAdmin):
    list_display = ("read_at", "entity", "external_id", "outcome", "changed_by", "changed_at", "lag_ms")
    list_filter = ("outcome", "entity")
    search_fields = ("external_id__exact",)
    ordering = ("-id",)


@admin.register(SyncPause)
class SyncPauseAdmin(ServiceAdmin):
    list_display = ("scope", "since", "by", "reason")
    ordering = ("scope",)
    empty_text = gettext_lazy("Nothing is paused.")

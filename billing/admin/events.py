"""What could not be invoiced, why, and where to mend it; readings that a person decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from billing.models import BillableEvent, EventState
from billing.services import invoicing
from customers.queries import lookup_ids
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin, service_action


class ReviewForm(forms.ModelForm):
    """A person decides about a reading: what the meter showed, or that it was changed."""

    value = forms.DecimalField(
        label=_("What the meter really showed (kg)"),
        widget=UnfoldAdminDecimalFieldWidget,
        max_digits=10,
        decimal_places=3,
        min_value=0,
        required=False,
    )
    new_baseline = forms.BooleanField(
        label=_("Bill nothing"),
        help_text=_("The meter was changed, or the reading is set aside: count anew from it."),
        widget=UnfoldBooleanWidget,
        required=False,
    )
    reason = forms.CharField(label=_("Why"), max_length=200, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = BillableEvent
        fields = ()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("new_baseline")) == (data.get("value") is not None):
            raise forms.ValidationError(_("Give the right reading, or say that the meter was changed."))
        return data


def _decide(row: BillableEvent, data: dict[str, Any], *, actor: Actor) -> None:
    if data.get("new_baseline"):
        invoicing.accept_as_baseline(row, reason=data.get("reason", ""), actor=actor)
    else:
        invoicing.correct_reading(row, data["value"], reason=data.get("reason", ""), actor=actor)


@admin.register(BillableEvent)
class BillableEventAdmin(ServiceAdmin):
    """A list that should be short: deliveries and readings with what became of them."""

    list_display = ("order", "customer", "kind", "happened_at", "standing", "reason_text", "what_to_do")
    list_filter = ("state", "kind")
    list_select_related = ("order", "customer")
    ordering = ("-id",)
    search_fields = ("order__number__exact",)
    search_help_text = _("An order number, a customer's code, number or name")
    actions = ("try_again",)
    change_service = staticmethod(_decide)

    def two_step_search(self, text: str) -> Q:
        return Q(order__number=text) | Q(customer_id__in=lookup_ids(text))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == EventState.REVIEW)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None and self.has_change_permission(request, obj):
            return ReviewForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        facts = (
            "order", "customer", "kind", "happened_at", "state", "reason_text", "what_to_do", "meter_from",
            "meter_to", "tried_at", "decided_by", "decision",
        )  # fmt: skip
        if obj is not None and self.has_change_permission(request, obj):
            known = ("order", "customer", "happened_at", "reason_text", "meter_from", "meter_to")
            return (*known, "value", "new_baseline", "reason")
        return facts

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return tuple(name for name in self.get_fields(request, obj) if name not in ReviewForm.base_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BillableEvent]:
        rows: QuerySet[BillableEvent] = super().get_queryset(request)
        return rows

    @display(
        description=_("state"),
        ordering="state",
        label={
            "pending": "info",
            "invoiced": "success",
            "nothing_due": None,
            "cannot": "danger",
            "review": "danger",
        },
    )
    def standing(self, row: BillableEvent) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @admin.display(description=_("why"))
    def reason_text(self, row: BillableEvent) -> str:
        return row.reason or "–"

    @admin.display(description=_("what to do"))
    def what_to_do(self, row: BillableEvent) -> str:
        if row.state != EventState.CANNOT or row.remedy is None:
            return "–"
        text, url = row.remedy
        return format_html('<a class="lg-red" href="{}">{}</a>', url, text)

    @service_action(description=_("Try to invoice again"), permission="billing.issue_invoice")
    def try_again(self, request: HttpRequest, row: BillableEvent, actor: Actor) -> None:
        invoicing.attempt(row, actor=actor)

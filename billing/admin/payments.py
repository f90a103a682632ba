"""Payments: to look at, to record what came in on account, and to reverse what was recorded wrongly."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.models import Payment, PaymentAllocation, PaymentKind
from billing.services import payments
from customers.models import Customer
from customers.queries import lookup_ids
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin, ServiceInline
from luckygas.core.errors import Refused


class AllocationInline(ServiceInline):
    model = PaymentAllocation
    fields = ("invoice", "payment", "amount", "at")
    readonly_fields = fields


class PaymentForm(forms.ModelForm):
    """What came in from a customer. ``key`` makes a second press of the button the same payment."""

    customer_code = forms.CharField(label=_("customer code"), max_length=7, widget=UnfoldAdminTextInputWidget)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Payment
        fields = ("kind", "amount", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4
        self.fields["kind"].initial = PaymentKind.TRANSFER

    def clean_customer_code(self) -> str:
        code = str(self.cleaned_data["customer_code"]).strip()
        if not Customer.objects.filter(code=code).exists():
            raise forms.ValidationError(_("There is no customer %(code)s.") % {"code": code})
        return code


class ReversalForm(forms.Form):
    """Why a payment was wrong, and what really came in when something did."""

    reason = forms.CharField(label=_("reason"), max_length=200)
    right_amount = forms.DecimalField(
        label=_("What really came in (NT$), when something did"),
        max_digits=10,
        decimal_places=0,
        min_value=Decimal(1),
        required=False,
    )


def _record(data: dict[str, Any], *, actor: Actor) -> Payment:
    customer = Customer.objects.filter(code=data["customer_code"]).first()
    if customer is None:
        raise Refused(
            _("There is no customer %(code)s.") % {"code": data["customer_code"]}, field="customer_code"
        )
    return payments.record_payment(
        customer,
        data["amount"],
        kind=data.get("kind") or PaymentKind.TRANSFER,
        source=f"desk:{data.get('key') or uuid.uuid4()}",
        note=data.get("note", ""),
        actor=actor,
    )


@admin.register(Payment)
class PaymentAdmin(ServiceAdmin):
    list_display = (
        "received_at",
        "customer",
        "kind",
        "amount",
        "standing",
        "origin",
        "order",
        "note",
        "actor_name",
    )
    list_filter = ("kind",)
    date_hierarchy = None
    list_select_related = ("customer", "driver", "order", "reversal", "bank_posting__deposit")
    change_form_outer_before_template = "billing/payment_before.html"
    ordering = ("-id",)
    search_fields = ("customer__code__exact",)
    search_help_text = _("An order number, a customer's code, number or name")
    inlines = (AllocationInline,)
    add_service = staticmethod(_record)

    class Media:
        css = {"all": ("billing/reverse.css",)}

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:payment_id>/reverse/",
                self.admin_site.admin_view(self.reverse_one),
                name="billing_payment_reverse",
            )
        ]
        return own + super().get_urls()

    def reverse_one(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        """Take a wrong payment back, with a reason; a refusal is told on the payment's page."""
        if not request.user.has_perm("billing.reverse_payment"):
            raise PermissionDenied
        payment = get_object_or_404(Payment, pk=payment_id)
        back = HttpResponseRedirect(reverse("admin:billing_payment_change", args=[payment.pk]))
        if request.method != "POST":
            return back
        form = ReversalForm(request.POST)
        if not form.is_valid():
            for field, errors in form.errors.items():
                messages.error(request, f"{form.fields[field].label}: {' '.join(map(str, errors))}")
            return back
        try:
            payments.reverse_payment(
                payment,
                reason=form.cleaned_data["reason"],
                right_amount=form.cleaned_data["right_amount"],
                actor=Actor.of(request.user),
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
            return back
        messages.success(request, gettext("The payment is reversed."))
        return back

    @admin.display(description=pgettext_lazy("of a payment", "state"))
    def standing(self, payment: Payment) -> str:
        if payment.is_reversal:
            return gettext("reversal")
        return gettext("reversed") if payment.reversed_by else ""

    @admin.display(description=_("came from"))
    def origin(self, payment: Payment) -> str:
        posting = getattr(payment, "bank_posting", None)
        if posting is None:
            return payment.came_from
        page = reverse("admin:billing_bankdeposit_change", args=[posting.deposit_id])
        return format_html('<a href="{}">{}</a>', page, posting.deposit)

    def two_step_search(self, text: str) -> Q:
        return Q(order__number=text) | Q(customer_id__in=lookup_ids(text))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = PaymentForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("customer_code", "kind", "amount", "note", "key")
        return (
            "customer",
            "kind",
            "amount",
            "received_at",
            "driver",
            "origin",
            "order",
            "note",
            "actor_name",
            "recorded_at",
            "source",
            "reverses",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else ()

"""Credit: every decision about limits and holds, and the page that makes one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.models import CreditDecision
from billing.services import credit
from customers.models import Customer, CustomerAccount
from customers.queries import lookup_ids
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin
from luckygas.core.errors import Refused


class CreditForm(forms.ModelForm):
    """Limit, hold and why. ``seen`` is the decision that the page showed, so that none is overlooked."""

    customer_code = forms.CharField(label=_("customer code"), max_length=7, widget=UnfoldAdminTextInputWidget)
    seen = forms.IntegerField(label="", widget=forms.HiddenInput, required=False)

    class Meta:
        model = CreditDecision
        fields = ("credit_limit", "credit_hold", "reason")

    def clean_customer_code(self) -> str:
        code = str(self.cleaned_data["customer_code"]).strip()
        if not Customer.objects.filter(code=code).exists():
            raise forms.ValidationError(_("There is no customer %(code)s.") % {"code": code})
        return code


def _decide(data: dict[str, Any], *, actor: Actor) -> CreditDecision:
    customer = Customer.objects.filter(code=data["customer_code"]).first()
    if customer is None:
        raise Refused(
            _("There is no customer %(code)s.") % {"code": data["customer_code"]}, field="customer_code"
        )
    return credit.decide(
        customer,
        limit=data["credit_limit"],
        hold=data["credit_hold"],
        reason=data["reason"],
        seen=data.get("seen"),
        actor=actor,
    )


@admin.register(CreditDecision)
class CreditDecisionAdmin(ServiceAdmin):
    list_display = ("decided_at", "customer", "credit_limit", "credit_hold", "reason", "actor_name")
    list_filter = ("credit_hold",)
    list_select_related = ("customer",)
    ordering = ("-id",)
    search_fields = ("customer__code__exact",)
    search_help_text = _("A customer's code, number or name")
    add_service = staticmethod(_decide)

    def two_step_search(self, text: str) -> Q:
        return Q(customer_id__in=lookup_ids(text))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = CreditForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From a customer's page (``?customer=<code>``) the form begins with what stands now."""
        code = request.GET.get("customer", "")[:7]
        account = CustomerAccount.objects.filter(customer__code=code).first()
        if account is None:
            return {"customer_code": code}
        return {
            "customer_code": code,
            "credit_limit": account.credit_limit,
            "credit_hold": account.credit_hold,
            "seen": credit.last_id(account.pk),
        }

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("customer_code", "credit_limit", "credit_hold", "reason", "seen")
        return ("customer", "credit_limit", "credit_hold", "reason", "actor_name", "decided_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

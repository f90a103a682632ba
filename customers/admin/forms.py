"""The form of a customer: his own fields, his numbers, and when he can be reached."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from customers.models import Customer
from customers.models.site import SlotPreference
from customers.services.checks import checked
from customers.sheets.hours import FIRST_HOUR, LAST_HOUR
from luckygas.core.errors import Refused

HOURS = [(hour, f"{hour}–{hour + 1}") for hour in range(FIRST_HOUR, LAST_HOUR + 1)]


class CustomerForm(forms.ModelForm):
    """Every rule is the service's; the form puts its refusal beside the field it is about."""

    phones = forms.CharField(
        label=_("phone numbers"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Several with 、 between them; the first is the main one."),
    )
    slot = forms.ChoiceField(
        label=_("preferred slot"),
        choices=SlotPreference.choices,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    hours = forms.TypedMultipleChoiceField(
        label=_("hours"),
        choices=HOURS,
        coerce=int,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None marked means any hour of the slot."),
    )
    rest_rule = forms.CharField(
        label=_("rest days"),
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("6.7 weekdays · Red national holidays · 10.20.30 days of the month · 初一十五"),
    )

    class Meta:
        model = Customer
        exclude = ("carrier_type", "created_at", "updated_at")  # noqa: DJ006  (all others are on the page)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = _("Left blank, the next free one is taken.")
        if "invoice_title" in self.fields:
            self.fields["invoice_title"].required = False
            self.fields["invoice_title"].help_text = _("Left blank, it is the short name.")
        customer: Customer = self.instance
        if customer.pk and "phones" in self.fields:
            self.fields["phones"].initial = "、".join(phone.national for phone in customer.phones.all())
            if (availability := getattr(customer, "availability", None)) is not None:
                self.fields["slot"].initial = availability.slot
                self.fields["hours"].initial = sorted(availability.open_hours)
                self.fields["rest_rule"].initial = availability.rest_rule

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        data["slot"] = data.get("slot") or SlotPreference.ALL_DAY.value
        if self.errors:
            return data
        try:
            clean = checked(data, self.instance if self.instance.pk else None)
        except Refused as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
            return data
        return data | {name: clean[name] for name in data}

    def validate_unique(self) -> None:
        """The code is the service's to check, in its own words."""

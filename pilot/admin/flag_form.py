"""The form of one flag: what it says, to whom, from when to when, and why it is changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from customers.models import Area
from customers.models.customer import CustomerKind
from pilot.models import Flag, FlagKind, FlagState
from pilot.services import flags as service


class FlagForm(forms.ModelForm):
    """What one flag says. ``seen`` is the version the page showed, so that nobody turns a colleague's change back."""

    title = forms.CharField(
        label=gettext_lazy("what it switches"), max_length=100, widget=UnfoldAdminTextInputWidget
    )
    description = forms.CharField(
        label=gettext_lazy("description"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("type"), choices=FlagKind.choices, widget=UnfoldAdminSelectWidget
    )
    state = forms.ChoiceField(
        label=gettext_lazy("state"), choices=FlagState.choices, widget=UnfoldAdminSelectWidget
    )
    is_enabled = forms.BooleanField(
        label=gettext_lazy("on"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("For the type “on or off”."),
    )
    percentage = forms.DecimalField(
        label=gettext_lazy("percentage"),
        min_value=Decimal(0),
        max_value=Decimal(100),
        decimal_places=2,
        max_digits=5,
        initial=Decimal(0),
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "0.01", "min": "0", "max": "100"}),
        help_text=gettext_lazy("For the type “percentage”: 0 to 100, in steps of 0.01."),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("only for these kinds of customer"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=CustomerKind.choices,
    )
    areas = forms.MultipleChoiceField(
        label=gettext_lazy("only in these areas"), required=False, widget=forms.CheckboxSelectMultiple
    )
    starts_at = forms.SplitDateTimeField(
        label=gettext_lazy("starts at"), required=False, widget=UnfoldAdminSplitDateTimeWidget
    )
    ends_at = forms.SplitDateTimeField(
        label=gettext_lazy("ends at"), required=False, widget=UnfoldAdminSplitDateTimeWidget
    )
    reason = forms.CharField(
        label=gettext_lazy("reason"), max_length=service.LONGEST_REASON, widget=UnfoldAdminTextInputWidget
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Flag
        fields = ("name", *service.FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas: Any = self.fields["areas"]
        # One that is out of use meanwhile stays while it is ticked: without it the flag would be for everybody.
        shown = Q(is_active=True) | Q(code__in=self.instance.areas)
        areas.choices = list(Area.objects.filter(shown).values_list("code", "sheet_name"))
        if self.instance.pk:
            del self.fields["name"]
            self.fields["seen"].initial = self.instance.version
        else:
            self.fields["name"].widget = UnfoldAdminTextInputWidget()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.get("starts_at"), data.get("ends_at")
        if start and end and start >= end:
            self.add_error("ends_at", _("It ends before it begins."))
        return data

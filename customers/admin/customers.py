"""Customers: a list that finds by any word or number, and a page that shows all that is known."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import masking
from customers.admin.forms import CustomerForm
from customers.models import Customer, CustomerCylinder, CustomerPhone, Equipment, UsageArea, UsageMetrics
from customers.models.customer import PERSONAL_COLUMNS
from customers.privacy import SEES_PERSONAL
from customers.queries.counts import chips
from customers.queries.finding import lookup_ids
from customers.services import customers as service
from luckygas.core import extend
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin, ServiceInline, service_action
from luckygas.core.numbers import whole

SEARCHED = 500


class CylinderInline(ServiceInline):
    model = CustomerCylinder
    fields = ("kind", "quantity")
    tab = True


class UsageAreaInline(ServiceInline):
    model = UsageArea
    fields = ("sequence", "description", "cylinder_config")
    tab = True


class EquipmentInline(ServiceInline):
    model = Equipment
    tab = True


class MetricsInline(ServiceInline):
    model = UsageMetrics
    tab = True


@admin.register(Customer)
class CustomerAdmin(ServiceAdmin):
    form = CustomerForm
    add_service = staticmethod(service.create_customer)
    change_service = staticmethod(service.change_customer)
    list_display = ("code", "named", "area", "kind", "main_phone", "payment_method", "balance", "status")
    list_filter = ("status", "kind", "area")
    list_select_related = ("area", "account")
    ordering = ("code",)
    search_fields = ("code",)
    search_help_text = gettext_lazy("Code, phone number, name or address")
    actions = ("terminate", "reopen")
    paginator = Paginator  # type: ignore[assignment]  # thousands, not millions: the count is exact
    list_before_template = "customers/customer_chips.html"
    change_form_before_template = "customers/panels.html"
    inlines = (CylinderInline, UsageAreaInline, EquipmentInline, MetricsInline)

    class Media:
        css = {"all": ("customers/admin.css",)}

    def two_step_search(self, text: str) -> Q:
        return Q(pk__in=lookup_ids(text, SEARCHED))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"chips": chips(request.GET.dict())} | (extra_context or {})
        return super().changelist_view(request, extra)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        main = CustomerPhone.objects.order_by("-is_primary", "id")
        rows = super().get_queryset(request).defer("notes", "search_text")
        return rows.prefetch_related(Prefetch("phones", queryset=main))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Who may not read a column may not try out its values in the address either."""
        if lookup.split("__")[0] in PERSONAL_COLUMNS:
            return request is not None and request.user.has_perm(SEES_PERSONAL)
        return bool(super().lookup_allowed(lookup, value, request))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        if request.user.has_perm(SEES_PERSONAL):
            return self.list_display
        return tuple("masked_phone" if name == "main_phone" else name for name in self.list_display)

    def get_fieldsets(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        """The form for those who may change; the same facts to read, masked if need be, for the others."""
        changes = self.has_change_permission(request, obj) if obj else True
        masked = not request.user.has_perm(SEES_PERSONAL)
        prefix = "" if changes else ("masked_" if masked else "shown_")
        own = (lambda name: f"{prefix}{name}") if prefix else (lambda name: name)
        shown = "" if changes else "shown_"
        return (
            (
                None,
                {
                    "fields": (
                        ("code", "kind", "status"),
                        (own("short_name"), own("invoice_title")),
                        (own("phones"), own("email")),
                        ("area", own("address")),
                        own("notes"),
                    )
                },
            ),
            (
                gettext_lazy("Delivery"),
                {
                    "classes": ("tab",),
                    "fields": (
                        (f"{shown}slot", f"{shown}rest_rule"),
                        f"{shown}hours",
                        ("vehicle_requirement", "needs_same_day", "patrol"),
                        ("max_cycle_days", "postpone_days"),
                        ("lat", "lng", "point_source") if not masked else ("point_source",),
                    ),
                },
            ),
            (
                gettext_lazy("Billing"),
                {
                    "classes": ("tab",),
                    "fields": (
                        ("pricing_method", "payment_method", "needs_settlement_file"),
                        (own("tax_id"), own("carrier_id"), own("donation_code")),
                        (own("virtual_account"), own("payer_account")),
                    ),
                },
            ),
            (
                gettext_lazy("Site"),
                {
                    "classes": ("tab",),
                    "fields": (
                        ("segment", "subscription"),
                        ("system_cylinders", "spare_cylinders", "supply_points"),
                        ("auto_report", "owns_equipment"),
                    ),
                },
            ),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Customer | None) -> Any:
        return self.inlines if obj else ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Higher floors add their panels: last orders, balance, invoices."""
        extra = dict(extra_context or {})
        key = whole(object_id)
        if key is not None and request.method == "GET":
            extra["panels"] = self._panels(key, request)
        return super().changeform_view(request, object_id, form_url, extra)

    def _panels(self, pk: int, request: HttpRequest) -> list[tuple[str, SafeString]]:
        rows = Customer.objects.select_related("area", "account", "availability")
        customer = rows.filter(pk=pk).first()
        if customer is None:
            return []
        panels = [ask(customer, request.user) for ask in extend.customer_panels]
        return [
            (str(panel.title), SafeString(render_to_string(panel.template, panel.context, request)))
            for panel in panels
            if panel is not None
        ]

    # -- Columns of the list ------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("short name"), ordering="short_name")
    def named(self, customer: Customer) -> SafeString:
        return format_html(
            '<span class="lg-name" title="{}">{}</span>', customer.shown_title, customer.shown_name
        )

    @admin.display(description=gettext_lazy("phone number"))
    def main_phone(self, customer: Customer) -> str:
        return next((phone.national for phone in customer.phones.all()), "")

    @admin.display(description=gettext_lazy("phone number"))
    def masked_phone(self, customer: Customer) -> str:
        return masking.tail(self.main_phone(customer))

    @admin.display(description=gettext_lazy("balance"))
    def balance(self, customer: Customer) -> str:
        account = getattr(customer, "account", None)
        if account is None or not account.open_balance:
            return ""
        text = f"NT$ {account.open_balance:,.0f}"
        return f"{text} {_('on hold')}" if account.credit_hold else text

    # -- What a reader sees in place of the form's own fields ----------------------------------------------

    @admin.display(description=gettext_lazy("phone numbers"))
    def shown_phones(self, customer: Customer) -> str:
        return "、".join(phone.national for phone in customer.phones.all())

    @admin.display(description=gettext_lazy("phone numbers"))
    def masked_phones(self, customer: Customer) -> str:
        return "、".join(masking.tail(phone.national) for phone in customer.phones.all())

    @admin.display(description=gettext_lazy("address"))
    def shown_address(self, customer: Customer) -> str:
        return customer.address

    @admin.display(description=gettext_lazy("address"))
    def masked_address(self, customer: Customer) -> str:
        return masking.district(customer.address)

    @admin.display(description=gettext_lazy("preferred slot"))
    def shown_slot(self, customer: Customer) -> str:
        return str(getattr(customer, "availability", ""))

    @admin.display(description=gettext_lazy("rest days"))
    def shown_rest_rule(self, customer: Customer) -> str:
        availability = getattr(customer, "availability", None)
        return availability.rest_rule if availability else ""

    @admin.display(description=gettext_lazy("hours"))
    def shown_hours(self, customer: Customer) -> str:
        return "、".join(f"{start // 3600}–{end // 3600}" for start, end in customer.windows())

    @admin.display(description=gettext_lazy("short name"))
    def shown_short_name(self, customer: Customer) -> str:
        return customer.shown_name

    @admin.display(description=gettext_lazy("invoice title"))
    def shown_invoice_title(self, customer: Customer) -> str:
        return customer.shown_title

    masked_short_name, masked_invoice_title = shown_short_name, shown_invoice_title

    # -- Actions ------------------------------------------------------------------------------------------

    @service_action(
        description=gettext_lazy("Terminate the contract"), permission="customers.change_customer"
    )
    def terminate(self, request: HttpRequest, customer: Customer, actor: Actor) -> None:
        service.terminate(customer, actor=actor)

    @service_action(description=gettext_lazy("Reopen the contract"), permission="customers.change_customer")
    def reopen(self, request: HttpRequest, customer: Customer, actor: Actor) -> None:
        service.reopen(customer, actor=actor)


def _reader_column(field: str, mask: Any) -> None:
    """``shown_X`` and ``masked_X`` for a text field of the customer."""
    label = {entry.name: entry.verbose_name for entry in Customer._meta.concrete_fields}[field]

    def shown(self: CustomerAdmin, customer: Customer) -> str:
        return str(getattr(customer, field))

    def masked(self: CustomerAdmin, customer: Customer) -> str:
        return str(mask(getattr(customer, field)))

    for prefix, method in (("shown", shown), ("masked", masked)):
        method.short_description = label  # type: ignore[attr-defined]
        setattr(CustomerAdmin, f"{prefix}_{field}", method)


for _field, _mask in {
    "email": masking.hidden,
    "notes": masking.hidden,
    "tax_id": masking.tail,
    "carrier_id": masking.tail,
    "donation_code": masking.hidden,
    "virtual_account": masking.tail,
    "payer_account": masking.tail,
}.items():
    _reader_column(_field, _mask)

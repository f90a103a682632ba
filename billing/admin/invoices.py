"""Invoices, and the list of those that wait to be printed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from billing.admin.filing import STATUS_COLOURS
from billing.models import (
    EInvoiceSubmission,
    Handling,
    Invoice,
    InvoiceLine,
    InvoicePrint,
    PaymentAllocation,
)
from billing.services import filing, printing
from customers import masking
from customers.privacy import is_masked
from customers.queries import lookup_ids
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin, ServiceInline, service_action
from luckygas.core.errors import Refused
from luckygas.core.numbers import whole
from orders.templatetags.shown import money

MOST_AT_ONCE = 200
TAX_TYPES = {"1": gettext_lazy("taxed"), "2": gettext_lazy("zero-rated"), "3": gettext_lazy("exempt")}


class LineInline(ServiceInline):
    model = InvoiceLine
    fields = ("sequence", "description", "how_many", "unit", "price", "comes_to", "taxed")
    readonly_fields = fields
    hide_title = True

    @admin.display(description=gettext_lazy("quantity"))
    def how_many(self, line: InvoiceLine) -> str:
        return line.shown_quantity

    @admin.display(description=gettext_lazy("unit price"))
    def price(self, line: InvoiceLine) -> str:
        return _amount(line.unit_price)

    @admin.display(description=gettext_lazy("amount"))
    def comes_to(self, line: InvoiceLine) -> str:
        return _amount(line.amount)

    @admin.display(description=gettext_lazy("tax type"))
    def taxed(self, line: InvoiceLine) -> str:
        return str(TAX_TYPES.get(line.tax_type, line.tax_type))


class SubmissionInline(ServiceInline):
    model = EInvoiceSubmission
    fields = ("message", "status", "created_at", "done_at", "last_said")
    readonly_fields = fields
    hide_title = True
    show_change_link = True


class AllocationInline(ServiceInline):
    model = PaymentAllocation
    fields = ("payment", "amount", "at")
    readonly_fields = fields
    hide_title = True


class PrintInline(ServiceInline):
    model = InvoicePrint
    fields = ("is_original", "printed_at", "actor_name")
    readonly_fields = fields


def to_print() -> QuerySet[Invoice]:
    """Invoices on paper whose original was not printed yet, oldest first."""
    printed = InvoicePrint.objects.filter(invoice=OuterRef("pk"), is_original=True)
    return Invoice.objects.filter(~Exists(printed), handling=Handling.PRINT).order_by("pk")


class Filing(admin.SimpleListFilter):
    """Where the invoice stands with the tax platform."""

    title = gettext_lazy("filing")
    parameter_name = "filing"
    states = {
        "open": ("queued", "inflight", "held"),
        "unknown": ("unknown",),
        "done": ("done",),
        "failed": ("failed", "expired"),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("open", gettext_lazy("waiting for the platform")),
            ("unknown", gettext_lazy("unknown, asking")),
            ("done", gettext_lazy("confirmed")),
            ("failed", gettext_lazy("refused")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        states = self.states.get(self.value() or "")
        return queryset if states is None else queryset.filter(submissions__status__in=states)


def _name(text: str) -> str:
    """Two lines of it at most, the whole as title."""
    return format_html('<span class="lg-name" title="{}">{}</span>', text, text)


def _amount(value: Decimal) -> str:
    return format_html('<span class="lg-num">{}</span>', money(value))


@admin.register(Invoice)
class InvoiceAdmin(ServiceAdmin):
    list_display = (
        "shown_number", "issued_at", "whose", "buyer", "handling", "shown_total", "open_amount", "filed", "upload_due",
    )  # fmt: skip
    list_filter = (Filing, "handling", "period")
    list_select_related = ("customer",)
    ordering = ("-id",)
    search_fields = ("number__exact",)
    search_help_text = gettext_lazy("An invoice number, a customer's code, number or name")
    inlines = (LineInline, SubmissionInline, AllocationInline, PrintInline)
    actions = ("print_chosen",)
    empty_text = gettext_lazy("Invoices are issued by themselves when a driver has delivered.")
    change_list_template = "billing/invoice_list.html"
    change_form_template = "billing/invoice_page.html"
    fields = (
        ("shown_number", "period_label", "issued_at"),
        ("customer", "buyer"),
        "shown_address",
        ("handling", "shown_carrier", "random_number"),
        ("shown_sales", "shown_tax", "shown_total"),
        ("shown_free", "shown_zero", "upload_due"),
    )
    readonly_fields = (
        "shown_number", "period_label", "issued_at", "customer", "buyer", "shown_address", "handling", "shown_carrier",
        "random_number", "shown_sales", "shown_tax", "shown_total", "shown_free", "shown_zero", "upload_due",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        rows: QuerySet[Invoice] = super().get_queryset(request)
        return rows.prefetch_related("submissions")

    def two_step_search(self, text: str) -> Q:
        return Q(number=text.replace("-", "").upper()) | Q(customer_id__in=lookup_ids(text))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("print-list/", wrap(self.print_list), name="billing_invoice_print_list"),
            path("<int:invoice_id>/print/", wrap(self.print_one), name="billing_invoice_print"),
        ]
        return own + super().get_urls()

    @admin.display(description=gettext_lazy("invoice number"), ordering="number")
    def shown_number(self, row: Invoice) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', row.shown_number)

    @admin.display(description=gettext_lazy("period"), ordering="period")
    def period_label(self, row: Invoice) -> str:
        return row.period_label

    @admin.display(description=gettext_lazy("buyer"))
    def buyer(self, row: Invoice) -> str:
        return _name(f"{row.buyer_identifier} {row.buyer_name}" if row.is_business else row.buyer_name)

    @admin.display(description=gettext_lazy("customer"), ordering="customer__code")
    def whose(self, row: Invoice) -> str:
        return _name(str(row.customer))

    @admin.display(description=gettext_lazy("buyer's address"))
    def shown_address(self, row: Invoice) -> str:
        return masking.district(row.buyer_address) if is_masked() else row.buyer_address

    @admin.display(description=gettext_lazy("carrier or donation code"))
    def shown_carrier(self, row: Invoice) -> str:
        code = row.carrier_id or row.donation_code
        return masking.tail(code) if is_masked() else code

    @display(description=gettext_lazy("filing"), label=STATUS_COLOURS)
    def filed(self, row: Invoice) -> tuple[str, str]:
        submission = next((one for one in row.submissions.all() if one.message == "F0401"), None)
        return submission.status if submission else "", filing.state_label(submission)

    @admin.display(description=gettext_lazy("open"))
    def open_amount(self, row: Invoice) -> str:
        return _amount(row.total - getattr(row, "paid", Decimal(0)))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What is paid, for the rows of this page in one question."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        paid = dict(
            PaymentAllocation.objects.filter(invoice__in=[row.pk for row in rows])
            .order_by()
            .values_list("invoice")
            .annotate(Sum("amount"))
        )
        for row in rows:
            row.paid = paid.get(row.pk, Decimal(0))
        changelist.result_list = rows
        return changelist

    @service_action(description=gettext_lazy("Write down as printed"), permission="billing.print_invoice")
    def print_chosen(self, request: HttpRequest, row: Invoice, actor: Actor) -> None:
        printing.print_proof(row, actor=actor)

    def print_list(self, request: HttpRequest) -> HttpResponse:
        """Invoices that wait for paper; 列印 writes each down and shows the proofs ready for the printer."""
        if not request.user.has_perm("billing.view_invoice"):
            raise PermissionDenied
        may_print = request.user.has_perm("billing.print_invoice")
        if request.method == "POST":
            if not may_print:
                raise PermissionDenied
            posted = map(whole, request.POST.getlist("invoice"))
            chosen = [pk for pk in posted if pk is not None][:MOST_AT_ONCE]
            if chosen:
                return self._print(request, Invoice.objects.filter(pk__in=chosen).order_by("pk"))
            messages.warning(request, _("Choose at least one invoice."))
        waiting = to_print().select_related("customer")
        rows = list(waiting[: MOST_AT_ONCE + 1])
        context = self.admin_site.each_context(request) | {
            "title": _("To be printed"),
            "opts": self.model._meta,
            "rows": rows[:MOST_AT_ONCE],
            "more": len(rows) > MOST_AT_ONCE,
            "most": MOST_AT_ONCE,
            "may_print": may_print,
        }
        return TemplateResponse(request, "billing/print_list.html", context)

    def print_one(self, request: HttpRequest, invoice_id: int) -> HttpResponse:
        """One proof: the original, or a marked copy when the original was printed."""
        if not request.user.has_perm("billing.print_invoice"):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:billing_invoice_change", args=[invoice_id]))
        return self._print(request, Invoice.objects.filter(pk=invoice_id))

    def _print(self, request: HttpRequest, invoices: QuerySet[Invoice]) -> HttpResponse:
        proofs = []
        for invoice in invoices.select_related("customer", "track").prefetch_related("lines"):
            try:
                with transaction.atomic():
                    printed = printing.print_proof(invoice, actor=Actor.of(request.user))
                proofs.append({"invoice": invoice, "is_copy": not printed.is_original})
            except Refused as refusal:
                messages.error(request, str(refusal))
        if not proofs:
            return HttpResponseRedirect(reverse("admin:billing_invoice_print_list"))
        context = {
            "proofs": proofs,
            "title": _("Invoice proofs"),
            "page": "proofs",
            "seller_name": settings.SELLER_NAME,
        }
        return TemplateResponse(request, "billing/proofs.html", context)


def _amount_column(field: str) -> None:
    """``shown_X``: an amount of the invoice as people read it."""
    label = {entry.name: entry.verbose_name for entry in Invoice._meta.concrete_fields}[field]

    def shown(self: InvoiceAdmin, row: Invoice) -> str:
        return _amount(getattr(row, field))

    shown.short_description = label  # type: ignore[attr-defined]
    shown.admin_order_field = field  # type: ignore[attr-defined]
    setattr(InvoiceAdmin, f"shown_{field}", shown)


for _field in ("sales", "tax", "total", "free", "zero"):
    _amount_column(_field)

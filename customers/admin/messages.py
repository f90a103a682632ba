"""Text messages: the log and the receipts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from customers import masking
from customers.messaging import links
from customers.models import Customer, Occasion
from customers.privacy import is_masked
from customers.queries.messages import STATES, chips, matching
from customers.sheets.phones import national
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.admin import OutboundAdmin, ServiceInline
from luckygas.core.admin.cells import titled
from luckygas.core.errors import Refused
from luckygas.core.models import SmsMessage, SmsReceipt
from luckygas.core.notify import sending, sms

# Grey waits, blue is under way, green is done, red needs a person.
COLOURS: dict[str, str | None] = {
    "queued": None,
    "held": None,
    "inflight": "info",
    "unknown": "info",
    "done": "success",
    "failed": "danger",
    "expired": "warning",
}
DEEDS = {"resend": sms.resend, "hold": sms.hold, "release": sms.release}
MAY_RESEND = "core.resend_smsmessage"


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _statuses) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SmsMessage]) -> QuerySet[SmsMessage]:
        if self.value() in STATES:
            return queryset.filter(status__in=STATES[self.value() or ""][1])
        return queryset


class OccasionFilter(admin.SimpleListFilter):
    title = _("occasion")
    parameter_name = "occasion"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Occasion.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[SmsMessage]) -> QuerySet[SmsMessage]:
        return queryset.filter(occasion=self.value()) if self.value() in Occasion.values else queryset


class ReceiptInline(ServiceInline):
    model = SmsReceipt
    fields = ("created_at", "told", "result")
    readonly_fields = fields
    hide_title = True


def shown_number(number: str) -> str:
    """As far as the reader may know it."""
    return masking.tail(national(number)) if is_masked() else national(number)


@admin.register(SmsMessage)
class SmsMessageAdmin(OutboundAdmin):
    list_display = ("written_at", "whom", "about_what", "standing", "heard")
    list_display_links = ("written_at",)
    list_filter: Any = (StateFilter, OccasionFilter)
    list_before_template = "customers/customer_chips.html"
    change_form_outer_before_template = "customers/message_before.html"
    inlines = (ReceiptInline,)
    actions: Any = ()
    search_fields = ("subject_label__exact",)
    search_help_text = _("A phone number, a customer or an order number")
    empty_text = _("Messages are made by orders and routes, for customers who agreed to them.")
    fields = (
        ("to", "customer", "about_what"),
        ("stands", "said_whole"),
        "body",
        ("kind", "size", "cost"),
        ("created_at", "not_after", "done_at"),
        ("provider", "number_there"),
        ("told_state", "provider_error"),
        "trace",
    )

    class Media:
        css = {"all": ("customers/admin.css",)}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for row in self.fields for name in ((row,) if isinstance(row, str) else row)]

    def two_step_search(self, text: str) -> Q:
        return matching(text)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"chips": chips(request.GET.get("state", ""))} | (extra_context or {})
        return super().changelist_view(request, extra)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The customers of the page's messages, fetched once."""
        changes = super().get_changelist_instance(request)
        _remember_customers(changes.result_list)
        return changes

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            _remember_customers([row])
        return row

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:message_id>/<str:deed>/do/",
                self.admin_site.admin_view(self.do_deed),
                name="core_smsmessage_deed",
            )
        ]
        return own + super().get_urls()

    def do_deed(self, request: HttpRequest, message_id: int, deed: str) -> HttpResponse:
        """Send again, hold or release, with a reason; a refusal is told on the message's page."""
        if not request.user.has_perm(MAY_RESEND) or deed not in DEEDS:
            raise PermissionDenied
        message = get_object_or_404(SmsMessage, pk=message_id)
        shown = message
        if request.method == "POST":
            try:
                made = DEEDS[deed](
                    message, reason=request.POST.get("reason", "")[:200], actor=Actor.of(request.user)
                )
                shown = made if isinstance(made, SmsMessage) else message
                messages.success(request, gettext("Done."))
            except Refused as refusal:
                messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:core_smsmessage_change", args=[shown.pk]))

    @admin.display(description=_("number"))
    def to(self, row: SmsMessage) -> str:
        return shown_number(row.recipient)

    @admin.display(description=_("customer"))
    def customer(self, row: SmsMessage) -> SafeString | str:
        found = getattr(row, "shown_customer", None)
        if found is None:
            return "–"
        return format_html('<a href="{}"><span class="lg-name">{}</span></a>', _page_of(found), found)

    @admin.display(description=_("time"), ordering="created_at")
    def written_at(self, row: SmsMessage) -> str:
        at = clock.taipei(row.created_at)
        return f"{at:%m/%d %H:%M}" if at.year == clock.today().year else f"{at:%Y/%m/%d %H:%M}"

    @admin.display(description=_("recipient"))
    def whom(self, row: SmsMessage) -> SafeString:
        found = getattr(row, "shown_customer", None)
        if found is None:
            return titled(shown_number(row.recipient), ())
        return titled(found, (shown_number(row.recipient),), url=_page_of(found))

    @admin.display(description=_("about"))
    def about_what(self, row: SmsMessage) -> SafeString:
        url = links.page_of(row.subject)
        subject = format_html('<a href="{}">{}</a>', url, row.subject_label) if url else row.subject_label
        return titled(self.kind(row), (subject,))

    @admin.display(description=_("what the party said"))
    def heard(self, row: SmsMessage) -> SafeString | str:
        said = self.said_whole(row)
        if said in ("–", sending.state_label(row)):  # the label beside it says it already
            return ""
        return format_html('<span class="lg-name" title="{}">{}</span>', said, said)

    @admin.display(description=_("occasion"))
    def kind(self, row: SmsMessage) -> str:
        return str(dict(Occasion.choices).get(row.occasion, row.occasion))

    @display(description=_("state"), label=COLOURS)
    def standing(self, row: SmsMessage) -> tuple[str, str]:
        return row.status, sending.state_label(row)

    @admin.display(description=_("state"))
    def stands(self, row: SmsMessage) -> str:
        return sending.state_label(row)

    @admin.display(description=SmsMessage._meta.get_field("provider_message_id").verbose_name)
    def number_there(self, row: SmsMessage) -> SafeString | str:
        if not row.provider_message_id:
            return "–"
        return format_html('<span translate="no">{}</span>', row.provider_message_id)

    @admin.display(description=_("provider's state"))
    def told_state(self, row: SmsMessage) -> str:
        return sending.provider_state(row.provider_status)

    @admin.display(description=_("what the party said"))
    def said_whole(self, row: SmsMessage) -> str:
        return (row.held_reason if row.status == "held" else row.last_said) or "–"

    @admin.display(description=_("parts"))
    def size(self, row: SmsMessage) -> str:
        return f"{row.parts} ({row.encoding})"

    @admin.display(description=_("estimated cost"))
    def cost(self, row: SmsMessage) -> str:
        return f"NT$ {row.cost_estimate.normalize():f}"


def _page_of(customer: Customer) -> str:
    return reverse("admin:customers_customer_change", args=[customer.pk])


def _remember_customers(rows: Any) -> None:
    ids = {
        row.pk: int(row.addressee.partition(":")[2]) for row in rows if row.addressee.startswith("customer:")
    }
    found = Customer.objects.only("code", "short_name", "kind").in_bulk(list(ids.values()))
    for row in rows:
        row.shown_customer = found.get(ids.get(row.pk, 0))


@admin.register(SmsReceipt)
class SmsReceiptAdmin(OutboundAdmin):
    list_display = ("created_at", "told", "result", "message", "status", "attempts", "said")
    list_filter: Any = ("result", "status")
    list_select_related = ("message",)
    empty_text = _("The provider reports here what became of each message.")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        hidden = {"raw"} if is_masked() else set()
        return [name for name in super().get_fields(request, obj) if name not in hidden]

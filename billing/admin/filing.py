"""What was filed with the tax platform, and what came back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from billing.models import EInvoiceSubmission, PlatformFinding, TurnkeyFile
from billing.services import filing
from customers import masking
from customers.privacy import is_masked
from luckygas.core.admin import OutboundAdmin, ServiceAdmin, ServiceInline

# Grey waits, blue is under way, green is done, red needs a person; the word stands beside the colour.
STATUS_COLOURS: dict[str, str | None] = {
    "": None,
    "queued": None,
    "held": None,
    "inflight": "info",
    "unknown": "warning",
    "done": "success",
    "failed": "danger",
    "expired": "danger",
}


class FindingInline(ServiceInline):
    model = PlatformFinding
    fields = ("at", "verdict", "code", "description", "file", "settled")
    readonly_fields = fields


@admin.register(EInvoiceSubmission)
class EInvoiceSubmissionAdmin(OutboundAdmin):
    list_display = (
        "id", "about", "standing", "due", "waiting_since", "next_try", "attempts", "said",
    )  # fmt: skip
    list_select_related = ("invoice",)
    inlines = (FindingInline,)
    empty_text = _("Every invoice is filed from here by itself, and its result comes back here.")
    search_fields = ("invoice__number__exact", "file_name__exact")
    search_help_text = _("An invoice number")

    def two_step_search(self, text: str) -> Q:
        return Q(invoice__number=text.replace("-", "").upper()) | Q(file_name=text)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for name in super().get_fields(request, obj) if name != "xml"] + ["message_text"]

    @display(description=_("state"), ordering="status", label=STATUS_COLOURS)
    def standing(self, row: EInvoiceSubmission) -> tuple[str, str]:
        return row.status, filing.state_label(row)

    @admin.display(description=_("to be filed by"), ordering="invoice__upload_due")
    def due(self, row: EInvoiceSubmission) -> Any:
        return row.invoice.upload_due

    @admin.display(description=_("message text"))
    def message_text(self, row: EInvoiceSubmission) -> str:
        if is_masked():
            return masking.HIDDEN
        return format_html("<pre>{}</pre>", bytes(row.xml).decode())


class UnknownDocument(admin.SimpleListFilter):
    title = _("document")
    parameter_name = "document"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("unknown", _("unknown to us")), ("ours", _("ours"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(submission__isnull=self.value() == "unknown")


@admin.register(PlatformFinding)
class PlatformFindingAdmin(ServiceAdmin):
    list_display = (
        "at",
        "message",
        "document",
        "verdict",
        "code",
        "description",
        "submission",
        "file",
        "settled",
    )
    list_filter = ("verdict", UnknownDocument)
    list_select_related = ("submission__invoice", "file")
    ordering = ("-id",)
    search_fields = ("reference__exact",)
    search_help_text = _("An invoice number")

    @admin.display(description=_("document"))
    def document(self, row: PlatformFinding) -> str:
        return row.reference or "–"


@admin.register(TurnkeyFile)
class TurnkeyFileAdmin(ServiceAdmin):
    list_display = ("read_at", "kind", "name", "size", "status", "problem")
    list_filter = ("status", "kind")
    ordering = ("-id",)
    fields = ("kind", "path", "name", "sha256", "size", "status", "problem", "read_at", "text")
    readonly_fields = fields

    @admin.display(description=_("content"))
    def text(self, row: TurnkeyFile) -> str:
        return format_html("<pre>{}</pre>", bytes(row.content[:100_000]).decode(errors="replace"))

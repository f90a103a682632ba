"""What text messages say, and what customers agreed to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from customers.messaging import consents, templates
from customers.messaging.occasions import OCCASIONS
from customers.models import Customer, MessageConsent, MessageTemplate
from customers.queries import lookup_ids
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin
from luckygas.core.errors import Refused


class TemplateForm(forms.ModelForm):
    class Meta:
        model = MessageTemplate
        fields = ("code", "variant", "language", "weight", "is_active", "body")
        widgets = {"body": UnfoldAdminTextareaWidget(attrs={"rows": 4, "translate": "no"})}


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ServiceAdmin):
    form = TemplateForm
    add_service = staticmethod(templates.add)
    change_service = staticmethod(templates.change)
    list_display = ("code", "variant", "language", "weight", "is_active", "reads", "size")
    list_filter = ("code", "is_active")
    ordering = ("code", "language", "variant")
    empty_text = _("A text for each occasion; of several variants each customer always gets the same.")

    class Media:
        css = {"all": ("customers/admin.css",)}
        js = ("customers/template.js",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        text = "body" if self.has_change_permission(request, obj) or obj is None else "as_written"
        own = (("code", "variant", "language"), ("weight", "is_active"), text, "preview", "placeholders")
        return (*own, "earlier") if obj else own

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        always = ("preview", "placeholders", "as_written")
        return (*always, "code", "variant", "language", "earlier") if obj else always

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "preview/",
                self.admin_site.admin_view(self.preview_of),
                name="customers_messagetemplate_preview",
            )
        ]
        return own + super().get_urls()

    def preview_of(self, request: HttpRequest) -> JsonResponse:
        """The text with sample values and its parts while somebody types; ``problem`` says what is wrong."""
        if not request.user.has_perm("customers.view_messagetemplate"):
            raise PermissionDenied
        code, body = request.POST.get("code", ""), request.POST.get("body", "")[:600]
        if code not in OCCASIONS:
            return JsonResponse({"text": body, "size": "", "problem": "", "placeholders": ""})
        problem = ""
        try:
            templates.check(code, body)
        except Refused as refusal:
            problem = str(refusal)
        text, size = templates.preview(code, body)
        return JsonResponse(
            {"text": text, "size": _size_of(size), "problem": problem, "placeholders": _placeholders(code)}
        )

    @admin.display(description=_("text"))
    def reads(self, row: MessageTemplate) -> SafeString:
        # As the customer gets it, whatever language the page is in.
        return format_html('<span translate="no">{}</span>', templates.preview(row.code, row.body)[0])

    @admin.display(description=_("parts"))
    def size(self, row: MessageTemplate) -> int:
        return templates.preview(row.code, row.body)[1].parts

    @admin.display(description=_("text"))
    def as_written(self, row: MessageTemplate) -> SafeString:
        return format_html('<span translate="no">{}</span>', row.body)

    @admin.display(description=_("reads like this"))
    def preview(self, row: MessageTemplate) -> SafeString:
        text, size = templates.preview(row.code, row.body) if row.code else ("", None)
        return format_html(
            '<div class="lg-bubble" data-preview="{}" data-code="{}"><p translate="no">{}</p><small>{}</small></div>',
            reverse("admin:customers_messagetemplate_preview"),
            row.code,
            text,
            _size_of(size) if size else "",
        )

    @admin.display(description=_("placeholders"))
    def placeholders(self, row: MessageTemplate) -> SafeString:
        return format_html(
            '<span class="lg-placeholders" translate="no">{}</span>',
            _placeholders(row.code) if row.code else "–",
        )

    @admin.display(description=_("earlier texts"))
    def earlier(self, row: MessageTemplate) -> SafeString | str:
        kept = apps.get_model("customers", "MessageTemplateEvent")
        rows = kept.objects.filter(pgh_obj=row).select_related("pgh_context").order_by("-pgh_id")[:20]
        lines = format_html_join(
            "",
            '<li>{} {} – <span translate="no">{} ({})</span></li>',
            (
                (
                    f"{clock.taipei(old.pgh_created_at):%Y/%m/%d %H:%M}",
                    (old.pgh_context.metadata.get("actor", "") if old.pgh_context else ""),
                    old.body,
                    old.weight,
                )
                for old in rows
            ),
        )
        return format_html("<ul>{}</ul>", lines) if lines else "–"


def _size_of(size: Any) -> str:
    return gettext("%(parts)d parts, %(units)d characters (%(alphabet)s)") % {
        "parts": size.parts,
        "units": size.units,
        "alphabet": size.encoding,
    }


def _placeholders(code: str) -> str:
    facts = OCCASIONS[code]
    words = [f"[{{{name}}}]" if name in facts.optional else f"{{{name}}}" for name in facts.samples]
    return "　".join(words)


class ConsentForm(forms.ModelForm):
    """What a customer said about messages, and how."""

    customer_code = forms.CharField(label=_("customer code"), max_length=7, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = MessageConsent
        fields = ("kind", "granted", "source", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["source"]
        field.choices = [choice for choice in field.choices if choice[0] not in ("workbook", "provider")]

    def clean_customer_code(self) -> str:
        code = str(self.cleaned_data["customer_code"]).strip()
        if not Customer.objects.filter(code=code).exists():
            raise forms.ValidationError(_("There is no customer %(code)s.") % {"code": code})
        return code


def _record(data: dict[str, Any], *, actor: Actor) -> MessageConsent:
    customer = Customer.objects.get(code=data["customer_code"])
    made = consents.record(
        customer, data["kind"], data["granted"], source=data["source"], note=data.get("note", ""), actor=actor
    )
    if made is None:
        raise Refused(
            _("That is what stands already; nothing was written."), code="nothing_new", field="granted"
        )
    return made


@admin.register(MessageConsent)
class MessageConsentAdmin(ServiceAdmin):
    list_display = ("at", "customer", "kind", "granted", "source", "note", "actor_name")
    list_filter = ("kind", "granted", "source")
    list_select_related = ("customer",)
    ordering = ("-id",)
    search_fields = ("customer__code__exact",)
    search_help_text = _("A customer's code, number or name")
    empty_text = _("What customers say about messages is recorded on their page, or comes with a workbook.")
    add_service = staticmethod(_record)

    def two_step_search(self, text: str) -> Q:
        return Q(customer_id__in=lookup_ids(text))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = ConsentForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From a customer's page (``?customer=<code>``) the form begins with that customer."""
        return {"customer_code": request.GET.get("customer", "")[:7], "granted": True}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("customer_code", ("kind", "granted"), "source", "note")
        return ("customer", "kind", "granted", "source", "note", "at", "actor_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

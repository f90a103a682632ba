"""The bank: its profile and host keys, what was fetched, the deposits."""

from __future__ import annotations

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
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from billing import bank_reasons
from billing.bank import sftp
from billing.models import (
    BankDeposit,
    BankFile,
    BankHostKey,
    BankProfile,
    BankSighting,
    BankTransfer,
    DepositClearing,
    DepositPosting,
)
from billing.services import bank_fetch, bank_import, bank_profiles
from customers import masking
from customers.privacy import is_masked
from customers.queries import lookup_ids
from luckygas.core.actor import Actor
from luckygas.core.admin import OutboundAdmin, ServiceAdmin, ServiceInline
from luckygas.core.errors import Refused

# Grey waits, blue is under way, green is done, red needs a person; the word stands beside the colour.
FILE_COLOURS: dict[str, str | None] = {
    "imported": "success",
    "refused": "danger",
    "aside": "danger",
    "dismissed": None,
}
CLEARING_COLOURS: dict[str, str | None] = {
    "new": None,
    "queued": "danger",
    "posted": "success",
    "not_ours": None,
}
_SHOWN_BYTES = 100_000


def told(request: HttpRequest, permission: str, deed: Any, done: str) -> None:
    """Let a service do it and say what came of it; PermissionDenied without the right."""
    if not request.user.has_perm(permission):
        raise PermissionDenied
    try:
        deed(Actor.of(request.user))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return
    messages.success(request, done)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("reason"), max_length=200, required=False)


class HostKeyInline(ServiceInline):
    model = BankHostKey
    fields = ("fingerprint", "added_at", "actor_name", "reason", "retired_at")
    readonly_fields = fields


class ProfileForm(forms.ModelForm):
    """What the contract and the gateway say; each change has a reason."""

    reason = forms.CharField(label=_("reason"), max_length=200, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = BankProfile
        fields = ("code", *bank_profiles.EDITABLE)


@admin.register(BankProfile)
class BankProfileAdmin(ServiceAdmin):
    list_display = ("code", "name", "host", "port", "account_number", "is_active", "standing")
    ordering = ("code",)
    form = ProfileForm
    inlines = (HostKeyInline,)
    change_form_outer_before_template = "billing/bank_profile_before.html"
    empty_text = _("A bank is set up once, with its address, its host key and what the contract says.")
    add_service = staticmethod(bank_profiles.add)

    class Media:
        css = {"all": ("billing/reverse.css", "billing/bank.css")}

    @staticmethod
    def change_service(row: BankProfile, data: dict[str, Any], *, actor: Actor) -> None:
        bank_profiles.change(row, data, actor=actor)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [*bank_profiles.EDITABLE, "reason"]
        if obj is None:
            return ["code", *fields]
        if not self.has_change_permission(request, obj):
            shown = {"name_pattern": "pattern_code", "secret_name": "secret_code"}
            return [shown.get(name, name) for name in fields if name != "reason"]
        return fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            () if obj is None or self.has_change_permission(request, obj) else self.get_fields(request, obj)
        )

    @admin.display(description=_("file name"))
    def pattern_code(self, row: BankProfile) -> str:
        return format_html("<code>{}</code>", row.name_pattern)

    @admin.display(description=_("secret of the key"))
    def secret_code(self, row: BankProfile) -> str:
        return format_html("<code>{}</code>", row.secret_name)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else ()

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<int:pk>/trust/", self.admin_site.admin_view(self.trust), name="billing_bankprofile_trust"),
            path(
                "<int:pk>/resume/", self.admin_site.admin_view(self.resume), name="billing_bankprofile_resume"
            ),
            path("<int:pk>/pin/", self.admin_site.admin_view(self.pin), name="billing_bankprofile_pin"),
            path(
                "<int:pk>/retire/", self.admin_site.admin_view(self.retire), name="billing_bankprofile_retire"
            ),
            path("<int:pk>/fetch/", self.admin_site.admin_view(self.fetch), name="billing_bankprofile_fetch"),
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = BankProfile.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        keys = list(row.host_keys.filter(retired_at__isnull=True)) if row is not None else []
        extra = {
            "offered": sftp.fingerprint(row.offered_key) if row is not None and row.offered_key else "",
            "known": keys,
            "last": BankTransfer.objects.filter(profile=row).order_by("-pk").first() if row else None,
        }
        answer: HttpResponse = super().change_view(
            request, object_id, form_url, (extra_context or {}) | extra
        )
        return answer

    def trust(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Accept the key that the bank presents."""

        def deed(actor: Actor) -> None:
            bank_profiles.trust_offered(
                get_object_or_404(BankProfile, pk=pk),
                fingerprint=request.POST.get("fingerprint", ""),
                reason=request.POST.get("reason", ""),
                actor=actor,
            )

        return self._deed(
            request, pk, "billing.trust_bankprofile", deed, gettext("The new host key is accepted.")
        )

    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Fetch again with the known keys."""

        def deed(actor: Actor) -> None:
            profile = get_object_or_404(BankProfile, pk=pk)
            bank_profiles.resume(profile, reason=request.POST.get("reason", ""), actor=actor)

        return self._deed(request, pk, "billing.trust_bankprofile", deed, gettext("The bank is asked again."))

    def pin(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Vouch for a host key that the bank announced."""

        def deed(actor: Actor) -> None:
            profile = get_object_or_404(BankProfile, pk=pk)
            words = {name: request.POST.get(name, "") for name in ("key", "reason")}
            bank_profiles.pin(profile, words["key"], reason=words["reason"], actor=actor)

        return self._deed(
            request, pk, "billing.trust_bankprofile", deed, gettext("The host key is known now.")
        )

    def retire(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Trust a host key no longer: the bank uses another, or its secret half is out."""

        def deed(actor: Actor) -> None:
            number = request.POST.get("key", "")
            key = BankHostKey.objects.filter(profile=pk, pk=number).first() if number.isdecimal() else None
            if key is None:
                raise Refused(gettext("Choose one of the bank's host keys."), code="key", field="key")
            bank_profiles.retire(key, reason=request.POST.get("reason", ""), actor=actor)

        done = gettext("The host key is not trusted any more.")
        return self._deed(request, pk, "billing.trust_bankprofile", deed, done)

    def fetch(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Look into the folder now."""

        def deed(_actor: Actor) -> None:
            if bank_fetch.request(get_object_or_404(BankProfile, pk=pk)) is None:
                raise Refused(gettext("The bank is stopped or not in use."), code="stopped")

        done = gettext("Somebody looks into the bank's folder now.")
        return self._deed(request, pk, "billing.change_bankprofile", deed, done)

    def _deed(self, request: HttpRequest, pk: int, permission: str, deed: Any, done: str) -> HttpResponse:
        if request.method == "POST":
            told(request, permission, deed, done)
        elif not request.user.has_perm(permission):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:billing_bankprofile_change", args=[pk]))

    @display(description=pgettext_lazy("of a bank", "state"), label={"ok": "success", "stopped": "danger"})
    def standing(self, row: BankProfile) -> tuple[str, str]:
        return ("stopped", row.stopped_because) if row.stopped_because else ("ok", gettext("in use"))


@admin.register(BankTransfer)
class BankTransferAdmin(OutboundAdmin):
    list_display = ("id", "about", "status", "waiting_since", "next_try", "attempts", "files", "said")
    list_select_related = ("profile",)
    empty_text = _("Each look into the bank's folder stands here, with what came of it.")


class SightingInline(ServiceInline):
    model = BankSighting
    fields = ("at", "name", "size", "said", "transfer")
    readonly_fields = fields


@admin.register(BankFile)
class BankFileAdmin(ServiceAdmin):
    list_display = ("fetched_at", "profile", "name", "size", "standing", "rows", "total", "problem")
    list_filter = ("status",)
    list_select_related = ("profile",)
    ordering = ("-id",)
    search_fields = ("name__exact", "sha256__exact")
    search_help_text = _("A file's name")
    empty_text = _("A file of the bank stands here as soon as it is fetched, with its bytes.")
    change_form_outer_before_template = "billing/bank_file_before.html"
    fields = (
        "profile", "name", "status", "problem", "rows", "total", "size", "sha256", "fetched_at", "decided_by",
        "decided_reason", "text",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (SightingInline,)

    class Media:
        css = {"all": ("billing/reverse.css", "billing/bank.css")}

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request)
        resolved = request.resolver_match
        is_list = resolved is not None and resolved.url_name == "billing_bankfile_changelist"
        return found.defer("content") if is_list else found

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.decide)
        return [path("<int:pk>/decide/", view, name="billing_bankfile_decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a file in after all, or say that nothing is to come of it."""
        file = get_object_or_404(BankFile, pk=pk)
        if request.method == "POST":
            service = bank_import.accept_file if "accept" in request.POST else bank_import.dismiss_file
            reason = request.POST.get("reason", "")
            done = gettext("It is written down.")
            told(
                request,
                "billing.decide_bankfile",
                lambda actor: service(file, reason=reason, actor=actor),
                done,
            )
        elif not request.user.has_perm("billing.decide_bankfile"):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:billing_bankfile_change", args=[pk]))

    @display(description=_("status"), ordering="status", label=FILE_COLOURS)
    def standing(self, row: BankFile) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @admin.display(description=_("content"))
    def text(self, row: BankFile) -> str:
        if is_masked():
            return masking.HIDDEN
        return format_html("<pre>{}</pre>", bytes(row.content[:_SHOWN_BYTES]).decode("cp950", "replace"))


class PostingInline(ServiceInline):
    model = DepositPosting
    fields = ("at", "payment", "by_itself", "reason")
    readonly_fields = fields


@admin.register(BankDeposit)
class BankDepositAdmin(ServiceAdmin):
    list_display = (
        "booked_on",
        "trade_no",
        "virtual_account",
        "shown_payer",
        "amount",
        "standing",
        "why",
        "file",
    )
    list_filter = ("clearing__state", "booked_on")
    list_select_related = ("clearing", "file")
    ordering = ("-booked_on", "-id")
    search_fields = ("virtual_account__exact",)
    search_help_text = _("A virtual account, or a customer's code or name")
    empty_text = _("Deposits come from the bank's files; what is not matched by itself waits in the queue.")
    inlines = (PostingInline,)
    fields = (
        "file", "line", "account", "booked_on", "trade_no", "trade_code", "export", "withdrawal", "deposit", "sign",
        "balance", "virtual_account", "status", "shown_payer", "amount", "state_words", "why", "open_amount",
        "decided_by", "decided_reason",
    )  # fmt: skip
    readonly_fields = fields
    change_list_template = "billing/bank_deposit_list.html"

    def two_step_search(self, text: str) -> Q:
        customers = Q(postings__payment__customer_id__in=lookup_ids(text))
        return Q(virtual_account=text) | Q(pk__in=BankDeposit.objects.filter(customers).values("pk"))

    def get_urls(self) -> list[URLPattern]:
        from billing.admin import bank_queue

        return [*bank_queue.urls(self.admin_site), *super().get_urls()]

    @admin.display(description=_("payer"))
    def shown_payer(self, row: BankDeposit) -> str:
        return (masking.name(row.payer_name) if is_masked() else row.payer_name) or "–"

    @display(description=_("state"), ordering="clearing__state", label=CLEARING_COLOURS)
    def standing(self, row: BankDeposit) -> tuple[str, str]:
        clearing = _clearing(row)
        return str(clearing.state), clearing.get_state_display()

    @admin.display(description=_("state"))
    def state_words(self, row: BankDeposit) -> str:
        return _clearing(row).get_state_display()

    @admin.display(description=_("why"))
    def why(self, row: BankDeposit) -> str:
        clearing = _clearing(row)
        return bank_reasons.explain(clearing.reason_code, clearing.reason_values) or "–"

    @admin.display(description=_("open"))
    def open_amount(self, row: BankDeposit) -> str:
        return f"NT$ {_clearing(row).open_amount:,}"

    @admin.display(description=_("decided by"))
    def decided_by(self, row: BankDeposit) -> str:
        return _clearing(row).decided_by or "–"

    @admin.display(description=_("reason"))
    def decided_reason(self, row: BankDeposit) -> str:
        return _clearing(row).decided_reason or "–"


def _clearing(row: BankDeposit) -> DepositClearing:
    """A deposit whose clearing was lost is the verifier's find; its page opens all the same."""
    return getattr(row, "clearing", None) or DepositClearing(deposit=row, open_amount=row.amount)


@admin.register(BankHostKey)
class BankHostKeyAdmin(ServiceAdmin):
    list_display = ("profile", "fingerprint", "added_at", "actor_name", "reason", "retired_at")
    list_select_related = ("profile",)
    ordering = ("-id",)
    empty_text = _("Host keys are accepted on the bank's own page.")

"""Conflicts between both systems: the list, and one conflict side by side with a click to decide it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import Case, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg.errors import LockNotAvailable
from unfold.decorators import display

from customers.models import Customer
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin
from luckygas.core.admin.cells import titled
from luckygas.core.errors import Refused
from pilot.legacy.mapping import label
from pilot.models import SyncConflict
from pilot.queries import conflicts as shown
from pilot.services import conflicts

DECIDES = "pilot.change_syncconflict"
#: Amber says that somebody has to do something before a value can be taken at all; red is for the state.
COLOURS: dict[str, str | None] = {
    "both": "info",
    "deleted": "info",
    "damaged": "warning",
    "unencodable": "warning",
    "refused": "warning",
}
ICONS = {"both": "⇄", "deleted": "⌫", "damaged": "▲", "unencodable": "▲", "refused": "▲"}
MARKS = {"open": "●", "resolved": "✓", "gone": "○"}


@admin.register(SyncConflict)
class SyncConflictAdmin(ServiceAdmin):
    list_display = ("whose", "trouble", "contested", "age", "standing", "decided_by")
    list_before_template = "customers/customer_chips.html"
    list_filter = ("state", "kind")
    list_select_related = ("link",)
    search_fields = ("link__external_id__exact", "link__customer_code__exact")
    search_help_text = gettext_lazy("A customer's code or an order's number")
    # What waits for a person first, the oldest of it at the top.
    ordering: Any = (Case(When(state="open", then=0), default=1), "opened_at", "id")
    empty_text = gettext_lazy("Both systems agree: nothing waits for a decision.")

    class Media:
        css = {"all": ("customers/admin.css",)}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"chips": shown.chips(request.GET.get("state__exact", ""))} | (extra_context or {})
        return super().changelist_view(request, extra)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The customers of the page's conflicts, fetched once."""
        changes = super().get_changelist_instance(request)
        shown.remember_customers(changes.result_list)
        return changes

    @admin.display(description=gettext_lazy("record"))
    def whose(self, row: SyncConflict) -> SafeString:
        link = row.link
        number = link.external_id if link.external_id != link.customer_code else ""
        customer = getattr(row, "shown_customer", None)
        return titled(customer or link.customer_code, (f"{link.get_entity_display()} {number}".strip(),))

    @display(description=gettext_lazy("kind"), label=COLOURS)
    def trouble(self, row: SyncConflict) -> tuple[str, str]:
        return row.kind, f"{ICONS[row.kind]} {row.get_kind_display()}"

    @display(description=gettext_lazy("state"), label={"open": "danger", "resolved": "success"})
    def standing(self, row: SyncConflict) -> tuple[str, str]:
        return row.state, f"{MARKS[row.state]} {row.get_state_display()}"

    @admin.display(description=gettext_lazy("contested fields"))
    def contested(self, row: SyncConflict) -> str:
        return ", ".join(label(name) for name in row.fields()[:4]) or "–"

    @admin.display(description=gettext_lazy("closed by"))
    def decided_by(self, row: SyncConflict) -> str:
        return row.closed_by

    @admin.display(description=gettext_lazy("waiting for"), ordering="opened_at")
    def age(self, row: SyncConflict) -> str:
        return timesince(row.opened_at, row.closed_at or clock.now())

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One conflict: what was agreed, ours, theirs; decided by a click."""
        if not request.user.has_perm("pilot.view_syncconflict"):
            raise PermissionDenied
        row = self._row(object_id)
        if request.method == "POST":
            if not request.user.has_perm(DECIDES):
                raise PermissionDenied
            return self._decide(request, row)
        customer = Customer.objects.filter(code=row.link.customer_code).first()
        context = self.admin_site.each_context(request) | {
            "title": f"{row.link.get_entity_display()} {row.link.external_id}",
            "opts": self.model._meta,
            "conflict": row,
            "seen": conflicts.shown(row),
            "customer": customer,
            "lines": _lines(row),
            "may_decide": request.user.has_perm(DECIDES) and row.state == SyncConflict.State.OPEN,
            "may_edit": row.kind != SyncConflict.Kind.DELETED,
            "theirs_readable": row.kind != SyncConflict.Kind.DAMAGED,
            "age": timesince(row.opened_at, row.closed_at or clock.now()),
        }
        return TemplateResponse(request, "pilot/conflict.html", context)

    def _row(self, object_id: str) -> SyncConflict:
        found = (
            SyncConflict.objects.select_related("link")
            .filter(pk=object_id if object_id.isdigit() else 0)
            .first()
        )
        if found is None:
            raise Http404
        return found

    def _decide(self, request: HttpRequest, row: SyncConflict) -> HttpResponse:
        how = request.POST.get("how", "")
        # A browser sends a text of several lines with CR LF, however it was kept.
        values = {
            name: request.POST[f"value-{name}"].replace("\r\n", "\n")
            for name in row.fields()
            if f"value-{name}" in request.POST
        }
        here = HttpResponseRedirect(reverse("admin:pilot_syncconflict_change", args=[row.pk]))
        try:
            seen = request.POST.get("seen", "")
            conflicts.resolve(row, how, values=values, seen=seen, actor=Actor.of(request.user))
        except Refused as refusal:
            messages.error(request, str(refusal))
            return here
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            messages.error(request, _("Busy, try again"))
            return here
        messages.success(request, _("Decided: both systems get this value."))
        following = SyncConflict.objects.filter(state="open").order_by("opened_at", "pk").first()
        if following is not None:
            return HttpResponseRedirect(reverse("admin:pilot_syncconflict_change", args=[following.pk]))
        return HttpResponseRedirect(reverse("admin:pilot_syncconflict_changelist"))


def _lines(row: SyncConflict) -> list[dict[str, Any]]:
    """Field by field: (name, label, base, ours, theirs), the fields that differ first."""
    parts = [row.base, row.ours, row.theirs]
    lines = []
    for name in row.fields():
        base, ours, theirs = ((part or {}).get(name, "") for part in parts)
        lines.append(
            {
                "name": name,
                "label": label(name),
                "base": base,
                "ours": ours,
                "theirs": theirs,
                "differs": ours != theirs,
            }
        )
    shown = [line for line in lines if line["base"] or line["ours"] or line["theirs"]]
    return sorted(shown, key=lambda line: not line["differs"])

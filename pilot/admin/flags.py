"""The flag editor: the sentence, the kill switch, the rules in their order, who is on which list, why, and history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.queries import lookup
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin
from luckygas.core.errors import Refused
from luckygas.core.numbers import whole
from pilot.admin.flag_form import FlagForm
from pilot.flags.provider import undefined_names
from pilot.models import Flag, FlagChange, FlagRequest, ListSide, RequestState
from pilot.queries import flags as shown
from pilot.services import flags as service

CHANGES = "pilot.change_flag"
KILLS = "pilot.kill_flag"
LISTED = 50
TOLD = 30
CANDIDATES = 8


def _named(flag: Flag) -> SafeString:
    """The name as the code asks for it, the same in every language."""
    return format_html('<span translate="no">{}</span>', flag.name)


def _create(data: dict[str, Any], *, actor: Actor) -> Flag:
    return service.create(data, reason=data["reason"], actor=actor)


@admin.register(Flag)
class FlagAdmin(ServiceAdmin):
    list_display = ("shown_name", "in_a_sentence", "shown_state", "changed_at")
    list_filter = ("state", "kind", "killed")
    search_fields = ("name", "title")
    search_help_text = gettext_lazy("Name of a flag, or what it switches")
    ordering = ("name",)
    empty_text = gettext_lazy("No flag is defined: the code takes its defaults. Add the first one.")
    add_form_template = "admin/change_form.html"
    change_form_template = "pilot/flag.html"
    change_list_template = "pilot/flag_list.html"
    add_service = staticmethod(_create)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = FlagForm
        return super().get_form(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("name", *service.FIELDS, "reason")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The lists of all shown flags are counted in one question."""
        found = super().get_changelist_instance(request)
        flags: list[Any] = list(found.result_list)
        counts, areas = shown.counts_of(flags), shown.area_names()
        for flag in flags:
            flag.sentence = shown.sentence(flag, counts[flag.pk], areas)
        found.result_list = flags
        return found

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        known = set(Flag.objects.values_list("name", flat=True))
        missing = [(name, at) for name, at in undefined_names().items() if name not in known]
        answer: HttpResponse = super().changelist_view(
            request, (extra_context or {}) | {"undefined": missing}
        )
        return answer

    @admin.display(description=gettext_lazy("flag name"), ordering="name")
    def shown_name(self, flag: Flag) -> SafeString:
        return _named(flag)

    @admin.display(description=gettext_lazy("what it does now"))
    def in_a_sentence(self, flag: Any) -> str:
        return str(flag.sentence)

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, flag: Flag) -> str:
        return _("■ kill switch") if flag.killed else flag.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        deeds: list[tuple[str, str, Callable[..., Any]]] = [
            ("edit", CHANGES, self._edit),
            ("kill", KILLS, self._kill),
            ("revive", KILLS, self._revive),
            ("add-customer", CHANGES, self._add_customer),
            ("remove-customer", CHANGES, self._remove_customer),
            ("approve", CHANGES, self._approve),
            ("decline", CHANGES, self._decline),
        ]
        own = [
            path(
                f"<int:flag_id>/{name}/",
                wrap(self._deed(permission, work)),
                name=f"pilot_flag_{name.replace('-', '_')}",
            )
            for name, permission, work in deeds
        ]
        return own + super().get_urls()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        flag = Flag.objects.filter(pk=whole(object_id) or 0).first()
        if flag is not None and self.has_view_permission(request, flag):
            return self._page(request, flag)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _page(
        self, request: HttpRequest, flag: Flag, *, form: FlagForm | None = None, status: int = 200
    ) -> HttpResponse:
        counts, areas = shown.counts_of([flag])[flag.pk], shown.area_names()
        asked = request.GET.get("customer", "").strip()[:100]
        found = lookup(asked, CANDIDATES) if asked else []
        exact = [one for one in found if one.code == asked] or found
        answer, rungs = None, shown.rungs(flag, counts, areas)
        if len(exact) == 1:
            customer = Customer.objects.select_related("area").get(pk=exact[0].pk)
            answer, rungs = shown.why(flag, customer, counts, areas)
        context = self.admin_site.each_context(request) | {
            "title": flag.title,
            "opts": self.model._meta,
            "flag": flag,
            "sentence": shown.sentence(flag, counts, areas),
            "rungs": rungs,
            "asked": asked,
            "answer": answer,
            "candidates": [] if answer else found,
            "lists": [
                (side, ListSide(side).label, counts[side], shown.listed(flag, side, LISTED))
                for side in (ListSide.ALLOW, ListSide.DENY)
            ],
            "listed_most": LISTED,
            "history": shown.history(flag, TOLD),
            "history_total": flag.changes.count(),
            "waiting": flag.requests.filter(state=RequestState.OPEN).first(),
            "form": form or FlagForm(instance=flag),
            "is_editing": form is not None,
            "may_change": request.user.has_perm(CHANGES),
            "may_kill": request.user.has_perm(KILLS),
            "person": request.user.pk,
        }
        return TemplateResponse(request, "pilot/flag.html", context, status=status)

    def _deed(self, permission: str, work: Callable[..., Any]) -> Callable[..., HttpResponse]:
        """A view that does one deed on POST and comes back to the page; what was refused is told there."""

        def view(request: HttpRequest, flag_id: int) -> HttpResponse:
            flag = Flag.objects.filter(pk=flag_id).first()
            if flag is None:
                raise Http404
            if not request.user.has_perm(permission):
                raise PermissionDenied
            if request.method == "POST":
                try:
                    answer = work(request, flag, Actor.of(request.user))
                except Refused as refusal:
                    messages.error(request, str(refusal))
                else:
                    if isinstance(answer, HttpResponse):
                        return answer
            return HttpResponseRedirect(reverse("admin:pilot_flag_change", args=[flag_id]))

        return view

    def _edit(self, request: HttpRequest, flag: Flag, actor: Actor) -> HttpResponse | None:
        fresh = Flag.objects.get(pk=flag.pk)  # the form writes what was typed into its instance
        form = FlagForm(request.POST, instance=flag)
        if form.is_valid():
            data = form.cleaned_data
            try:
                if data["seen"] is not None and data["seen"] != fresh.version:
                    raise Refused(
                        _("Somebody else changed this while the page was open. Load it again and repeat.")
                    )
                service.change(
                    fresh,
                    {name: data[name] for name in service.FIELDS},
                    reason=data["reason"],
                    actor=actor,
                )
            except Refused as refusal:
                if refusal.code == "four_eyes" and "ask" in request.POST:
                    service.request_jump(fresh, data["percentage"], reason=data["reason"], actor=actor)
                    messages.success(request, _("Asked for; a second person has to approve."))
                    return None
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
                form.needs_second = refusal.code == "four_eyes"  # type: ignore[attr-defined]
            else:
                messages.success(request, _("Changed; it holds everywhere within two seconds."))
                return None
        return self._page(request, fresh, form=form, status=422)

    def _kill(self, request: HttpRequest, flag: Flag, actor: Actor) -> None:
        service.kill(flag, reason=request.POST.get("reason", ""), actor=actor)
        messages.success(
            request, _("%(name)s is off for everybody, everywhere within two seconds.") % {"name": flag.name}
        )

    def _revive(self, request: HttpRequest, flag: Flag, actor: Actor) -> None:
        service.revive(flag, reason=request.POST.get("reason", ""), actor=actor)
        messages.success(request, _("The rules of %(name)s decide again.") % {"name": flag.name})

    def _add_customer(self, request: HttpRequest, flag: Flag, actor: Actor) -> None:
        text = request.POST.get("customer", "").strip()[:100]
        found = lookup(text, CANDIDATES) if text else []
        exact = [one for one in found if one.code == text] or found
        if len(exact) != 1:
            names = "、".join(f"{one.code} {one.shown_name}" for one in exact)
            raise Refused(
                _("Which customer? %(names)s. Enter the code.") % {"names": names}
                if exact
                else _("There is no customer %(code)s.") % {"code": text}
            )
        side, reason = request.POST.get("side", ""), request.POST.get("reason", "")
        entry = service.add_customer(flag, exact[0].code, side, reason=reason, actor=actor)
        both = flag.customers.filter(customer_id=entry.customer_id).count() == 2
        messages.success(
            request,
            _("%(code)s is on the list.") % {"code": exact[0].code}
            + (" " + _("It is on both lists now: “always off” wins.") if both else ""),
        )

    def _remove_customer(self, request: HttpRequest, flag: Flag, actor: Actor) -> None:
        code, side = request.POST.get("customer", ""), request.POST.get("side", "")
        service.remove_customer(flag, code, side, reason=request.POST.get("reason", ""), actor=actor)
        messages.success(request, _("%(code)s is off the list.") % {"code": code})

    def _approve(self, request: HttpRequest, flag: Flag, actor: Actor) -> None:
        service.approve(self._request(request, flag), actor=actor)
        messages.success(request, _("Changed; it holds everywhere within two seconds."))

    def _decline(self, request: HttpRequest, flag: Flag, actor: Actor) -> None:
        service.decline(self._request(request, flag), reason=request.POST.get("reason", ""), actor=actor)
        messages.success(request, _("Declined; the flag stays as it is."))

    def _request(self, request: HttpRequest, flag: Flag) -> FlagRequest:
        found = flag.requests.filter(pk=whole(request.POST.get("request", "")) or 0).first()
        if found is None:
            raise Http404
        return found


@admin.register(FlagChange)
class FlagChangeAdmin(ServiceAdmin):
    list_display = (
        "at",
        "shown_flag",
        "shown_action",
        "shown_field",
        "shown_old",
        "shown_new",
        "reason",
        "actor_name",
    )
    list_select_related = ("flag",)
    ordering = ("-id",)
    search_fields = ("flag__name__exact", "new__exact", "old__exact")
    search_help_text = gettext_lazy("Name of a flag or code of a customer, exactly")
    fields = (
        "at",
        "shown_flag",
        "shown_action",
        "shown_field",
        "shown_old",
        "shown_new",
        "reason",
        "actor_name",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[FlagChange]:
        rows: QuerySet[FlagChange] = super().get_queryset(request)
        return rows.select_related("flag")

    @admin.display(description=gettext_lazy("flag name"))
    def shown_flag(self, row: FlagChange) -> SafeString:
        return _named(row.flag)

    @admin.display(description=gettext_lazy("action"))
    def shown_action(self, row: FlagChange) -> str:
        return shown.told(row).action

    @admin.display(description=gettext_lazy("field"))
    def shown_field(self, row: FlagChange) -> str:
        return shown.told(row).field or "–"

    @admin.display(description=gettext_lazy("before"))
    def shown_old(self, row: FlagChange) -> str:
        return shown.told(row).old or "–"

    @admin.display(description=gettext_lazy("after"))
    def shown_new(self, row: FlagChange) -> str:
        return shown.told(row).new or "–"

"""The admin does not walk round the services.

Every ModelAdmin derives from ``ServiceAdmin``: read-only unless it names the service for add, change, delete and
each action. A class names a service by defining ``add_service``, ``change_service`` or ``delete_service`` with the
signatures below; an action is a method under ``@service_action``. A ``Refused`` raised by a service is shown as a
message, and nothing changed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import csrf_protect_m
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable
from unfold.admin import ModelAdmin, TabularInline

from luckygas.core.actor import Actor
from luckygas.core.admin.paging import CappedPaginator
from luckygas.core.admin.seen import RemembersSeen, TellsRefusal
from luckygas.core.errors import Refused

MOST_AT_ONCE = 500
REFUSAL = "_lucky_refusal"  # on the request: what the service refused when the form first went through


def service_action(
    *, description: Any, permission: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An admin action that calls a service for each chosen row: ``method(self, request, row, actor)``.

    ``permission`` is the full name (``billing.retry_einvoicesubmission``) the person must have. Each row is its own
    transaction; refusals and rows that somebody holds are told by row, the rest goes through. At most
    ``MOST_AT_ONCE`` rows: a list of a million is one click away from being chosen whole.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def action(self: ServiceAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            actor, done = Actor.of(request.user), 0
            rows = list(queryset[: MOST_AT_ONCE + 1])
            if len(rows) > MOST_AT_ONCE:
                text = _("Choose at most %(most)d rows at once; narrow the list first.")
                messages.error(request, text % {"most": MOST_AT_ONCE})
                return
            for row in rows:
                try:
                    with transaction.atomic():
                        method(self, request, row, actor)
                    done += 1
                except Refused as refusal:
                    messages.error(request, f"{row}: {refusal}")
                except OperationalError as error:
                    if not isinstance(error.__cause__, LockNotAvailable):
                        raise
                    messages.error(request, f"{row}: {_('Busy, try again')}")
            if done:
                messages.success(request, f"{description} ✓ {done}")

        action.short_description = description  # type: ignore[attr-defined]
        action.service_permission = permission  # type: ignore[attr-defined]
        return action

    return decorate


class _ReadOnlyRows:
    """What a person sees when no service is named: everything, changeable nothing."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceInline(_ReadOnlyRows, TabularInline):
    """Rows of another model on a page, to read."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False


class ServiceAdmin(ModelAdmin):
    """A ModelAdmin that only writes through services.

    add_service(data, *, actor) -> row          change_service(row, data, *, actor) -> None
    delete_service(row, *, actor) -> None       ``data`` is the cleaned form

    ``two_step_search(text) -> Q | None`` replaces the search over joined tables (see engineering notes in
    docs/decisions): ids first, then the list by ids.
    """

    add_service: Callable[..., Any] | None = None
    change_service: Callable[..., Any] | None = None
    delete_service: Callable[..., Any] | None = None

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    list_filter_submit = False
    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True
    save_as = False
    empty_text: Any = ""
    """What fills the list, for whoever finds it empty."""
    actions_on_top = True

    def two_step_search(self, text: str) -> models.Q | None:
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        if text:
            condition = self.two_step_search(text)
            if condition is not None:
                return queryset.filter(condition), False
        return super().get_search_results(request, queryset, text)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.add_service is not None and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.change_service is not None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.delete_service is not None and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Only the actions of services, and only those this person may use."""
        return {
            name: entry
            for name, entry in super().get_actions(request).items()
            if getattr(entry[0], "service_permission", None)
            and request.user.has_perm(entry[0].service_permission)
        }

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """A form that changes a row remembers what its page showed (see ``seen``); any tells its refusal."""
        form = super().get_form(request, obj, **kwargs)
        mixin = RemembersSeen if kwargs.get("change") else TellsRefusal
        return type(form.__name__, (mixin, form), {"refusal": getattr(request, REFUSAL, None)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Hand the form to the named service; ``obj`` becomes the row the service returned."""
        actor = Actor.of(request.user)
        data = dict(form.cleaned_data)
        if change:
            if self.change_service is None:
                raise PermissionDenied
            fresh = self.model._base_manager.select_for_update(of=("self",)).get(pk=obj.pk)
            self.change_service(fresh, {k: data[k] for k in form.changed_data if k in data}, actor=actor)
            obj.refresh_from_db()
            return
        if self.add_service is None:
            raise PermissionDenied
        made = self.add_service(data, actor=actor)
        obj.pk = made.pk
        obj.__dict__.update({k: v for k, v in made.__dict__.items() if k != "_state"})
        obj._state = made._state

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        """Related rows are the service's business."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        if self.delete_service is None:
            raise PermissionDenied
        self.delete_service(obj, actor=Actor.of(request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        raise PermissionDenied

    @csrf_protect_m
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A refusal is told on the same page beside what was typed, with nothing changed."""
        for _pass in ("as it came", "with the refusal in its form"):
            try:
                with transaction.atomic():
                    answer: HttpResponse = super().changeform_view(
                        request, object_id, form_url, extra_context
                    )
                    return answer
            except Refused as refusal:
                said = refusal
                setattr(request, REFUSAL, refusal)
        messages.error(request, str(said))  # a form that does not take the refusal in
        return HttpResponseRedirect(request.get_full_path())

    @csrf_protect_m
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                answer: HttpResponse = super().delete_view(request, object_id, extra_context)
                return answer
        except Refused as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[Any]:
        """The admin's own log is not kept (see log_addition), and formsets that nobody saved have no changes."""
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """History is kept by triggers and audit events; the admin's own log would be a second, weaker truth."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """See log_addition."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """See log_addition."""

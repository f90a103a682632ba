"""The cellar's pages in the admin: event deliveries, audit, calendar, tokens, users."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from luckygas.core.actor import Actor
from luckygas.core.admin.base import ServiceAdmin, service_action
from luckygas.core.admin.outbound import OutboundAdmin
from luckygas.core.api import tokens
from luckygas.core.models import ApiToken, AuditEvent, CalendarDay, EventDelivery, User
from luckygas.core.services import calendar_days, staff


@admin.register(EventDelivery)
class EventDeliveryAdmin(OutboundAdmin):
    list_display = ("id", "event", "subscriber", "status", "waiting_since", "next_try", "attempts", "said")
    list_select_related = ("event",)


@admin.register(AuditEvent)
class AuditEventAdmin(ServiceAdmin):
    list_display = ("at", "action", "actor_name", "subject", "reason")
    search_fields = ("action__exact", "subject__exact")
    search_help_text = _("An action or a subject, exactly")
    ordering = ("-id",)


@admin.register(CalendarDay)
class CalendarDayAdmin(ServiceAdmin):
    list_display = ("date", "kind", "note")
    list_filter = ("kind",)
    add_service = staticmethod(calendar_days.add)
    change_service = staticmethod(calendar_days.change)
    delete_service = staticmethod(calendar_days.remove)


class TokenForm(ModelForm):
    """A new token: the program's name, what it may do, for how many days."""

    days = forms.IntegerField(label=_("days"), min_value=1, max_value=tokens.MAX_DAYS, initial=90)
    scopes = forms.MultipleChoiceField(label=_("scopes"), choices=[], widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiToken
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "scopes" in self.fields:
            field: Any = self.fields["scopes"]
            field.choices = [(name, f"{name} – {text}") for name, text in sorted(tokens.scopes.items())]


@admin.register(ApiToken)
class ApiTokenAdmin(ServiceAdmin):
    list_display = ("name", "prefix", "scope_list", "expires_at", "revoked_at", "last_used_at")
    ordering = ("-id",)
    actions = ("revoke_tokens",)
    exclude = ("digest",)

    @staticmethod
    def add_service(data: dict[str, Any], *, actor: Actor) -> ApiToken:
        token, secret = tokens.make(data["name"], wanted=data["scopes"], days=data["days"], actor=actor)
        token.secret = secret  # type: ignore[attr-defined]
        return token

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return TokenForm if obj is None else super().get_form(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("name", "scopes", "days")
        return (
            "name",
            "prefix",
            "scope_list",
            "created_by",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        text = _("Write it down now, it is not shown again: %(secret)s") % {"secret": obj.secret}
        messages.warning(request, text)

    @admin.display(description=_("scopes"))
    def scope_list(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @service_action(description=_("Revoke"), permission="core.change_apitoken")
    def revoke_tokens(self, request: HttpRequest, token: ApiToken, actor: Actor) -> None:
        tokens.revoke(token, actor=actor)


class RolesField(forms.ModelMultipleChoiceField):
    """Roles by the name people know; the group's own name is the access table's key."""

    def label_from_instance(self, obj: Any) -> str:
        return staff.role_label(obj.name)


class UserForm(ModelForm):
    """A member of staff or a driver; the password is set on the page of the password."""

    roles = RolesField(
        label=_("roles"),
        queryset=Group.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    new_password = forms.CharField(
        label=_("new password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the present one."),
    )

    class Meta:
        model = User
        fields = ("username", "display_name", "email", "is_staff", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "roles" in self.fields:
            self.fields["roles"].initial = self.instance.groups.all()


@admin.register(User)
class UserAdmin(ServiceAdmin):
    list_display = ("username", "display_name", "role_names", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("username", "display_name")
    ordering = ("username",)
    form = UserForm
    fields = ("username", "display_name", "email", "roles", "is_staff", "is_active", "new_password")
    add_service = staticmethod(staff.add)
    change_service = staticmethod(staff.change)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request).prefetch_related("groups")
        return rows

    @admin.display(description=_("roles"))
    def role_names(self, user: User) -> str:
        return ", ".join(staff.role_label(group.name) for group in user.groups.all()) or "–"

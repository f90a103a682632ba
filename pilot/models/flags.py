"""Feature flags: what is switched on for whom, who may not have it, and every change with its reason."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from luckygas.core import clock
from luckygas.core.history import track

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

NAME_SHAPE = r"^[a-z][a-z0-9_]{1,59}$"

#: Every change of a flag or a list gives the whole set a new token, raw SQL and bulk updates too: that is how
#: each process knows that what it remembers is old.
RENEW = """
    INSERT INTO pilot_flagtoken (id, token) VALUES (1, gen_random_uuid())
        ON CONFLICT (id) DO UPDATE SET token = excluded.token;
    RETURN NULL;
"""


def _new_token(name: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=RENEW,
    )


class FlagKind(models.TextChoices):
    """What decides for a customer who is on no list."""

    BOOLEAN = "boolean", _("on or off")
    PERCENTAGE = "percentage", _("percentage of customers")
    CUSTOMER_LIST = "customer_list", _("list of customers only")


class FlagState(models.TextChoices):
    ACTIVE = "active", _("in use")
    INACTIVE = "inactive", _("not in use")
    ARCHIVED = "archived", _("archived")


@track()
class Flag(models.Model):
    """One switch the code asks for by ``name``.

    ``percentage`` in points with two decimals: a hundredth is one of the 10,000 buckets. ``salt`` never changes, so
    that a customer keeps his bucket. ``kinds`` and ``areas`` (codes) narrow the flag; empty narrows nothing.
    From ``starts_at`` on, until before ``ends_at``. ``killed`` turns it off for everybody, whatever else is said.
    """

    name = models.CharField(
        _("flag name"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(NAME_SHAPE, _("Small letters, digits and _ only; a letter first."))],
    )
    title = models.CharField(_("what it switches"), max_length=100)
    description = models.CharField(_("description"), max_length=500, blank=True)
    kind = models.CharField(_("type"), max_length=13, choices=FlagKind.choices, default=FlagKind.BOOLEAN)
    state = models.CharField(_("state"), max_length=8, choices=FlagState.choices, default=FlagState.ACTIVE)
    is_enabled = models.BooleanField(_("on"), default=False)
    percentage = models.DecimalField(
        _("percentage"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    salt = models.CharField(_("salt"), max_length=60, editable=False)
    kinds = ArrayField(
        models.CharField(max_length=11), verbose_name=_("kinds of customer"), default=list, blank=True
    )
    areas = ArrayField(models.CharField(max_length=4), verbose_name=_("areas"), default=list, blank=True)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    killed = models.BooleanField(_("kill switch"), default=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    changed_at = models.DateTimeField(_("changed at"), default=clock.now, editable=False)

    if TYPE_CHECKING:
        customers: RelatedManager[FlagCustomer]
        changes: RelatedManager[FlagChange]
        requests: RelatedManager[FlagRequest]

    class Meta:
        verbose_name = _("feature flag")
        verbose_name_plural = _("feature flags")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(name__regex=NAME_SHAPE), name="pilot_flag_name"),
            models.CheckConstraint(condition=Q(kind__in=FlagKind.values), name="pilot_flag_kind"),
            models.CheckConstraint(condition=Q(state__in=FlagState.values), name="pilot_flag_state"),
            models.CheckConstraint(condition=Q(percentage__range=(0, 100)), name="pilot_flag_percentage"),
            models.CheckConstraint(condition=~Q(salt=""), name="pilot_flag_salt"),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(starts_at__lt=F("ends_at")),
                name="pilot_flag_schedule",
            ),
        ]
        permissions = [("kill_flag", _("Can throw the kill switch"))]
        triggers = [_new_token("flag_token")]

    def __str__(self) -> str:
        return self.name


class ListSide(models.TextChoices):
    ALLOW = "allow", _("always on")
    DENY = "deny", _("always off")


class FlagCustomer(models.Model):
    """A customer on one of a flag's two lists. On both, the deny list wins."""

    flag = models.ForeignKey(
        Flag,
        verbose_name=_("feature flag"),
        on_delete=models.CASCADE,
        related_name="customers",
        db_index=False,
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="flag_lists"
    )
    side = models.CharField(_("list"), max_length=5, choices=ListSide.choices)
    added_at = models.DateTimeField(_("added at"), default=clock.now)
    added_by = models.CharField(_("added by"), max_length=150)

    class Meta:
        verbose_name = _("customer on a list")
        verbose_name_plural = _("customers on lists")
        ordering = ["flag_id", "side", "id"]
        constraints = [
            models.UniqueConstraint(fields=["flag", "side", "customer"], name="pilot_flagcustomer_once"),
            models.CheckConstraint(condition=Q(side__in=ListSide.values), name="pilot_flagcustomer_side"),
        ]
        triggers = [_new_token("flagcustomer_token")]

    def __str__(self) -> str:
        return f"{self.flag_id} {self.side} {self.customer_id}"


class FlagChange(models.Model):
    """One change: ``field`` from ``old`` to ``new`` (as text), by whom and why. Append only.

    ``action`` is created, changed, killed, revived, customer_added, customer_removed, requested, approved or
    declined; of customers ``field`` is the list and the codes stand in ``old`` or ``new``.
    """

    flag = models.ForeignKey(
        Flag, verbose_name=_("feature flag"), on_delete=models.PROTECT, related_name="changes", db_index=False
    )
    at = models.DateTimeField(_("time"), default=clock.now)
    action = models.CharField(_("action"), max_length=20)
    field = models.CharField(_("field"), max_length=20, blank=True)
    old = models.CharField(_("before"), max_length=500, blank=True)
    new = models.CharField(_("after"), max_length=500, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_id = models.BigIntegerField(_("actor number"), null=True, blank=True)
    actor_name = models.CharField(_("by"), max_length=150)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("change of a flag")
        verbose_name_plural = _("changes of flags")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="pilot_flagchange_reason")]
        indexes = [models.Index(fields=["flag", "-id"], name="pilot_flagchange_flag")]
        triggers = [
            pgtrigger.Protect(name="flagchange_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.field}"


class RequestState(models.TextChoices):
    OPEN = "open", _("waiting for a second person")
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")


class FlagRequest(models.Model):
    """A jump of the percentage that a second person has to approve; one open at a time for a flag."""

    flag = models.ForeignKey(
        Flag,
        verbose_name=_("feature flag"),
        on_delete=models.PROTECT,
        related_name="requests",
        db_index=False,
    )
    old = models.DecimalField(_("before"), max_digits=5, decimal_places=2)
    wanted = models.DecimalField(_("wanted"), max_digits=5, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(
        _("state"), max_length=8, choices=RequestState.choices, default=RequestState.OPEN
    )
    requested_at = models.DateTimeField(_("requested at"), default=clock.now)
    requested_by_id = models.BigIntegerField(_("requester"))
    requested_by = models.CharField(_("requested by"), max_length=150)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by_id = models.BigIntegerField(_("second person"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("request for a flag")
        verbose_name_plural = _("requests for flags")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["flag"], condition=Q(state="open"), name="pilot_flagrequest_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="pilot_flagrequest_state"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by_id=F("requested_by_id")),
                name="pilot_flagrequest_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False, decided_by_id__isnull=False)),
                name="pilot_flagrequest_decided",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="pilot_flagrequest_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.flag_id} {self.old} → {self.wanted}"


class FlagToken(models.Model):
    """The one row that changes with every change of a flag or a list (written by triggers)."""

    id = models.SmallIntegerField(primary_key=True)
    token = models.UUIDField(_("token"))

    class Meta:
        verbose_name = _("token of the flags")
        verbose_name_plural = _("tokens of the flags")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="pilot_flagtoken_one_row")]

    def __str__(self) -> str:
        return str(self.token)

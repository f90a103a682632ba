"""What both systems agreed on, what waits to be told to either, and what a person has to decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock, outbound
from luckygas.core.models import OutboundRow
from luckygas.core.outbound import Outcome
from luckygas.core.states import Machine, table

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Entity(models.TextChoices):
    """What is mirrored; the names of ``pilot.legacy.records.ENTITIES``."""

    CUSTOMER = "customer", _("customer")
    ORDER = "order", _("order")


class SyncDirty(models.Model):
    """Our side of a record may differ from what was agreed.

    Written by triggers of the database (migration 0002), so that the admin, bulk updates, imports and raw SQL are all
    seen. One mark for each record: marking again moves ``at`` and so waits for, and outlives, whoever reads it now.
    """

    entity = models.CharField(_("entity"), max_length=8, choices=Entity.choices)
    object_id = models.BigIntegerField(_("row"))
    since = models.DateTimeField(_("waiting since"), db_default=models.functions.Now())
    at = models.DateTimeField(_("marked again at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("mark of a change")
        verbose_name_plural = _("marks of changes")
        constraints = [
            models.UniqueConstraint(fields=["entity", "object_id"], name="pilot_syncdirty_once"),
            models.CheckConstraint(condition=Q(entity__in=Entity.values), name="pilot_syncdirty_entity"),
        ]

    def __str__(self) -> str:
        return f"{self.get_entity_display()} {self.object_id}"


class SyncLink(models.Model):
    """One record in both systems.

    ``base`` is the last agreed image, ``theirs`` what the old system was last seen with, at ``revision``; both null
    where the record is not there. ``damaged`` has the hex of what could not be read, by field. ``wants`` names the
    system that shall take the order over from the old one as soon as that one has let go.
    """

    class State(models.TextChoices):
        AGREED = "agreed", _("equal")
        OPEN = "open", _("under way")
        CONTESTED = "contested", _("a person must decide")

    entity = models.CharField(_("entity"), max_length=8, choices=Entity.choices)
    external_id = models.CharField(_("number there"), max_length=40)
    object_id = models.BigIntegerField(_("row"), null=True, blank=True)
    customer_code = models.CharField(_("customer code"), max_length=7)
    base = models.JSONField(_("last agreed"), null=True, blank=True)
    theirs = models.JSONField(_("seen there"), null=True, blank=True)
    revision = models.BigIntegerField(_("revision there"), null=True, blank=True)
    damaged = models.JSONField(_("unreadable there"), default=dict, blank=True)
    wants = models.CharField(_("to be served by"), max_length=6, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    agreed_at = models.DateTimeField(_("agreed at"), null=True, blank=True)
    open_since = models.DateTimeField(_("differs since"), null=True, blank=True)

    if TYPE_CHECKING:
        writes: RelatedManager[LegacyWrite]
        conflicts: RelatedManager[SyncConflict]
        #: Set where the link was locked to be brought a step closer.
        open_conflicts: list[SyncConflict]

    class Meta:
        verbose_name = _("record in both systems")
        verbose_name_plural = _("records in both systems")
        constraints = [
            models.UniqueConstraint(fields=["entity", "external_id"], name="pilot_synclink_external"),
            models.UniqueConstraint(
                fields=["entity", "object_id"],
                condition=Q(object_id__isnull=False),
                name="pilot_synclink_object",
            ),
            models.CheckConstraint(condition=Q(entity__in=Entity.values), name="pilot_synclink_entity"),
            models.CheckConstraint(
                condition=Q(state__in=["agreed", "open", "contested"]), name="pilot_synclink_state"
            ),
            models.CheckConstraint(condition=Q(wants__in=["", "ours"]), name="pilot_synclink_wants"),
        ]
        indexes = [
            models.Index(fields=["state"], condition=~Q(state="agreed"), name="pilot_synclink_open"),
            models.Index(fields=["customer_code"], name="pilot_synclink_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.get_entity_display()} {self.external_id}"

    @property
    def lane(self) -> str:
        return f"{self.entity}:{self.external_id}"


@outbound.register
class LegacyWrite(OutboundRow):
    """One record as it shall be in the old system, written only over the revision we saw (``expected``).

    ``image`` null deletes. ``over`` is what was seen there when the row was made. ``marked_at`` is when our side
    changed, in real time; from there until it is there is the lag. ``takes`` asks the old system to let go of the order.
    """

    party: ClassVar[str] = "legacy"
    timeout: ClassVar[dt.timedelta] = dt.timedelta(seconds=60)
    backoff: ClassVar[tuple[int, ...]] = (2, 5, 15, 30, 60)
    # The old system may be down for days; its rows wait, and the dashboard says since when.
    max_attempts: ClassVar[int] = 1_000_000
    # What cannot be written stands as a conflict until a person decides.
    failed_is_final: ClassVar[bool] = True
    together: ClassVar[int] = 20
    beside: ClassVar[tuple[str, ...]] = ("link",)
    #: The revision an attempt that is not written down yet was answered with.
    answered: int | None = None

    link = models.ForeignKey(
        SyncLink, verbose_name=_("record"), on_delete=models.PROTECT, related_name="writes"
    )
    image = models.JSONField(_("as it shall be"), null=True, blank=True)
    over = models.JSONField(_("as it was seen"), null=True, blank=True)
    expected = models.BigIntegerField(_("revision expected"), null=True, blank=True)
    written_revision = models.BigIntegerField(_("revision written"), null=True, blank=True)
    takes = models.BooleanField(_("asks for the order"), default=False)
    marked_at = models.DateTimeField(_("changed at"))
    lag_ms = models.PositiveIntegerField(_("lag (ms)"), null=True, blank=True)

    class Meta(OutboundRow.Meta):
        abstract = False
        verbose_name = _("write to the old system")
        verbose_name_plural = _("writes to the old system")
        constraints = [
            *OutboundRow.Meta.constraints,
            # One open write for a record: what changes meanwhile goes into it, or follows it.
            models.UniqueConstraint(
                fields=["link"],
                condition=Q(status__in=["queued", "inflight", "unknown", "held", "failed"]),
                name="pilot_legacywrite_one_open",
            ),
        ]
        indexes = [
            *OutboundRow.Meta.indexes,
            models.Index(fields=["status"], condition=~Q(status="done"), name="pilot_legacywrite_open"),
            models.Index(fields=["-done_at"], condition=Q(status="done"), name="pilot_legacywrite_done"),
        ]
        triggers = [pgtrigger.Protect(name="legacywrite_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        entity, _colon, number = self.lane.partition(":")
        return f"{Entity(entity).label} {number}" if entity in Entity else self.lane

    @classmethod
    def before_round(cls) -> None:
        """A pause holds what is due."""
        from pilot.services import writing

        writing.keep_paused()

    @classmethod
    def write_down(cls, sent: Sequence[tuple[LegacyWrite, Outcome]]) -> None:
        """Both sides hold what was answered with a revision."""
        from pilot.services import writing

        writing.write_down([row for row, outcome in sent if outcome.kind == "done" and row.answered])

    def send(self) -> Outcome:
        """Write it over the revision we saw."""
        from pilot.services import writing

        return writing.send(self)

    def ask(self) -> Outcome:
        """Read the record and compare; never writes there."""
        from pilot.services import writing

        return writing.ask(self)


class SyncRead(models.Model):
    """One change of the old system's to a record of an enrolled customer, and what it meant here; each counts once."""

    class Outcome(models.TextChoices):
        ECHO = "echo", _("our own write come back")
        TAKEN = "taken", _("taken over")
        CONTESTED = "contested", _("contested")

    entity = models.CharField(_("entity"), max_length=8, choices=Entity.choices)
    external_id = models.CharField(_("number there"), max_length=40)
    revision = models.BigIntegerField(_("revision there"))
    changed_at = models.DateTimeField(_("changed there at"))
    changed_by = models.CharField(_("changed there by"), max_length=60, blank=True)
    read_at = models.DateTimeField(_("read at"), default=clock.now)
    lag_ms = models.PositiveIntegerField(_("lag (ms)"))
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome.choices)

    class Meta:
        verbose_name = _("change read from the old system")
        verbose_name_plural = _("changes read from the old system")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "revision"], name="pilot_syncread_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["echo", "taken", "contested"]),
                name="pilot_syncread_outcome",
            ),
        ]
        indexes = [models.Index(fields=["-read_at"], name="pilot_syncread_at")]
        triggers = [
            pgtrigger.Protect(name="syncread_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.get_entity_display()} {self.external_id} @{self.revision}"


class SyncConflict(models.Model):
    """Something about a record that no rule decides.

    ``base``, ``ours`` and ``theirs`` hold the contested fields (null: the record is not there). ``detail`` says more
    where there is more to say: the hex of bytes that are no text, the characters that cannot be written there, why
    our side refused. ``chosen`` is what a person decided.
    """

    class Kind(models.TextChoices):
        BOTH = "both", _("changed on both sides")
        DELETED = "deleted", _("deleted on one side, changed on the other")
        DAMAGED = "damaged", _("bytes that are no text")
        UNENCODABLE = "unencodable", _("cannot be written in the old system")
        REFUSED = "refused", _("refused here")

    class State(models.TextChoices):
        OPEN = "open", _("not decided yet")
        RESOLVED = "resolved", _("decided")
        GONE = "gone", _("went away by itself")

    MACHINE: ClassVar[Machine] = Machine(
        State, table({"open": ["resolved", "gone"], "resolved": [], "gone": []}), field="state"
    )

    link = models.ForeignKey(
        SyncLink, verbose_name=_("record"), on_delete=models.PROTECT, related_name="conflicts"
    )
    kind = models.CharField(_("kind"), max_length=11, choices=Kind.choices)
    group = models.CharField(_("fields"), max_length=40)
    base = models.JSONField(_("last agreed"), null=True, blank=True)
    ours = models.JSONField(_("this system"), null=True, blank=True)
    theirs = models.JSONField(_("old system"), null=True, blank=True)
    detail = models.CharField(_("details"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField(_("since"), default=clock.now)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=150, blank=True)
    how = models.CharField(_("how"), max_length=10, blank=True)
    chosen = models.JSONField(_("decided value"), null=True, blank=True)

    class Meta:
        verbose_name = _("conflict")
        verbose_name_plural = _("conflicts")
        ordering = ["opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["link", "kind", "group"],
                condition=Q(state="open"),
                name="pilot_syncconflict_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="pilot_syncconflict_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at"], condition=Q(state="open"), name="pilot_syncconflict_waiting")
        ]
        triggers = [pgtrigger.Protect(name="syncconflict_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.link} {self.group}"

    def fields(self) -> list[str]:
        """The contested fields, in no order of their own."""
        parts: list[dict[str, Any]] = [part for part in (self.base, self.ours, self.theirs) if part]
        return sorted({name for part in parts for name in part})


class SyncCursor(models.Model):
    """How far the old system's changes were read; ``failing_since`` is set while it does not answer."""

    entity = models.CharField(_("entity"), max_length=8, choices=Entity.choices, primary_key=True)
    revision = models.BigIntegerField(_("revision there"), default=0)
    read_at = models.DateTimeField(_("last read"), null=True, blank=True)
    failing_since = models.DateTimeField(_("not answering since"), null=True, blank=True)
    said = models.CharField(_("what it said"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("reading position")
        verbose_name_plural = _("reading positions")

    def __str__(self) -> str:
        return f"{self.get_entity_display()} {self.revision}"


class SyncPause(models.Model):
    """Mirroring stands still, for everything or for one entity. Rows stay where they are; deleted on resuming."""

    class Scope(models.TextChoices):
        ALL = "all", _("everything")
        CUSTOMER = "customer", _("customer")
        ORDER = "order", _("order")

    scope = models.CharField(_("what"), max_length=8, choices=Scope.choices, primary_key=True)
    since = models.DateTimeField(_("paused since"), default=clock.now)
    by = models.CharField(_("paused by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=200)

    class Meta:
        verbose_name = _("pause of the mirroring")
        verbose_name_plural = _("pauses of the mirroring")
        permissions = [
            ("see_pilot", _("Can see the pilot dashboard")),
            ("steer_pilot", _("Can pause the pilot and put customers back")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=["all", "customer", "order"]), name="pilot_pause_scope"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="pilot_pause_reason"),
        ]

    def __str__(self) -> str:
        return str(self.get_scope_display())


class ConsistencyRun(models.Model):
    """One full compare of both systems.

    ``explained`` counts the differences by reason; ``differences`` names the unexplained ones (at most 200 of
    ``unexplained``). Lags in seconds, of the changes of the last hour. ``coverage`` in percent of the records that
    one side or the other has of enrolled customers.
    """

    started_at = models.DateTimeField(_("started"), default=clock.now)
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    ours = models.PositiveIntegerField(_("records here"))
    theirs = models.PositiveIntegerField(_("records there"))
    compared = models.PositiveIntegerField(_("compared in full"))
    coverage = models.DecimalField(_("coverage (%)"), max_digits=5, decimal_places=2)
    explained = models.JSONField(_("explained differences"), default=dict)
    unexplained = models.PositiveIntegerField(_("unexplained differences"))
    differences = models.JSONField(_("what differs"), default=list)
    lag_p50 = models.FloatField(_("lag p50 (s)"), null=True, blank=True)
    lag_p95 = models.FloatField(_("lag p95 (s)"), null=True, blank=True)
    lag_p99 = models.FloatField(_("lag p99 (s)"), null=True, blank=True)

    class Meta:
        verbose_name = _("compare of both systems")
        verbose_name_plural = _("compares of both systems")
        ordering = ["-id"]
        triggers = [
            pgtrigger.Protect(
                name="consistencyrun_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.unexplained}"

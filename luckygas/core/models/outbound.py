"""Rows for everything that leaves the house (see luckygas.core.outbound)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from luckygas.core import clock
from luckygas.core.states import Machine, table

if TYPE_CHECKING:
    from luckygas.core.outbound import Outcome


class OutboundRow(models.Model):
    """What is to reach a party, committed with the business change that wants it.

    A subclass names its ``party``, says how to ``send`` it and how to ``ask`` whether it arrived, and registers
    with ``outbound.register``. ``key`` is the idempotency key: made with the row, never changed.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        INFLIGHT = "inflight", _("under way")
        UNKNOWN = "unknown", _("unknown, asking")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        HELD = "held", _("held")
        EXPIRED = "expired", _("expired")

    MACHINE: ClassVar[Machine] = Machine(
        Status,
        table(
            {
                "queued": ["inflight", "held", "expired", "done", "failed"],
                "inflight": ["done", "queued", "unknown", "failed"],
                "unknown": ["done", "queued", "failed", "unknown"],
                "failed": ["queued", "done"],
                "held": ["queued", "expired"],
                "done": [],
                "expired": [],
            }
        ),
    )
    # States in which the row still wants something; a lane waits behind them.
    OPEN: ClassVar[tuple[str, ...]] = ("queued", "inflight", "unknown", "held", "failed")

    party: ClassVar[str] = ""
    #: The queue of the workers that send these rows.
    queue: ClassVar[str] = "critical"
    #: The effect commits with the row (an event handler): run and mark in one transaction.
    in_transaction: ClassVar[bool] = False
    #: How long a party may keep us waiting before the outcome counts as unknown.
    timeout: ClassVar[dt.timedelta] = dt.timedelta(minutes=2)
    #: Waiting times after the first, second, … attempt; the last one repeats.
    backoff: ClassVar[tuple[int, ...]] = (5, 15, 60, 300, 900, 3600)
    max_attempts: ClassVar[int] = 12
    #: A failure ends such a row: a person is told, and the day goes on without its decision.
    failed_is_final: ClassVar[bool] = False
    #: How many rows are handed over, one after another, before what came of them is written, in one transaction.
    together: ClassVar[int] = 1
    #: Relations that ``send`` and ``ask`` look at, read with the rows.
    beside: ClassVar[tuple[str, ...]] = ()

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    priority = models.PositiveSmallIntegerField(_("priority"), default=50)
    lane = models.CharField(_("lane"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("waiting since"), default=clock.now)
    not_before = models.DateTimeField(_("next try"), default=clock.now)
    not_after = models.DateTimeField(_("not after"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    inflight_since = models.DateTimeField(_("under way since"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    last_said = models.TextField(_("what the party said"), blank=True)
    held_reason = models.CharField(_("held because"), max_length=200, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=["queued", "inflight", "unknown", "done", "failed", "held", "expired"]
                ),
                name="%(app_label)s_%(class)s_state",
            ),
            models.CheckConstraint(
                condition=~Q(status="inflight") | Q(inflight_since__isnull=False),
                name="%(app_label)s_%(class)s_since",
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "not_before", "id"],
                condition=Q(status__in=["queued", "unknown"]),
                name="%(app_label)s_%(class)s_due",
            ),
            models.Index(
                fields=["lane", "id"],
                condition=Q(status__in=["queued", "inflight", "unknown", "held", "failed"]) & ~Q(lane=""),
                name="%(app_label)s_%(class)s_lan",
            ),
            models.Index(
                fields=["inflight_since"],
                condition=Q(status="inflight"),
                name="%(app_label)s_%(class)s_fly",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @classmethod
    def before_round(cls) -> None:
        """Called before each round over the rows: a kind that holds its rows by rules of its own keeps them here."""

    @classmethod
    def write_down(cls, sent: Sequence[tuple[Self, Outcome]]) -> None:
        """What an answer changes besides the rows themselves, in the transaction that writes them. Only called for
        kinds that are written ``together``; an exception makes the rows ``unknown``, one by one."""

    def send(self) -> Outcome:
        """Hand it over; no transaction is open. May raise; an exception counts as ``unknown``."""
        raise NotImplementedError

    def ask(self) -> Outcome:
        """Ask the party what became of it. Never sends."""
        raise NotImplementedError


class OutboundAttempt(models.Model):
    """The trace of one attempt: when, how long, with what outcome, what the party said (masked)."""

    kind = models.CharField(_("kind"), max_length=60)
    row_id = models.BigIntegerField(_("row"))
    attempt = models.PositiveIntegerField(_("attempt"))
    deed = models.CharField(_("deed"), max_length=10)
    at = models.DateTimeField(_("time"), default=clock.now)
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    outcome = models.CharField(_("outcome"), max_length=10)
    said = models.TextField(_("what the party said"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [models.Index(fields=["kind", "row_id"], name="core_attempt_row")]
        permissions = [("operate_outbound", _("Can send again, hold and release outbound rows"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id} #{self.attempt}"

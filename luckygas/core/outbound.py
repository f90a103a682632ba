"""Nothing leaves the house without a row: the runner behind every OutboundRow.

    queued → inflight → done
       ↑        ├→ queued again, not before = backoff     refused for now, or unreachable before we sent
       │        ├→ unknown → (ask the party) → done | queued
       └── operator retries ← failed                      refused for good, or attempts ran out

1. A batch is claimed with FOR UPDATE SKIP LOCKED by priority, marked inflight with a new attempt number, and
   committed; only then is the party called, with no transaction open.
2. Just before its turn each row is claimed anew; a result is written only where the attempt number still matches.
3. Inflight longer than the party's timeout becomes unknown: then the party is asked, never sent to blindly.
4. A row whose effect commits with it (an event handler) runs in that one transaction.
5. In a lane, a row waits behind every open row before it.

Celery only nudges; a sweep every few seconds finds what a nudge missed.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from django.core.cache import cache
from django.db import DatabaseError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models.outbound import OutboundAttempt, OutboundRow
from luckygas.core.windows import window

__all__ = ["OutboundRow", "Outcome", "done", "hold", "later", "nudge", "refused", "register", "release"]
__all__ += ["retry", "run_due", "run_until_quiet", "settle", "unknown", "waiting", "waits_for"]

log = structlog.get_logger(__name__)
Row = TypeVar("Row", bound=OutboundRow)


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt. ``kind``: done, waiting (handed over, answer comes later), later, unknown, refused."""

    kind: str
    said: str = ""
    seconds: int | None = None


def done(said: str = "") -> Outcome:
    return Outcome("done", said)


def waiting(said: str = "") -> Outcome:
    """Handed over; the party answers later, and after the row's timeout the outcome counts as unknown."""
    return Outcome("waiting", said)


def later(said: str, seconds: int | None = None) -> Outcome:
    """Not sent: unreachable, or refused for now. Tried again after the backoff, or after ``seconds``."""
    return Outcome("later", said, seconds)


def unknown(said: str) -> Outcome:
    """Sent and never heard."""
    return Outcome("unknown", said)


def refused(said: str) -> Outcome:
    """Refused for good: a person must look."""
    return Outcome("refused", said)


_kinds: dict[str, type[OutboundRow]] = {}


def register(model: type[Row]) -> type[Row]:
    """Class decorator: let the runner and the admin pages know a kind of row."""
    _kinds[model._meta.label] = model
    return model


def kinds() -> list[type[OutboundRow]]:
    return list(_kinds.values())


def kind(label: str) -> type[OutboundRow]:
    return _kinds[label]


def nudge(model: type[OutboundRow]) -> None:
    """After commit, tell a worker that rows wait. Best effort: the sweep does not depend on it."""
    transaction.on_commit(lambda: nudge_now(model._meta.label))


def nudge_now(label: str) -> None:
    """The same at once: a worker of the kind's queue looks at what is due."""
    from luckygas.core.tasks import run_outbound

    if not cache.add(f"nudge:{label}", 1, 1):
        return
    try:
        run_outbound.apply_async([label], queue=kind(label).queue, expires=60, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("nudge_missed", kind=label, error=type(error).__name__)


def run_due(model: type[OutboundRow], *, limit: int = 50) -> int:
    """Do what is due for one kind now; return how many rows were attempted or asked about."""
    _expire(model)
    _time_out(model)
    model.before_round()
    if model.in_transaction:
        ran = 0
        while ran < limit and _run_one_in_transaction(model):
            ran += 1
        return ran
    asked = _claim(model, OutboundRow.Status.UNKNOWN, limit)
    sent = _claim(model, OutboundRow.Status.QUEUED, limit)
    for row in asked:
        _attempt(row, "ask")
    if model.together > 1:
        for start in range(0, len(sent), model.together):
            if ours := _still_ours(model, sent[start : start + model.together]):
                _send_together(model, ours)
    else:
        for row in sent:
            for one in _still_ours(model, [row]):
                _attempt(one, "send")
    return len(asked) + len(sent)


def run_until_quiet(*, rounds: int = 1000, only: Iterable[type[OutboundRow]] | None = None) -> int:
    """Run every kind until nothing is due (a job that must see its own effects, and tests); return attempts."""
    total = 0
    chosen = list(only) if only is not None else kinds()
    for _round in range(rounds):
        moved = sum(run_due(model) for model in chosen)
        total += moved
        if not moved:
            return total
    raise RuntimeError(f"outbound rows still moving after {rounds} rounds")


def settle(row: OutboundRow, outcome: Outcome) -> bool:
    """Write what became of a row that was handed over, when the answer came by another way (a result file).

    False when the row is already final or was handed over anew meanwhile; then nothing is written.
    """
    fields = _fields(row, outcome)
    changed = (
        type(row)
        ._base_manager.filter(pk=row.pk, attempts=row.attempts, status__in=["inflight", "unknown", "queued"])
        .update(**fields)
    )
    return changed == 1


def waits_for(row: OutboundRow) -> OutboundRow | None:
    """The open row of the same lane that this row waits behind."""
    if not row.lane:
        return None
    return (
        type(row)
        ._base_manager.filter(lane=row.lane, pk__lt=row.pk, status__in=OutboundRow.OPEN)
        .order_by("pk")
        .first()
    )


def retry(row: OutboundRow, *, actor: Actor, reason: str) -> None:
    """An operator sends a failed row again, with the same key."""
    _operate(row, "queued", actor, reason, "outbound.retry", not_before=clock.now())


def hold(row: OutboundRow, *, actor: Actor, reason: str) -> None:
    _operate(row, "held", actor, reason, "outbound.hold", held_reason=reason[:200])


def release(row: OutboundRow, *, actor: Actor, reason: str = "") -> None:
    _operate(row, "queued", actor, reason, "outbound.release", held_reason="", not_before=clock.now())


def _operate(row: OutboundRow, new: str, actor: Actor, reason: str, action: str, **fields: Any) -> None:
    from luckygas.core.audit import record

    with transaction.atomic():
        OutboundRow.MACHINE.move(row, new, **fields)
        record(action, actor=actor, subject=f"{row._meta.label}:{row.pk}", reason=reason)
        nudge(type(row))


# -- the runner's inside --------------------------------------------------------------------------------


def _due(model: type[Row], status: str) -> models.QuerySet[Row]:
    blocked = model._base_manager.filter(
        lane=OuterRef("lane"), pk__lt=OuterRef("pk"), status__in=OutboundRow.OPEN
    ).exclude(lane="")
    rows = model._base_manager.filter(status=status, not_before__lte=clock.now())
    if status == OutboundRow.Status.QUEUED:
        rows = rows.filter(Q(lane="") | ~Exists(blocked))
    return rows.order_by("priority", "not_before", "pk")


def _claim(model: type[Row], status: str, limit: int) -> list[Row]:
    """Mark a batch as ours and commit. Asking keeps the state ``unknown`` and only moves the next-try time."""
    now = clock.now()
    fields: dict[str, Any] = {"not_before": now + model.timeout}
    if status == OutboundRow.Status.QUEUED:
        fields = {"status": "inflight", "inflight_since": now}
    with transaction.atomic():
        due = _due(model, status).select_related(*model.beside) if model.beside else _due(model, status)
        rows = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
        if rows:
            claimed = model._base_manager.filter(pk__in=[row.pk for row in rows])
            claimed.update(attempts=F("attempts") + 1, **fields)
    for row in rows:
        row.attempts += 1
        for name, value in fields.items():
            setattr(row, name, value)
    return rows


def _still_ours(model: type[Row], rows: list[Row]) -> list[Row]:
    """Those of a claimed batch that may be sent now; their time under way counts from here.

    While slow answers to the rows before them kept us, the claim may have run out: another worker has found them
    ``unknown`` by then, asked about them and perhaps sent them. What is no longer ours is left to it.
    """
    now = clock.now()
    claims = Q(pk__in=[])
    for row in rows:
        claims |= Q(pk=row.pk, attempts=row.attempts)
    ours = model._base_manager.filter(claims, status="inflight")
    kept = rows
    if ours.update(inflight_since=now) != len(rows):
        left = set(ours.values_list("pk", flat=True))
        kept = [row for row in rows if row.pk in left]
    for row in kept:
        row.inflight_since = now
    return kept


def _attempt(row: OutboundRow, deed: str) -> None:
    started = time.monotonic()
    outcome = _outcome(row, deed)
    _trace(row, deed, outcome, started)
    _conclude(row, outcome)


def _outcome(row: OutboundRow, deed: str) -> Outcome:
    try:
        with window(f"outbound {deed}"):
            return row.send() if deed == "send" else row.ask()
    except Exception as error:
        log.exception("outbound_attempt_raised", kind=row._meta.label, row=row.pk, deed=deed)
        return unknown(repr(error)[:500])


def _conclude(row: OutboundRow, outcome: Outcome) -> None:
    if outcome.kind == "waiting":
        # Its answer may have come by another way meanwhile; then that is what was said last.
        under_way = type(row)._base_manager.filter(pk=row.pk, attempts=row.attempts, status="inflight")
        under_way.update(last_said=outcome.said)
        return
    settle(row, outcome)


def _send_together(model: type[Row], rows: list[Row]) -> None:
    """Each is handed over with no transaction open; what came of all of them commits at once, or one by one."""
    sent: list[tuple[Row, Outcome]] = []
    traces: list[OutboundAttempt] = []
    for row in rows:
        started = time.monotonic()
        outcome = _outcome(row, "send")
        sent.append((row, outcome))
        traces.append(_traced(row, "send", outcome, started))
    try:
        _write_down(model, sent, traces)
        return
    except Exception:
        log.exception("outbound_not_together", kind=model._meta.label, rows=len(sent))
    for (row, outcome), trace in zip(sent, traces, strict=True):
        try:
            _write_down(model, [(row, outcome)], [trace])
        except Exception as error:
            log.exception("outbound_attempt_raised", kind=model._meta.label, row=row.pk, deed="send")
            nobody_knows = unknown(repr(error)[:500])
            trace.outcome, trace.said = nobody_knows.kind, nobody_knows.said
            trace.save(force_insert=True)
            settle(row, nobody_knows)


@transaction.atomic
def _write_down(model: type[Row], sent: list[tuple[Row, Outcome]], traces: list[OutboundAttempt]) -> None:
    model.write_down(sent)
    OutboundAttempt.objects.bulk_create(traces)
    for row, outcome in sent:
        _conclude(row, outcome)


def _fields(row: OutboundRow, outcome: Outcome) -> dict[str, Any]:
    now = clock.now()
    if outcome.kind == "done":
        return {"status": "done", "done_at": now, "last_said": outcome.said, "inflight_since": None}
    if outcome.kind == "refused":
        return {"status": "failed", "last_said": outcome.said, "inflight_since": None}
    if outcome.kind == "unknown":
        wait = dt.timedelta(seconds=outcome.seconds) if outcome.seconds is not None else _backoff(row)
        return {"status": "unknown", "last_said": outcome.said, "not_before": now + wait}
    if row.attempts >= row.max_attempts:
        return {"status": "failed", "last_said": outcome.said, "inflight_since": None}
    wait = dt.timedelta(seconds=outcome.seconds) if outcome.seconds is not None else _backoff(row)
    return {"status": "queued", "last_said": outcome.said, "not_before": now + wait, "inflight_since": None}


def _backoff(row: OutboundRow) -> dt.timedelta:
    steps = row.backoff
    return dt.timedelta(seconds=steps[min(max(row.attempts, 1), len(steps)) - 1])


def _run_one_in_transaction(model: type[OutboundRow]) -> bool:
    started = time.monotonic()
    row: OutboundRow | None = None
    try:
        with transaction.atomic():
            row = _due(model, "queued").select_for_update(skip_locked=True, of=("self",)).first()
            if row is None:
                return False
            row.attempts += 1
            with window("outbound handler"):
                outcome = row.send()
                model._base_manager.filter(pk=row.pk).update(attempts=row.attempts, **_fields(row, outcome))
    except Exception as error:
        if row is None:
            raise
        expected = isinstance(error, Refused | DatabaseError)
        (log.warning if expected else log.exception)(
            "handler_failed", kind=model._meta.label, row=row.pk, error=type(error).__name__
        )
        outcome = later(str(error)[:500] or repr(error)[:500])
        model._base_manager.filter(pk=row.pk, status="queued").update(
            attempts=row.attempts, **_fields(row, outcome)
        )
        _trace(row, "send", outcome, started)
    return True


def _trace(row: OutboundRow, deed: str, outcome: Outcome, started: float) -> None:
    _traced(row, deed, outcome, started).save(force_insert=True)


def _traced(row: OutboundRow, deed: str, outcome: Outcome, started: float) -> OutboundAttempt:
    return OutboundAttempt(
        kind=row._meta.label,
        row_id=row.pk,
        attempt=row.attempts,
        deed=deed,
        milliseconds=round((time.monotonic() - started) * 1000),
        outcome=outcome.kind,
        said=outcome.said[:2000],
    )


def _expire(model: type[OutboundRow]) -> None:
    model._base_manager.filter(status__in=["queued", "held"], not_after__lt=clock.now()).update(
        status="expired", last_said=_("not sent: its time had passed")
    )


def _time_out(model: type[OutboundRow]) -> None:
    now = clock.now()
    stale = model._base_manager.filter(status="inflight", inflight_since__lt=now - model.timeout)
    stale.update(
        status="queued" if model.in_transaction else "unknown",
        not_before=now,
        last_said=_("no answer in time"),
    )

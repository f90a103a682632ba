"""Changing flags: every change with its actor and a reason, written with the change in one transaction.

A percentage that would grow too much (``growth``) takes two people: ``request_jump`` by one, ``approve`` by another.
Turning things off never waits: ``kill`` and any smaller percentage are one person's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import Area, Customer
from customers.models.customer import CustomerKind
from luckygas.core import clock, live
from luckygas.core.actor import Actor
from luckygas.core.errors import Busy, Refused
from pilot.models import (
    Flag,
    FlagChange,
    FlagCustomer,
    FlagKind,
    FlagRequest,
    FlagState,
    ListSide,
    RequestState,
)
from pilot.models.flags import NAME_SHAPE
from pilot.services import growth

LONGEST_REASON = 200
FIELDS = (
    "title", "description", "kind", "state", "is_enabled", "percentage", "kinds", "areas", "starts_at", "ends_at",
)  # fmt: skip


@transaction.atomic
def create(data: Mapping[str, Any], *, reason: str, actor: Actor) -> Flag:
    """A new flag from its ``name``, ``title`` and any of FIELDS; its salt is its name, for ever.

    Refused: no reason, a name of another shape or one that exists, values that cannot be (see ``change``), or a first
    percentage above what one person may give.
    """
    reason = _reason(reason)
    name = str(data.get("name", ""))
    if not re.fullmatch(NAME_SHAPE, name):
        raise Refused(
            _("“%(name)s” is no name of a flag: small letters, digits and _, a letter first.")
            % {"name": name},
            code="name",
            field="name",
        )
    flag = Flag(name=name, salt=name, percentage=Decimal(0))
    wanted = {field: data[field] for field in FIELDS if field in data}
    _check(flag, wanted)
    for field, value in wanted.items():
        setattr(flag, field, value)
    try:
        with transaction.atomic():
            flag.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(
            _("There is a flag %(name)s already.") % {"name": name}, code="exists", field="name"
        ) from error
    _note(flag, "created", reason=reason, actor=actor, new=name)
    for field in wanted:
        if text := _text(getattr(flag, field)):
            _note(flag, "created", field=field, new=text, reason=reason, actor=actor)
    return flag


@transaction.atomic
def change(flag: Flag, data: Mapping[str, Any], *, reason: str, actor: Actor) -> Flag:
    """Write the values that differ, each with a row of history; nothing differs: nothing is written.

    Refused, with nothing written: no reason, a percentage outside 0 … 100 or with more than two decimals, an unknown
    kind or area, a schedule that ends before it begins, growth by more than 25 points within a day,
    a percentage that becomes “on for everybody” that way.
    """
    row = _lock(flag)
    wanted = {
        field: value
        for field, value in data.items()
        if field in FIELDS and _comparable(value) != _comparable(getattr(row, field))
    }
    if not wanted:
        flag.refresh_from_db()
        return flag
    reason = _reason(reason)
    _check(row, wanted)
    _write(row, wanted, "changed", reason=reason, actor=actor)
    flag.refresh_from_db()
    return flag


@transaction.atomic
def kill(flag: Flag, *, reason: str, actor: Actor) -> Flag:
    """Turn it off for everybody, at once; killing a killed one changes nothing."""
    return _throw(flag, "killed", True, reason=reason, actor=actor)


@transaction.atomic
def revive(flag: Flag, *, reason: str, actor: Actor) -> Flag:
    """Take the kill switch back: the rules decide again."""
    return _throw(flag, "revived", False, reason=reason, actor=actor)


@transaction.atomic
def add_customer(flag: Flag, code: str, side: str, *, reason: str, actor: Actor) -> FlagCustomer:
    """Put a customer on the allow or the deny list. He may stand on both (the deny list wins); twice on one is once."""
    row, customer = _lock(flag), _customer(code)
    side = _side(side)
    found = FlagCustomer.objects.filter(flag=row, customer=customer, side=side).first()
    if found is not None:
        return found
    reason = _reason(reason)
    entry = FlagCustomer.objects.create(flag=row, customer=customer, side=side, added_by=actor.name)
    _note(row, "customer_added", field=side, new=customer.code, reason=reason, actor=actor)
    return entry


@transaction.atomic
def remove_customer(flag: Flag, code: str, side: str, *, reason: str, actor: Actor) -> None:
    """Take a customer off a list; one who is not on it is no error."""
    row, customer = _lock(flag), _customer(code)
    side = _side(side)
    if FlagCustomer.objects.filter(flag=row, customer=customer, side=side).exists():
        reason = _reason(reason)
        FlagCustomer.objects.filter(flag=row, customer=customer, side=side).delete()
        _note(row, "customer_removed", field=side, old=customer.code, reason=reason, actor=actor)


@transaction.atomic
def request_jump(flag: Flag, percentage: Decimal, *, reason: str, actor: Actor) -> FlagRequest:
    """Ask a second person for a percentage that one may not set alone."""
    row = _lock(flag)
    reason = _reason(reason)
    _check_percentage(percentage)
    if actor.kind != "user" or actor.id is None:
        raise Refused(_("Only a person can ask for this."), code="person")
    if row.kind != FlagKind.PERCENTAGE or not growth.is_jump(row, percentage):
        raise Refused(
            _("%(name)s does not need a second person for this; change it.") % {"name": row.name},
            code="not_needed",
            field="percentage",
        )
    try:
        with transaction.atomic():
            request = FlagRequest.objects.create(
                flag=row,
                old=row.percentage,
                wanted=percentage,
                reason=reason,
                requested_by_id=actor.id,
                requested_by=actor.name,
            )
    except IntegrityError as error:
        raise Refused(
            _("A request for %(name)s waits already; decide on that one first.") % {"name": row.name},
            code="waits",
            field="percentage",
        ) from error
    _note(
        row,
        "requested",
        field="percentage",
        old=_text(row.percentage),
        new=_text(percentage),
        reason=reason,
        actor=actor,
    )
    return request


@transaction.atomic
def approve(request: FlagRequest, *, actor: Actor) -> Flag:
    """The second person agrees: the percentage is set. Refused to the one who asked, or when the flag changed since."""
    flag = _lock(request.flag)
    row = _open(request)
    if actor.kind != "user" or actor.id is None or actor.id == row.requested_by_id:
        raise Refused(_("Another person than the one who asked has to approve."), code="four_eyes")
    if flag.percentage != row.old or flag.kind != FlagKind.PERCENTAGE:
        raise Refused(
            _("The flag was changed since this was asked for; ask again."), code="changed", field="percentage"
        )
    _decide(row, RequestState.APPROVED, actor)
    _write(flag, {"percentage": row.wanted}, "approved", reason=row.reason, actor=actor)
    return flag


@transaction.atomic
def decline(request: FlagRequest, *, reason: str, actor: Actor) -> None:
    """It stays as it is. The one who asked may take it back this way too."""
    flag = _lock(request.flag)
    row = _open(request)
    reason = _reason(reason)
    _decide(row, RequestState.DECLINED, actor)
    _note(
        flag,
        "declined",
        field="percentage",
        old=_text(row.old),
        new=_text(row.wanted),
        reason=reason,
        actor=actor,
    )


def _lock(flag: Flag) -> Flag:
    return Flag.objects.select_for_update().get(pk=flag.pk)


def _open(request: FlagRequest) -> FlagRequest:
    row = FlagRequest.objects.select_for_update().get(pk=request.pk)
    if row.state != RequestState.OPEN:
        raise Busy(_("Somebody decided on this already."), code="decided")
    return row


def _decide(request: FlagRequest, state: str, actor: Actor) -> None:
    FlagRequest.objects.filter(pk=request.pk).update(
        state=state, decided_at=clock.now(), decided_by_id=actor.id or 0, decided_by=actor.name
    )


def _throw(flag: Flag, action: str, killed: bool, *, reason: str, actor: Actor) -> Flag:
    row = _lock(flag)
    if row.killed != killed:
        _write(row, {"killed": killed}, action, reason=_reason(reason), actor=actor)
    flag.refresh_from_db()
    return flag


def _write(flag: Flag, wanted: Mapping[str, Any], action: str, *, reason: str, actor: Actor) -> None:
    """The values of a locked flag, and a row of history for each."""
    old = {field: _text(getattr(flag, field)) for field in wanted}
    for field, value in wanted.items():
        setattr(flag, field, value)
    flag.version += 1
    flag.changed_at = clock.now()
    flag.save(update_fields=[*wanted, "version", "changed_at"])
    for field, value in wanted.items():
        _note(flag, action, field=field, old=old[field], new=_text(value), reason=reason, actor=actor)


def _note(
    flag: Flag, action: str, *, field: str = "", old: str = "", new: str = "", reason: str, actor: Actor
) -> None:
    live.tell("flags", [flag.pk])
    FlagChange.objects.create(
        flag=flag,
        action=action,
        field=field,
        old=old[:500],
        new=new[:500],
        reason=reason,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
    )


def _check(flag: Flag, wanted: Mapping[str, Any]) -> None:
    """Whether the flag may get these values, by one person."""
    for field, choices in (("kind", FlagKind), ("state", FlagState)):
        if field in wanted and wanted[field] not in choices.values:
            raise Refused(
                _("“%(value)s” is not possible; there are: %(choices)s.")
                % {"value": wanted[field], "choices": ", ".join(choices.values)},
                code=field,
                field=field,
            )
    _check_known("kinds", wanted.get("kinds", ()), set(CustomerKind.values))
    if wanted.get("areas"):
        _check_known("areas", wanted["areas"], set(Area.objects.values_list("code", flat=True)))
    start, end = (wanted.get(name, getattr(flag, name)) for name in ("starts_at", "ends_at"))
    if start is not None and end is not None and start >= end:
        raise Refused(_("It ends before it begins."), code="schedule", field="ends_at")
    if "percentage" in wanted:
        _check_percentage(wanted["percentage"])
    growth.check(flag, wanted)


def _check_known(field: str, given: Any, known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise Refused(
            _("“%(value)s” is not possible; there are: %(choices)s.")
            % {"value": ", ".join(unknown), "choices": ", ".join(sorted(known))},
            code=field,
            field=field,
        )


def _check_percentage(value: Any) -> None:
    right = isinstance(value, Decimal) and value.is_finite() and 0 <= value <= 100
    if not right or value != round(value, 2):
        raise Refused(
            _("“%(value)s” is not a percentage; it is from 0 to 100 with at most two decimals.")
            % {"value": value},
            code="percentage",
            field="percentage",
        )


def _customer(code: str) -> Customer:
    customer = Customer.objects.filter(code=code.strip()).first()
    if customer is None:
        raise Refused(_("There is no customer %(code)s.") % {"code": code}, code="customer", field="customer")
    return customer


def _side(side: str) -> str:
    if side not in ListSide.values:
        raise Refused(_("Choose the list."), code="side", field="side")
    return side


def _reason(reason: str) -> str:
    reason = reason.replace("\x00", "").strip()
    if not reason:
        raise Refused(_("Say why."), code="reason", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(
            _("The reason has %(length)d characters; %(most)d fit.")
            % {"length": len(reason), "most": LONGEST_REASON},
            code="reason",
            field="reason",
        )
    return reason


def _comparable(value: Any) -> Any:
    return sorted(value) if isinstance(value, list | tuple | set) else value


def _text(value: Any) -> str:
    """A value as the history keeps it."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.datetime):
        return f"{clock.taipei(value):%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple | set):
        return ", ".join(sorted(value))
    return str(value)

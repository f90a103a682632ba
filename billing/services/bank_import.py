"""A bank's file becomes deposits, once: file row, raw bytes and every deposit in one transaction, or none of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.bank.formats import first
from billing.bank.formats.first import Deposit, FormatError, Reading
from billing.bank.sftp import RemoteFile
from billing.models import (
    BankDeposit,
    BankFile,
    BankFileStatus,
    BankProfile,
    BankSighting,
    BankTransfer,
    ClearingState,
    DepositClearing,
)
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.notify import inapp
from luckygas.core.windows import window

_PROBLEM_LENGTH = 300
_AT_ONCE = 1000
_MOST = Decimal(10) ** 15
"""No file's sum reaches this, in either direction; the account's balance has no more digits."""
_FIELDS: dict[str, Any] = {
    "account": gettext_lazy("bank account"),
    "date": gettext_lazy("date"),
    "trade_no": gettext_lazy("trade number"),
    "trade_code": gettext_lazy("trade code"),
    "export": gettext_lazy("export"),
    "withdrawal": gettext_lazy("withdrawal"),
    "deposit": gettext_lazy("paid in"),
    "sign": gettext_lazy("sign"),
    "balance": gettext_lazy("balance"),
    "virtual_account": gettext_lazy("virtual account"),
    "status": gettext_lazy("bank's status"),
    "name": gettext_lazy("payer"),
}


@dataclass(frozen=True)
class Imported:
    """What a file turned out to be; ``said`` tells it in words. ``is_new``: it brought deposits."""

    file: BankFile
    said: str
    is_new: bool


class _Unfit(Exception):
    """The file is refused whole; the message is in the reader's words."""


def reading_of(profile: BankProfile) -> Reading:
    """What the contract says about the file's fields."""
    return Reading(
        decimals=2 if profile.decimals else 0,
        sign_of="balance" if profile.sign_of == "balance" else "movement",
        padding="zeros" if profile.padding == "zeros" else "blanks",
        virtual_length=profile.virtual_length,
    )


def say(error: FormatError) -> str:
    """Where and why a file is refused, in the reader's language."""
    where: dict[str, Any] = {"byte": error.byte, "line": error.line, "why": _(error.rule) % error.values}
    if error.field:
        return _("refused at byte %(byte)d (line %(line)d, %(field)s): %(why)s") % (
            where | {"field": _FIELDS[error.field]}
        )
    return _("refused at byte %(byte)d (line %(line)d): %(why)s") % where


def import_file(
    profile: BankProfile, seen: RemoteFile, content: bytes, *, transfer: BankTransfer | None = None
) -> Imported:
    """Take a fetched file in.

    The same bytes again are "already imported" under any name. Another content under a name that was imported is set
    aside for a person. A file with one wrong byte, another account or a contradiction is refused whole. Its bytes are
    kept in each case. What a person dismissed and now lies there under another name is asked about again: it stands in
    the place of that day's file.
    """
    digest = hashlib.sha256(content).hexdigest()
    with window("bank import"), transaction.atomic():
        BankProfile.objects.select_for_update().get(pk=profile.pk)
        known = BankFile.objects.filter(profile=profile, sha256=digest).first()
        if known is not None:
            done = Imported(known, _known_as(known), is_new=False)
            if known.status == BankFileStatus.DISMISSED and known.name != seen.name:
                _ask_again(known, seen.name)
        else:
            done = _take_in(profile, seen, content, digest)
        BankSighting.objects.get_or_create(
            profile=profile,
            name=seen.name,
            size=seen.size,
            modified=seen.modified,
            defaults={"transfer": transfer, "file": done.file, "said": done.said[:_PROBLEM_LENGTH]},
        )
    return done


def _known_as(known: BankFile) -> str:
    if known.status == BankFileStatus.IMPORTED:
        return _("already imported as %(name)s") % {"name": known.name}
    return _("the same bytes as %(name)s (%(status)s)") % {
        "name": known.name,
        "status": known.get_status_display(),
    }


def _ask_again(known: BankFile, name: str) -> None:
    problem = _("Its bytes, which were dismissed, came again as %(name)s.") % {"name": name}
    BankFile.MACHINE.move(known, BankFileStatus.ASIDE, problem=problem[:_PROBLEM_LENGTH])
    text = gettext_lazy("%(name)s has the bytes of a file that was dismissed: nothing of it is imported.")
    _tell(known, text, name)


def _take_in(profile: BankProfile, seen: RemoteFile, content: bytes, digest: str) -> Imported:
    file = BankFile(profile=profile, name=seen.name, sha256=digest, size=len(content), content=content)
    namesake = BankFile.objects.filter(
        profile=profile, name=seen.name, status__in=[BankFileStatus.IMPORTED, BankFileStatus.ASIDE]
    ).first()
    if namesake is not None:
        file.status = BankFileStatus.ASIDE
        file.problem = _("A file of this name with another content came on %(at)s.") % {
            "at": f"{namesake.fetched_at:%Y-%m-%d}"
        }
        file.save()
        _tell(file, gettext_lazy("%(name)s came again with another content: nothing of it is imported."))
        return Imported(file, file.problem, is_new=False)
    try:
        rows, new = _fitting(profile, content)
    except _Unfit as unfit:
        file.status, file.problem = BankFileStatus.REFUSED, str(unfit)[:_PROBLEM_LENGTH]
        file.save()
        _tell(file, gettext_lazy("%(name)s of the bank is refused: it cannot be read."))
        return Imported(file, file.problem, is_new=False)
    file.status = BankFileStatus.IMPORTED
    return _write(profile, file, rows, new)


def _write(
    profile: BankProfile, file: BankFile, rows: list[Deposit], new: list[tuple[Deposit, int]]
) -> Imported:
    file.rows, file.total = len(rows), sum((row.amount for row in rows), Decimal(0))
    file.save()
    deposits = BankDeposit.objects.bulk_create(
        (
            BankDeposit(file=file, profile=profile, occurrence=occurrence, **_values(row))
            for row, occurrence in new
        ),
        batch_size=_AT_ONCE,
    )
    DepositClearing.objects.bulk_create(
        (
            DepositClearing(
                deposit=deposit,
                open_amount=deposit.amount,
                state=ClearingState.NEW if deposit.amount else ClearingState.POSTED,
            )
            for deposit in deposits
        ),
        batch_size=_AT_ONCE,
    )
    said = _("%(count)d deposits, NT$ %(sum)s") % {"count": file.rows, "sum": f"{file.total:,}"}
    if len(new) < len(rows):
        said += _(", %(count)d of them known already") % {"count": len(rows) - len(new)}
    return Imported(file, said, is_new=True)


def _values(row: Deposit) -> dict[str, Any]:
    return {
        "line": row.line,
        "account": row.account,
        "booked_on": row.date,
        "trade_no": row.trade_no,
        "trade_code": row.trade_code,
        "export": row.export,
        "withdrawal": row.withdrawal,
        "deposit": row.deposit,
        "sign": row.sign.strip(),
        "balance": row.balance,
        "virtual_account": row.virtual_account,
        "status": row.status,
        "payer_name": row.name,
        "amount": row.amount,
    }


def _fitting(profile: BankProfile, content: bytes) -> tuple[list[Deposit], list[tuple[Deposit, int]]]:
    """All rows, and those that are new with their occurrence. _Unfit when any of it cannot be right."""
    try:
        rows = first.parse(content, reading_of(profile))
    except FormatError as error:
        raise _Unfit(say(error)) from error
    on_record = _on_record(profile, rows)
    new, seen = [], Counter[tuple[Any, str]]()
    for row in rows:
        if row.account != profile.account_number:
            text = _("line %(line)d: %(account)s is not our account")
            raise _Unfit(text % {"line": row.line, "account": row.account})
        seen[row.date, row.trade_no] += 1
        occurrence = seen[row.date, row.trade_no]
        known = on_record.get((row.date, row.trade_no, occurrence))
        if known is None:
            new.append((row, occurrence))
        elif any(getattr(known, name) != value for name, value in _values(row).items() if name != "line"):
            text = _("line %(line)d: trade number %(number)s of %(date)s is on record with NT$ %(amount)s")
            raise _Unfit(
                text
                % {"line": row.line, "number": row.trade_no, "date": row.date, "amount": f"{known.amount:,}"}
            )
    total = sum((row.amount for row in rows), Decimal(0))
    if abs(total) >= _MOST:
        raise _Unfit(_("its deposits come to NT$ %(sum)s, which no account holds") % {"sum": f"{total:,}"})
    return rows, new


def _on_record(profile: BankProfile, rows: list[Deposit]) -> dict[tuple[Any, str, int], BankDeposit]:
    """What is known of the days in the file, by day, trade number and occurrence."""
    known = BankDeposit.objects.filter(
        profile=profile, account=profile.account_number, booked_on__in={row.date for row in rows}
    )
    return {(one.booked_on, one.trade_no, one.occurrence): one for one in known}


def _tell(file: BankFile, text: Any, again_as: str = "") -> None:
    inapp.tell(
        permission="billing.decide_bankfile",
        title=str(text) % {"name": again_as or file.name},
        url=reverse("admin:billing_bankfile_change", args=[file.pk]),
        once_key=f"bank-file:{file.pk}{f':{again_as[:100]}' if again_as else ''}",
    )


def accept_file(file: BankFile, *, reason: str, actor: Actor) -> Imported:
    """A person takes a file in that was set aside, refused or dismissed; rows that are known already stay one.

    It is read as the bank's profile says now. Refused: no reason, the file is in already, or it still cannot be read
    or contradicts what is on record.
    """
    why = _reason(reason)
    with transaction.atomic():
        BankProfile.objects.select_for_update().get(pk=file.profile_id)
        locked = BankFile.objects.select_for_update(of=("self",)).select_related("profile").get(pk=file.pk)
        BankFile.MACHINE.check_allowed(locked.status, BankFileStatus.IMPORTED)
        try:
            rows, new = _fitting(locked.profile, bytes(locked.content))
        except _Unfit as unfit:
            raise Refused(str(unfit), code="unfit") from unfit
        locked.status, locked.problem = BankFileStatus.IMPORTED, ""
        locked.decided_by, locked.decided_reason = actor.name, why
        done = _write(locked.profile, locked, rows, new)
        record("billing.bank_file_accepted", actor=actor, subject=f"billing.BankFile:{file.pk}", reason=why)
    return done


def dismiss_file(file: BankFile, *, reason: str, actor: Actor) -> None:
    """A person says that nothing is to come of a refused file, or of one that was set aside. Its bytes stay."""
    why = _reason(reason)
    with transaction.atomic():
        BankFile.MACHINE.move(file, BankFileStatus.DISMISSED, decided_by=actor.name, decided_reason=why)
        record("billing.bank_file_dismissed", actor=actor, subject=f"billing.BankFile:{file.pk}", reason=why)


def _reason(reason: str) -> str:
    why = reason.strip()[:200]
    if not why:
        raise Refused(_("Say why: the file's page shows it."), code="reason", field="reason")
    return why

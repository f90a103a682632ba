"""The bank's profile: told by a person with a reason, stopped when its host key changes, trusted again by a person."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing.bank import sftp
from billing.bank.virtual_accounts import Rule
from billing.models import BankHostKey, BankProfile, BankTransfer
from luckygas.core import clock, outbound
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused

EDITABLE = (
    "name", "host", "port", "username", "folder", "name_pattern", "secret_name", "account_number", "largest_file",
    "decimals", "sign_of", "padding", "booked_statuses", "virtual_company", "virtual_length", "virtual_weights",
    "binds_amount", "is_active",
)  # fmt: skip


def rule_of(profile: BankProfile) -> Rule:
    """The contract's virtual account numbers."""
    return Rule(
        profile.virtual_company,
        profile.virtual_length,
        tuple(int(weight) for weight in profile.virtual_weights),
        profile.binds_amount,
    )


def add(data: dict[str, Any], *, actor: Actor) -> BankProfile:
    """A new bank. Refused: no reason, or a value that cannot be; ``data`` also has ``reason``."""
    values = {name: data[name] for name in (*EDITABLE, "code") if name in data}
    _check(values)
    why = _reason(data)
    with transaction.atomic():
        profile = BankProfile.objects.create(**values)
        record("billing.bank_added", actor=actor, subject=_subject(profile), reason=why)
    return profile


def change(profile: BankProfile, data: dict[str, Any], *, actor: Actor) -> None:
    """Change what the contract or the gateway says, with a reason."""
    values = {name: data[name] for name in EDITABLE if name in data}
    _check(values)
    why = _reason(data)
    with transaction.atomic():
        before = {name: str(getattr(profile, name)) for name in values}
        BankProfile.objects.filter(pk=profile.pk).update(**values)
        record(
            "billing.bank_changed",
            actor=actor,
            subject=_subject(profile),
            reason=why,
            before=before,
            after={name: str(value) for name, value in values.items()},
        )


def stop(profile: BankProfile, *, reason: str, offered_key: str = "") -> None:
    """Nothing is fetched any more until a person says so."""
    BankProfile.objects.filter(pk=profile.pk).update(
        stopped_because=reason[:300], stopped_at=clock.now(), offered_key=offered_key
    )


def resume(profile: BankProfile, *, reason: str, actor: Actor) -> None:
    """Fetch again, with the host keys that are known: it was a mistake, or the bank has put its key back."""
    why = _reason({"reason": reason})
    with transaction.atomic():
        locked = BankProfile.objects.select_for_update().get(pk=profile.pk)
        if not locked.stopped_because:
            raise Refused(_("This bank is not stopped."), code="not_stopped")
        _go_on(locked, actor, why)
        record("billing.bank_resumed", actor=actor, subject=_subject(profile), reason=why)


def trust_offered(profile: BankProfile, *, fingerprint: str, reason: str, actor: Actor) -> BankHostKey:
    """A person has checked the key that the bank presents: pin it beside the known ones, and go on.

    ``fingerprint`` is what he was shown; Refused when the bank has presented another key since, or none.
    """
    why = _reason({"reason": reason})
    with transaction.atomic():
        locked = BankProfile.objects.select_for_update().get(pk=profile.pk)
        if not locked.offered_key or sftp.fingerprint(locked.offered_key) != fingerprint:
            raise Refused(_("The bank presents another key by now: look again."), code="offered_key")
        key = pin(locked, locked.offered_key, reason=why, actor=actor)
        _go_on(locked, actor, why)
    return key


def pin(profile: BankProfile, line: str, *, reason: str, actor: Actor) -> BankHostKey:
    """Vouch for a host key (``ssh-ed25519 AAAA…``); one that is known already stays as it is."""
    why = _reason({"reason": reason})
    try:
        shown = sftp.fingerprint(line)
    except ValueError as error:
        text = _("This is no public host key: %(error)s")
        raise Refused(text % {"error": error}, code="host_key", field="key") from error
    with transaction.atomic():
        key, made = BankHostKey.objects.get_or_create(
            profile=profile,
            fingerprint=shown,
            retired_at=None,
            defaults={"key": " ".join(line.split()[:2]), "reason": why, "actor_name": actor.name},
        )
        if made:
            subject = _subject(profile)
            record("billing.bank_key_trusted", actor=actor, subject=subject, reason=why, fingerprint=shown)
    return key


def retire(key: BankHostKey, *, reason: str, actor: Actor) -> None:
    """This key is not to be trusted any more. Refused for the last one of a bank, and for one that is not used."""
    why = _reason({"reason": reason})
    with transaction.atomic():
        BankProfile.objects.select_for_update().get(pk=key.profile_id)
        others = BankHostKey.objects.filter(profile_id=key.profile_id, retired_at__isnull=True).exclude(
            pk=key.pk
        )
        if not others.exists():
            raise Refused(_("A bank needs one known host key: accept the new one first."), code="last_key")
        if not BankHostKey.objects.filter(pk=key.pk, retired_at__isnull=True).update(retired_at=clock.now()):
            raise Refused(_("This host key is not used any more."), code="retired", field="key")
        record(
            "billing.bank_key_retired",
            actor=actor,
            subject=f"billing.BankProfile:{key.profile_id}",
            reason=why,
            fingerprint=key.fingerprint,
        )


def _go_on(locked: BankProfile, actor: Actor, why: str) -> None:
    BankProfile.objects.filter(pk=locked.pk).update(stopped_because="", stopped_at=None, offered_key="")
    for row in BankTransfer.objects.filter(profile=locked, status="failed"):
        outbound.retry(row, actor=actor, reason=why)


def _check(values: dict[str, Any]) -> None:
    shapes = {
        "account_number": (r"[0-9]{11}", _("eleven digits")),
        "virtual_company": (r"[0-9]{1,8}", _("one to eight digits")),
        "virtual_weights": (r"[1-9]{1,16}", _("digits from 1 to 9, for example 371")),
        "name_pattern": (
            r"[A-Za-z0-9_.*-]*yyyymmdd[A-Za-z0-9_.*-]*",
            _("a name with yyyymmdd, FIRyyyymmdd.TXT"),
        ),
        "folder": (r"/.*", _("a path from the root, for example /OUT")),
    }
    for name, (shape, wanted) in shapes.items():
        if name in values and not re.fullmatch(shape, str(values[name])):
            text = _("“%(given)s” is not right: give %(wanted)s.")
            raise Refused(text % {"given": values[name], "wanted": wanted}, code="shape", field=name)


def _reason(data: dict[str, Any]) -> str:
    why = str(data.get("reason", "")).strip()[:200]
    if not why:
        raise Refused(_("Say why: money depends on it."), code="reason", field="reason")
    return why


def _subject(profile: BankProfile) -> str:
    return f"billing.BankProfile:{profile.pk}"

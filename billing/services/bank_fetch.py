"""Looking into the bank's folder: what is new is fetched and imported; the host key is held against the pinned ones."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.bank import sftp
from billing.bank.sftp import Address, Fetched, RemoteFile
from billing.models import BankProfile, BankSighting, BankTransfer
from billing.services import bank_import, bank_matching, bank_profiles
from luckygas.core import breakers, outbound, secret_manager, secrets
from luckygas.core.actor import Actor
from luckygas.core.leases import lease, renew
from luckygas.core.models import Lease
from luckygas.core.notify import inapp
from luckygas.core.outbound import Outcome
from luckygas.core.windows import window

log = structlog.get_logger(__name__)

PARTY = "bank"
#: Longer than any silence that `sftp` bears; renewed while bytes come in.
LEASE_SECONDS = 60
_RENEW_EVERY = 10.0
#: Real seconds between the two listings that must show the same size and time of a file.
PAUSE = 1.0
#: At most so many files in one look; the rest in the next.
MOST_FILES = 40
_LOOK_AGAIN = 60
_RANDOM_SIGNS = 8
"""So many signs of its own `TemporaryDirectory` puts behind the prefix."""


@dataclass
class _Visit:
    """What one connection came to."""

    listed: int = 0
    fetched: list[Fetched] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    too_large: list[RemoteFile] = field(default_factory=list)


def request(profile: BankProfile) -> BankTransfer | None:
    """Ask for a look, unless one is open already (that one is answered). None while the bank is off or stopped."""
    with transaction.atomic():
        held = BankProfile.objects.select_for_update().get(pk=profile.pk)
        if not held.is_active or held.stopped_because:
            return None
        waiting = BankTransfer.objects.filter(profile=held, status__in=BankTransfer.OPEN).first()
        row = waiting or BankTransfer.objects.create(profile=held)
        if row.status == "failed":
            # It failed because the bank was stopped, and was written down so after a person had let it go on.
            outbound.retry(row, actor=Actor.system(_("bank")), reason=_("the bank is not stopped any more"))
        outbound.nudge(BankTransfer)
    return row


def look(row: BankTransfer) -> Outcome:
    """One look, from connecting to the last import; says what came of it."""
    profile = BankProfile.objects.get(pk=row.profile_id)
    if not profile.is_active:
        return outbound.done(_("this bank is not used any more"))
    if profile.stopped_because:
        return outbound.refused(profile.stopped_because)
    with lease(f"bank:{profile.code}", seconds=LEASE_SECONDS) as held:
        if held is None:
            return outbound.later(_("somebody else looks right now"), _LOOK_AGAIN)
        _clear_up(profile)
        with TemporaryDirectory(dir=_incoming(), prefix=f"{profile.code}-") as folder:
            return _look(row, profile, Path(folder), _Renewal(held))


class _Renewal:
    """Prolongs the lease as the work goes on, not more often than it helps."""

    def __init__(self, held: Lease) -> None:
        self._held, self._at = held, time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._at > _RENEW_EVERY:
            renew(self._held, seconds=LEASE_SECONDS)
            self._at = time.monotonic()


def _look(row: BankTransfer, profile: BankProfile, folder: Path, still_here: _Renewal) -> Outcome:
    try:
        address = _address(profile)
        visit = breakers.call(
            PARTY,
            lambda: _visit(profile, address, folder, still_here),
            healthy=(sftp.HostKeyChanged, sftp.LoginRefused),
        )
    except breakers.Open as error:
        return outbound.later(_("the bank was away; nobody asks it for a moment"), error.seconds)
    except sftp.HostKeyChanged as error:
        return outbound.refused(_stop(profile, error))
    except sftp.LoginRefused as error:
        secrets.forget(profile.secret_name)
        return outbound.later(_("log-in refused: %(error)s") % {"error": error})
    except sftp.BankError as error:
        return outbound.later(_("not reached: %(error)s") % {"error": error})
    except (ImproperlyConfigured, secret_manager.Unreachable) as error:
        return outbound.later(_("the key to the bank is not there: %(error)s") % {"error": error})
    return _import(row, profile, visit)


def _import(row: BankTransfer, profile: BankProfile, visit: _Visit) -> Outcome:
    said = []
    for fetched in visit.fetched:
        done = bank_import.import_file(profile, fetched.file, fetched.path.read_bytes(), transfer=row)
        said.append(f"{fetched.file.name}: {done.said}")
        log.info(
            "bank_file", bank=profile.code, file=fetched.file.name, status=done.file.status, new=done.is_new
        )
    BankTransfer.objects.filter(pk=row.pk).update(files=row.files + len(visit.fetched))
    bank_matching.match_waiting()
    said += [_tell_too_large(profile, file) for file in visit.too_large]
    text = "; ".join(said) or _("%(count)d files there, none of them new") % {"count": visit.listed}
    if visit.unfinished:
        names = ", ".join(visit.unfinished)
        return outbound.later(
            "; ".join([*said, _("still being written: %(names)s") % {"names": names}]), _LOOK_AGAIN
        )
    return outbound.done(text)


def _clear_up(profile: BankProfile) -> None:
    """Take away what one who was killed has left; nobody else is at work, the lease says so."""
    for left in _incoming().glob(f"{profile.code}-{'?' * _RANDOM_SIGNS}"):
        shutil.rmtree(left, ignore_errors=True)


def _incoming() -> Path:
    folder = Path(settings.DATA_DIR) / "bank"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _address(profile: BankProfile) -> Address:
    keys = profile.host_keys.filter(retired_at__isnull=True).order_by("pk")
    return Address(
        profile.host,
        profile.port,
        profile.username,
        tuple(keys.values_list("key", flat=True)),
        secrets.secret(profile.secret_name),
    )


def _visit(profile: BankProfile, address: Address, folder: Path, still_here: _Renewal) -> _Visit:
    visit = _Visit()
    with window("bank fetch"), sftp.connected(address) as gateway:
        before = gateway.listing(profile.folder)
        visit.listed = len(before)
        new = _unseen(profile, before)
        if not new:
            return visit
        time.sleep(PAUSE)
        still = set(gateway.listing(profile.folder))
        for file in new[:MOST_FILES]:
            if file not in still:
                visit.unfinished.append(file.name)
                continue
            try:
                fetched = gateway.fetch(
                    profile.folder, file, folder, most=profile.largest_file, on_progress=still_here
                )
                visit.fetched.append(fetched)
            except sftp.StillWritten:
                visit.unfinished.append(file.name)
            except sftp.TooLarge:
                visit.too_large.append(file)
    return visit


def _unseen(profile: BankProfile, files: list[RemoteFile]) -> list[RemoteFile]:
    """Files of the agreed name that were not there with this size and time before, in the order of their names."""
    pattern = name_pattern(profile.name_pattern)
    ours = [file for file in files if pattern.fullmatch(file.name)]
    seen = set(
        BankSighting.objects.filter(profile=profile, name__in=[file.name for file in ours]).values_list(
            "name", "size", "modified"
        )
    )
    return sorted(
        (file for file in ours if (file.name, file.size, file.modified) not in seen),
        key=lambda file: file.name,
    )


def name_pattern(text: str) -> re.Pattern[str]:
    """``FIRyyyymmdd.TXT`` as a pattern: ``yyyymmdd`` are eight digits, ``*`` is anything, the rest is as it stands."""
    parts = (re.escape(part) for part in re.split(r"(yyyymmdd|\*)", text))
    return re.compile("".join({"yyyymmdd": r"\d{8}", r"\*": ".*"}.get(part, part) for part in parts))


def _tell_too_large(profile: BankProfile, file: RemoteFile) -> str:
    """Nobody fetches it, so a person has to know, once."""
    text = gettext_lazy("%(name)s is larger than agreed and was not fetched")
    inapp.tell(
        permission="billing.decide_bankfile",
        title=str(text) % {"name": file.name},
        url=reverse("admin:billing_bankprofile_change", args=[profile.pk]),
        once_key=f"bank-large:{profile.pk}:{file.name[:80]}:{file.size}:{file.modified}",
    )
    return str(text) % {"name": file.name}


def _stop(profile: BankProfile, error: sftp.HostKeyChanged) -> str:
    """Nothing is fetched any more until a person accepts the key or says that it was a mistake."""
    reason = _("Host key changed: the bank presents %(offered)s, known is %(known)s.") % {
        "offered": sftp.fingerprint(error.offered),
        "known": ", ".join(error.known) or "–",
    }
    bank_profiles.stop(profile, reason=reason, offered_key=error.offered)
    inapp.tell(
        permission="billing.trust_bankprofile",
        title=gettext_lazy("The bank's host key changed: nothing is fetched until somebody has looked."),
        url=reverse("admin:billing_bankprofile_change", args=[profile.pk]),
        once_key=f"bank-key:{profile.pk}:{sftp.fingerprint(error.offered)}",
    )
    return reason

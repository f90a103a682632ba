"""Customers pay by transfer, the bank closes its day, and in the evening its file comes in.

What customers and the bank do is told to the stand-in over its control address (``LUCKYGAS_SANDBOX_DIR``); without
one, or without a bank's profile, the day has no such part.
"""

from __future__ import annotations

import datetime as dt
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from billing.models import BankFile, BankProfile, BankTransfer
from billing.services import bank_fetch, bank_matching
from luckygas.core import calendar, outbound
from luckygas.workday.chance import chance
from luckygas.workday.filing import NoAnswer
from luckygas.workday.wall import Wall

#: How many of those who could pay by transfer do so that day, and how many at most.
SHARE, MOST = 0.5, 60
PATIENCE = 120.0
STEP_SECONDS = 120
NOBODY = 99_999_000
"""Virtual accounts from this number on belong to no customer."""
OWING = """
SELECT c.id, c.code, c.virtual_account, c.short_name, array_agg(o.open ORDER BY o.issued_at, o.id)
  FROM (SELECT i.id, i.customer_id, i.issued_at,
               i.total - coalesce((SELECT sum(a.amount) FROM billing_paymentallocation a
                                    WHERE a.invoice_id = i.id), 0) AS open
          FROM billing_invoice i) o
  JOIN customers_customer c ON c.id = o.customer_id
 WHERE o.open > 0 AND c.virtual_account <> '' AND c.payment_method IN ('monthly', 'transfer')
 GROUP BY c.id ORDER BY c.id
"""
FIGURES = """
SELECT count(*), coalesce(sum(d.amount), 0),
       count(*) FILTER (WHERE EXISTS (SELECT FROM billing_depositposting x
                                       WHERE x.deposit_id = d.id AND x.by_itself)),
       count(*) FILTER (WHERE c.state = 'queued')
  FROM billing_bankdeposit d JOIN billing_depositclearing c ON c.deposit_id = d.id
 WHERE d.booked_on = %(date)s
"""


def is_there() -> bool:
    """Whether the day has a bank: a profile in use, and a stand-in to tell."""
    return (
        bool(settings.SANDBOX_DIR) and BankProfile.objects.filter(is_active=True, stopped_because="").exists()
    )


def pay(seed: int, wall: Wall) -> None:
    """Customers pay, and the bank closes the day. Told again, it is the same deposit; a closed day takes no more."""
    if calendar.is_working_day(wall.date):
        wall.stand(15, 30)
        for deposit in transfers(seed, wall.date):
            if not _tell("deposit", deposit | {"date": wall.date.isoformat()}):
                break
    _tell("close_day", {"date": wall.date.isoformat()})


def transfers(seed: int, date: dt.date) -> Iterator[dict[str, Any]]:
    """Who pays what: most exactly, some too much or too little, some twice, some to an account nobody has."""
    with connection.cursor() as cursor:
        cursor.execute(OWING)
        owing = cursor.fetchall()
    paying = [row for row in owing if chance(seed, date, "pays", row[0]).random() < SHARE]
    for pk, code, account, name, opened in paying[:MOST]:
        stream = chance(seed, date, "transfer", pk)
        oldest, everything = int(opened[0]), int(sum(opened, Decimal(0)))
        amount = everything if stream.random() < 0.3 else oldest
        kind = stream.random()
        if kind < 0.08:
            amount = everything + stream.randrange(1, 500)
        elif kind < 0.16:
            amount = max(1, oldest - stream.randrange(1, 50))
        elif kind < 0.22:
            account = _nobody(account, NOBODY + pk % 1000)
        payer = name.encode("cp950", "replace").decode("cp950")
        for number in range(2 if kind > 0.94 else 1):
            key = f"{seed}:{date}:{code}:{number}"
            yield {"key": key, "virtual_account": account, "amount": amount, "payer": payer}


def _nobody(account: str, number: int) -> str:
    """A sound number of the contract that no customer has: company, number, check digit of weights 3, 7, 1."""
    body = f"{account[:5]}{number:0{len(account) - 6}d}"
    total = sum(int(digit) * (3, 7, 1)[i % 3] for i, digit in enumerate(body))
    return f"{body}{-total % 10}"


def fetch(wall: Wall, *, patience: float = PATIENCE) -> None:
    """Look into every bank's folder until its file of the day is in, and match what came. NoAnswer after ``patience``."""
    wall.stand(17)
    deadline = time.monotonic() + patience
    for profile in BankProfile.objects.filter(is_active=True).order_by("pk"):
        row = None
        while True:
            row = _looked(profile, row)
            if row.status == "done" and _is_in(profile, wall.date):
                break
            if time.monotonic() > deadline or row.status == "failed":
                raise NoAnswer(f"{profile}: {row.last_said or row.get_status_display()}")
            wall.advance(STEP_SECONDS)
            time.sleep(0 if wall.is_simulated else 1)
    bank_matching.match_waiting()


def _looked(profile: BankProfile, row: BankTransfer | None) -> BankTransfer:
    """A look that is over or waits for its next try."""
    if row is None or row.status == "done":
        row = bank_fetch.request(profile)
        if row is None:
            profile.refresh_from_db()
            raise NoAnswer(f"{profile}: {profile.stopped_because}")
    outbound.run_due(BankTransfer)
    row.refresh_from_db()
    return row


def _is_in(profile: BankProfile, date: dt.date) -> bool:
    """Whether the file that the bank says it closed the day with was fetched; a day without movements has none."""
    name = str(_tell("close_day", {"date": date.isoformat()}).get("name", ""))
    return not name or BankFile.objects.filter(profile=profile, name=name).exists()


def figures(date: dt.date) -> dict[str, Any]:
    """Deposits of the day, their sum, how many were matched by themselves, how many wait for a person."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"date": date})
        fetched, total, matched, queued = cursor.fetchone()
    return {"transfers": fetched, "transferred": int(total), "matched": matched, "queued": queued}


def _tell(action: str, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the stand-in for a deed; empty when it refuses (the day is closed). NoAnswer when it is not there."""
    try:
        url = json.loads((Path(settings.SANDBOX_DIR) / "control.json").read_text())["url"]
        body = json.dumps({"party": "bank", **request}).encode()
        asked = urllib.request.Request(f"{url}/{action}", data=body, method="POST")  # noqa: S310 - loopback
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        said = str(json.load(error).get("error", ""))
        if "closed already" in said:
            return {}
        raise NoAnswer(f"the bank refuses {action}: {said}") from error
    except (OSError, ValueError) as error:
        raise NoAnswer(f"the outside world does not answer: {error}") from error

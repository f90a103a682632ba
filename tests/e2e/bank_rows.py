"""A bank queue that is fuller than anybody asked for, with names and reasons as long as the tables take them.

Run inside a company with a bank's profile (``manage.py shell -c "from tests.e2e.bank_rows import plant; plant(…)"``).
"""

from __future__ import annotations

import datetime as dt

from billing.models import BankDeposit, BankFile, BankProfile, DepositClearing
from customers.models import Customer
from tests.e2e.overfull import HUGE, NAME, NOTE

DEPOSITS = 240
REASONS = (
    ("too_much", {"amount": str(HUGE), "open": "987654321"}),
    ("reversed", {"reason": NOTE[:200]}),
    ("unknown_account", {"account": "9" * 16}),
)


def plant(date: dt.date) -> None:
    """Deposits that nobody could match, of a file with a very long name."""
    profile = BankProfile.objects.order_by("pk")[0]
    name = f"FIR{date:%Y%m%d}{'9' * 180}.TXT"
    file = BankFile.objects.create(
        profile=profile, name=name, sha256="0" * 64, size=1, content=b"x", status="imported"
    )
    account = Customer.objects.exclude(virtual_account="").order_by("code")[0].virtual_account
    deposits = BankDeposit.objects.bulk_create(
        BankDeposit(
            file=file,
            line=place,
            profile=profile,
            account=profile.account_number,
            booked_on=date,
            trade_no=f"{place:04d}",
            occurrence=9,
            withdrawal=0,
            deposit=HUGE,
            sign="+",
            balance=HUGE,
            virtual_account=account if place % 2 else "9" * 16,
            status="0",
            payer_name=NAME[:6],
            amount=HUGE,
        )
        for place in range(1, DEPOSITS + 1)
    )
    DepositClearing.objects.bulk_create(
        DepositClearing(
            deposit=deposit,
            state="not_ours" if place % 20 == 0 else "queued",
            open_amount=HUGE,
            reason_code=REASONS[place % 3][0],
            reason_values=REASONS[place % 3][1],
            decided_by=NAME,
            decided_reason=NOTE[:200],
        )
        for place, deposit in enumerate(deposits)
    )

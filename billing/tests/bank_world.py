"""What the bank's tests share: a profile, customers with virtual accounts, invoices, files put in by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from billing.bank.sftp import RemoteFile
from billing.bank.virtual_accounts import make
from billing.models import BankDeposit, BankProfile
from billing.services import bank_import, bank_matching, bank_profiles
from billing.tests.conftest import ACTOR
from billing.tests.first_file import file, record

DAY = dt.date(2026, 11, 23)
OWN = "24310012345"
VALUES: dict[str, Any] = {
    "code": "first",
    "name": "第一銀行",
    "host": "127.0.0.1",
    "port": 22,
    "username": "luckygas",
    "folder": "/OUT",
    "account_number": OWN,
    "virtual_company": "99218",
    "reason": "合約",
}


def profile(**more: Any) -> BankProfile:
    return bank_profiles.add(VALUES | more, actor=ACTOR)


def account_of(customer: Any) -> str:
    """The customer's virtual account by the contract's rule; written down when he has none."""
    if not customer.virtual_account:
        rule = bank_profiles.rule_of(BankProfile.objects.get())
        customer.virtual_account = make(rule, int(customer.code))
        type(customer).objects.filter(pk=customer.pk).update(virtual_account=customer.virtual_account)
    return str(customer.virtual_account)


def put_in(*records: bytes, name: str = "FIR20261123.TXT", modified: int = 1) -> bank_import.Imported:
    """A file with these records, as if it had been fetched."""
    content = file(*records)
    seen = RemoteFile(name, len(content), modified)
    return bank_import.import_file(BankProfile.objects.get(), seen, content)


def deposit(virtual: str, amount: int, number: int = 1, **more: Any) -> bytes:
    """A record of a deposit of the day."""
    return record(
        virtual_account=virtual,
        deposit=amount,
        balance=amount,
        trade_no=f"{number:04d}",
        **({"name": ""} | more),
    )


def came_in(*records: bytes, **more: Any) -> list[BankDeposit]:
    """Put in and matched; the deposits in their order."""
    done = put_in(*records, **more)
    bank_matching.match_waiting()
    return list(done.file.deposits.order_by("line"))


def standing(one: BankDeposit) -> tuple[str, int, str]:
    """State, what is open, the reason's code."""
    clearing = one.clearing
    clearing.refresh_from_db()
    return clearing.state, int(clearing.open_amount), clearing.reason_code


def open_amount(customer: Any) -> Decimal:
    customer.account.refresh_from_db()
    amount: Decimal = customer.account.open_balance
    return amount

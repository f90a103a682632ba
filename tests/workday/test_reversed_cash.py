"""A payment of the day is reversed: the day is unsound until the cash is counted anew, and sound again after it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.workday.company import Company

pytestmark = pytest.mark.slow

SATURDAY, MONDAY = "2026-11-21", "2026-11-23"
REVERSE = """
import json
from decimal import Decimal
from billing.models import Payment
from billing.services import payments
from luckygas.core.actor import Actor
wrong = Payment.objects.filter(kind="cash", driver__isnull=False, amount__gt=100).order_by("pk").first()
row = payments.reverse_payment(wrong, reason="少收", right_amount=wrong.amount - 100, actor=Actor.system("test"))
print(json.dumps({"driver": wrong.driver.staff_no, "stop": wrong.source.split(":")[1], "amount": int(wrong.amount)}))
"""
PURSES = """
import datetime as dt, json
from dispatch.models import DayPlan, Driver
from luckygas.workday import driving, figures
day = dt.date(2026, 11, 23)
purses = driving.purses(DayPlan.objects.get(date=day, status="published"))
staff = dict(Driver.objects.values_list("pk", "staff_no"))
print(json.dumps({"purses": {staff[pk]: int(sum) for pk, sum in purses.items()}, "money": figures.money(day)}))
"""
COUNT = """
import datetime as dt
from billing.queries.cash import collected
from billing.services.cash import count_cash
from dispatch.models import Driver
from luckygas.core.actor import Actor
driver, day = Driver.objects.get(staff_no="%s"), dt.date(2026, 11, 23)
count_cash(driver, day, collected(day)[driver.pk], note="沖銷後重新點收", actor=Actor.system("test"))
"""


def told(one: Company, script: str) -> dict[str, object]:
    return json.loads(one.manage("shell", "-v", "0", "-c", script).stdout.strip().splitlines()[-1])


def test_a_reversed_payment_and_the_day(company: Callable[..., Company]) -> None:
    one = company(SATURDAY)
    day = ("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2")
    one.manage(*day)
    before = told(one, PURSES)
    wrong = told(one, REVERSE)
    after = told(one, PURSES)
    driver = wrong["driver"]
    assert after["purses"] == before["purses"] | {driver: before["purses"][driver] - 100}  # type: ignore[index,operator]
    expected = before["money"]["cash_expected"]  # type: ignore[index]
    assert before["money"] == {"cash_expected": expected, "cash_counted": expected}
    assert after["money"] == {"cash_expected": expected - 100, "cash_counted": expected}

    unsound = one.manage(*day, ok=False)
    assert unsound.returncode == 1
    assert f"{driver}" in unsound.stdout
    assert f"stop {wrong['stop']} took" not in unsound.stdout, (
        "what the driver told was recorded; it is explained"
    )
    one.manage("shell", "-v", "0", "-c", COUNT % driver)
    one.manage(*day)
    assert told(one, PURSES)["money"] == {"cash_expected": expected - 100, "cash_counted": expected - 100}
    one.manage("verify_invoices", "--date", MONDAY)

    one.execute("ALTER TABLE billing_payment DISABLE TRIGGER USER")
    one.execute("UPDATE billing_payment SET amount = amount + 1 WHERE reverses_id IS NOT NULL")
    broken = one.manage(*day, ok=False)
    assert broken.returncode == 1
    assert f"stop:{wrong['stop']}" in broken.stdout

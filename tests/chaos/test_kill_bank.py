"""``kill -9`` while the bank's file is fetched, imported and posted: every deposit comes in once, and stays in once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.killer import SEED, Killer, table
from tests.chaos.programs import eventually
from tests.workday.company import Company, table_of
from tests.workday.test_run_day import MONDAY, SATURDAY, number

pytestmark = pytest.mark.slow

RUN_DAY = ("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2")
STRANGERS = 25
#: Window and before which of its first statements the kill comes.
MOMENTS = (("bank fetch", 3), ("bank import", 4), ("bank import", 80), ("bank post", 6), ("bank post", 20))


def test_a_killed_evening_takes_every_deposit_in_once(company: Callable[..., Company]) -> None:
    one = company(SATURDAY)
    assert one.sandbox is not None
    one.manage(*RUN_DAY, "--through", "bill")
    for place in range(STRANGERS):
        one.sandbox.act(
            "deposit",
            party="bank",
            virtual_account="",
            amount=100 + place,
            date=MONDAY,
            key=f"stranger {place}",
        )
    killer = Killer(one.folder / "windows", "bank")
    hits = sum(_kill(one, killer, window, statements) for window, statements in MOMENTS)
    print("\n".join(["", f"CHAOS_SEED={SEED}", *table()]))
    assert hits >= 3, "the evening was never caught at work"
    figures = table_of(one.manage(*RUN_DAY).stdout)
    assert figures["差異"] == "0"
    told = one.sandbox.state()["parties"]["bank"]
    assert number(figures["轉帳入帳"]) == told["movements"] >= STRANGERS
    assert one.rows("SELECT count(*), sum(amount) FROM billing_bankdeposit") == [
        (told["movements"], told["sum"])
    ]
    assert (
        one.rows(
            """SELECT count(*) FROM billing_depositposting x JOIN billing_payment p ON p.id = x.payment_id
            GROUP BY x.deposit_id HAVING sum(p.amount) <> max(p.amount)"""
        )
        == []
    )
    assert one.rows("SELECT status, count(*) FROM billing_bankfile GROUP BY 1") == [("imported", 1)]
    assert one.manage("verify_bank", "--date", MONDAY).returncode == 0


def _kill(one: Company, killer: Killer, window: str, statements: int) -> bool:
    """Run the evening and kill it there; False when it was over before."""
    running = one.begin(*RUN_DAY, "--through", "bank", LUCKYGAS_WINDOWS=str(killer.folder))

    def kill(_inside: int) -> None:
        running.kill()
        running.wait()

    try:
        return killer.once(
            "run_day", window, kill, statements=statements, is_over=lambda: running.poll() is not None
        )
    finally:
        running.kill()
        running.communicate()
        # What a dead holder's lease would cost in real time is not what is tried here.
        one.execute("DELETE FROM core_lease")
        eventually(lambda: one.rows("SELECT count(*) FROM core_lease") == [(0,)], "nobody holds a lease")

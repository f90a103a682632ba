"""The accountant clears a deposit that nobody could match, by keyboard; the bank's file comes in through its real door."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running
from tests.e2e.served import DAY

SignIn = Callable[..., Page]
Shot = Callable[[Page, str], None]


def test_an_unmatched_deposit_is_cleared_by_keyboard(running: Running, sign_in: SignIn, shot: Shot) -> None:
    [(code, account)] = running.company.rows(
        """SELECT c.code, c.virtual_account FROM customers_customer c
            WHERE c.virtual_account <> '' AND c.status = 'active'
              AND NOT EXISTS (SELECT FROM billing_invoice i WHERE i.customer_id = c.id) ORDER BY c.code LIMIT 1"""
    )
    outside: Any = running.company.sandbox
    told = {"party": "bank", "date": DAY}
    outside.act("deposit", virtual_account=account, amount=4120, payer="測試付款人", **told)
    outside.act("deposit", virtual_account="", amount=55, payer="利息", **told)
    outside.act("close_day", **told)

    page = sign_in("accountant")
    page.goto("/admin/billing/bankdeposit/queue/")
    expect(page.locator("body")).to_contain_text("沒有待處理的入帳")
    [(profile,)] = running.company.rows("SELECT id FROM billing_bankprofile")
    page.goto(f"/admin/billing/bankprofile/{profile}/change/")
    page.get_by_role("button", name="立即取檔").click()
    running.eventually("SELECT count(*) = 2 FROM billing_depositclearing WHERE state = 'queued'", seconds=90)

    page.goto("/admin/billing/bankdeposit/queue/")
    expect(page.locator(".bank-queue")).to_contain_text("2 筆入帳待處理")
    expect(page.locator("[data-candidate][aria-current]")).to_contain_text(str(code))
    shot(page, "bankqueue-journey")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-deposit][aria-current]")).to_contain_text("NT$ 55")
    page.keyboard.press("s")
    expect(page.locator("[data-split] input[name=code]").first).to_be_focused()
    page.goto("/admin/billing/bankdeposit/queue/")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text(re.compile("NT\\$ 4,120 已指定給"))
    expect(page.locator(".bank-queue")).to_contain_text("1 筆入帳待處理")
    assert running.company.rows(
        """SELECT c.code, p.amount, p.kind, p.actor_name, x.by_itself FROM billing_payment p
             JOIN billing_depositposting x ON x.payment_id = p.id JOIN customers_customer c ON c.id = p.customer_id"""
    ) == [(code, 4120, "transfer", "會計", False)]

    page.get_by_text("非本公司款項", exact=True).first.click()
    form = page.locator("details[open] form").last
    form.locator("input[name=reason]").fill("銀行利息")
    form.get_by_role("button", name="不是本公司的").click()
    expect(page.locator("body")).to_contain_text("已標示為非本公司款項。")
    expect(page.locator("body")).to_contain_text("沒有待處理的入帳")
    assert running.company.rows("SELECT state, decided_reason FROM billing_depositclearing ORDER BY 1") == [
        ("not_ours", "銀行利息"),
        ("posted", "虛擬帳號相符；比應收多 NT$ 4,120，留作預收"),
    ]

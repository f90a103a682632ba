"""An open page changes by itself, and goes on without the process that tells it to."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running

NOTICE = """
from luckygas.core.notify import inapp
inapp.tell(permission="core.view_notice", title="測試", once_key="e2e:{n}")
"""
CALLED = """
from luckygas.core import breakers
from luckygas.core.actor import Actor
breakers.reset("legacy", actor=Actor.system("e2e"), reason="e2e")
"""
FAILS = """
from luckygas.core import breakers
for _ in range(3):
    try:
        breakers.call("legacy", lambda: 1 / 0)
    except ZeroDivisionError:
        pass
"""
SOON = 5000
"""Milliseconds; whoever only polls the page of the parties waits up to thirty seconds."""


def listens(page: Page) -> None:
    page.wait_for_function("document.documentElement.dataset.live === 'on'")


def test_the_bell_rings_and_a_part_changes_while_somebody_looks(
    running: Running, sign_in: Callable[..., Page]
) -> None:
    page = sign_in("manager")
    listens(page)
    bell = page.locator(".lg-bell")
    expect(bell).to_be_visible()
    before = int(bell.locator("b").inner_text()) if bell.locator("b").count() else 0
    running.script(NOTICE.format(n=1))
    expect(bell.locator("b")).to_have_text(str(before + 1), timeout=SOON)

    running.script(CALLED)
    page.goto("/admin/core/outside/parties/")
    listens(page)
    party = page.locator("#parties tbody tr", has_text="舊系統")
    expect(party).to_contain_text("✓")
    running.script(FAILS)
    expect(party).to_contain_text("✕", timeout=SOON)
    # A part in which somebody types is left alone.
    reason = party.locator("input[name=reason]")
    reason.fill("已打電話")
    running.script("from luckygas.core import live; live.tell('breakers')")
    running.script(NOTICE.format(n=2))
    expect(bell.locator("b")).to_have_text(str(before + 2), timeout=SOON)
    expect(reason).to_have_value("已打電話")
    party.locator("button").click()
    expect(party).to_contain_text("✓")

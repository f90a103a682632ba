"""One journey for each person of a working day, in the order of the day: each stands on the one before."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Running
from tests.e2e.served import DAY

SignIn = Callable[..., Page]
Shot = Callable[[Page, str], None]
ordered: dict[str, Any] = {}


def test_a_phone_order_by_keyboard(running: Running, sign_in: SignIn, shot: Shot) -> None:
    [(code, phone)] = running.company.rows(
        """SELECT c.code, p.number FROM customers_customer c JOIN customers_customerphone p ON p.customer_id = c.id
            WHERE c.kind = 'residential' AND c.status = 'active' AND c.payment_method = 'cash' AND p.is_primary
              AND c.pricing_method = 'by_cylinder' AND c.tax_id = ''
              AND (SELECT count(*) FROM customers_customerphone q WHERE right(q.number, 6) = right(p.number, 6)) = 1
              AND EXISTS (SELECT 1 FROM orders_order o WHERE o.customer_id = c.id AND o.status = 'delivered')
              AND NOT EXISTS (SELECT 1 FROM orders_order o WHERE o.customer_id = c.id AND o.status = 'confirmed')
            ORDER BY c.code LIMIT 1"""
    )
    page = sign_in("office")
    page.goto("/orders/desk/")
    shot(page, "desk-empty")
    typed = str(phone)[-6:]
    page.keyboard.type(typed)
    expect(page.locator("#desk-found")).to_contain_text(str(code))
    page.keyboard.press("Enter")
    expect(page.locator(".desk-card")).to_contain_text(str(code))
    page.keyboard.press("Enter")
    expect(page.locator("#desk-total")).to_contain_text("NT$")
    shot(page, "desk-normal")
    page.keyboard.press("Control+Enter")
    saved = page.locator(".desk-done")
    expect(saved).to_contain_text("✓ O-20261123-")
    keystrokes = len(typed) + 1 + 1 + 2
    assert keystrokes <= 12
    number = re.search(r"O-\d{8}-\d{6}", saved.inner_text())
    assert number is not None
    ordered["number"], ordered["code"] = number[0], code
    assert running.company.rows(
        "SELECT o.status, o.source, c.code, o.scheduled_date::text FROM orders_order o "
        "JOIN customers_customer c ON c.id = o.customer_id WHERE o.number = %(n)s",
        {"n": number[0]},
    ) == [("confirmed", "phoned", code, DAY)]


def test_a_plan_is_made_looked_at_and_given_to_the_crews(
    running: Running, sign_in: SignIn, shot: Shot
) -> None:
    running.company.manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from dispatch.services import shifts; from luckygas.core.actor import "
        f"Actor; import datetime; shifts.make(datetime.date.fromisoformat('{DAY}'), actor=Actor.system('journey'))",
    )
    page = sign_in("dispatcher")
    page.goto("/admin/dispatch/dayplan/")
    shot(page, "plans-empty")
    page.goto("/admin/dispatch/dayplan/add/")
    page.fill("#id_date", DAY)
    if page.locator("#id_seconds").count():
        page.fill("#id_seconds", "2")
    page.locator("[name=_save]").first.click()
    running.eventually("SELECT count(*) = 1 FROM dispatch_dayplan WHERE status = 'ready'")
    [(plan,)] = running.company.rows("SELECT id FROM dispatch_dayplan WHERE status = 'ready'")
    # The page asks how the plan stands and shows it by itself; going there would cross its own way.
    publish = page.get_by_role("button", name=re.compile("發布"))
    expect(publish).to_be_visible(timeout=30_000)
    assert page.url.endswith(f"/admin/dispatch/dayplan/{plan}/change/")
    shot(page, "plan-ready")
    publish.click()
    running.eventually("SELECT count(*) = 1 FROM dispatch_dayplan WHERE status = 'published'")
    page.goto(f"/admin/dispatch/dayplan/{plan}/sheet/")
    expect(page.locator("body")).to_contain_text("計畫")
    shot(page, "sheet")
    pdf = page.request.get(f"/admin/dispatch/dayplan/{plan}/sheet.pdf")
    assert pdf.status == 200
    assert pdf.body().startswith(b"%PDF-")
    assert running.company.rows(
        "SELECT status FROM orders_order WHERE number = %(n)s", {"n": ordered["number"]}
    ) == [("assigned",)]


def test_a_driver_delivers_a_stop_on_a_phone(running: Running, sign_in: SignIn, shot: Shot) -> None:
    [(stop, driver, eta, cash)] = running.company.rows(
        """SELECT s.id, u.username, to_char(s.eta AT TIME ZONE 'Asia/Taipei', 'HH24:MI'), o.total_amount
             FROM dispatch_routestop s JOIN orders_order o ON o.id = s.order_id
             JOIN dispatch_route r ON r.id = s.route_id JOIN dispatch_shift h ON h.id = r.shift_id
             JOIN dispatch_driver d ON d.id = h.driver_id JOIN core_user u ON u.id = d.user_id
            WHERE o.number = %(n)s AND s.is_live""",
        {"n": ordered["number"]},
    )
    running.stand(str(eta))
    page = sign_in(str(driver), phone=True)
    expect(page).to_have_url(re.compile("/driver/"))
    shot(page, "driver-route")
    page.goto(f"/driver/stops/{stop}/")
    shot(page, "driver-stop")
    page.get_by_role("button", name="抵達").click()
    page.locator("[data-next]:visible").click()
    page.locator("[data-next]:visible").click()
    pad = page.locator("canvas[data-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 30, steps=8)
    page.mouse.up()
    shot(page, "driver-signature")
    page.locator("[data-finish]").click()
    running.eventually(f"SELECT status = 'delivered' FROM dispatch_routestop WHERE id = {stop}")
    page.goto(f"/driver/stops/{stop}/")
    expect(page.locator(".result")).to_contain_text("✓")
    assert running.company.rows(
        "SELECT status, cash FROM dispatch_routestop WHERE id = %(s)s", {"s": stop}
    ) == [("delivered", cash)]
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_the_invoice_is_filed_confirmed_and_shown(running: Running, sign_in: SignIn, shot: Shot) -> None:
    running.eventually(
        "SELECT count(*) = 1 FROM billing_invoice i JOIN billing_einvoicesubmission s ON s.invoice_id = i.id "
        "WHERE s.status = 'done'",
        seconds=90,
    )
    [(invoice, number, total)] = running.company.rows("SELECT id, number, total FROM billing_invoice")
    page = sign_in("accountant")
    page.goto("/admin/billing/invoice/")
    expect(page.locator("#result_list, .result-list, main, body").first).to_contain_text(str(number)[2:])
    shot(page, "invoices")
    page.goto(f"/admin/billing/invoice/{invoice}/change/")
    expect(page.locator("body")).to_contain_text(f"{total:,}")
    shot(page, "invoice")


def test_the_home_page_shows_the_day(running: Running, sign_in: SignIn, shot: Shot) -> None:
    page = sign_in("manager")
    page.goto("/admin/")
    expect(page.locator(".lg-home")).to_contain_text("11/23 (一)")
    shot(page, "home")
    page.set_viewport_size({"width": 390, "height": 844})
    shot(page, "home-phone")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")

"""The pages that carry the product, empty, on a normal day and overfull, on a desk and on a phone.

Every page is held against what can be checked by itself (see ``looking.faults``); with ``SHOTS=DIR`` all of them
are left as pictures to be looked at: ``<state>-<page>-<width>.png``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.looking import faults
from tests.e2e.served import DAY, PASSWORD, Served
from tests.workday.company import Company

SUNDAY, NEXT = "2026-11-22", "2026-11-24"
TALLEST = 5000  # px of a picture; a browser cannot paint much more at once
DESK, PHONE = (1440, 900), (390, 844)
WORDS = frozenset(
    {"TW", "WD", "WE", "xlsx", "csv", "xml", "Turnkey", "ProcessResult", "overfull", "Red", "KG", "ABC"}
    | {"import", "customers", "supplement", "prices", "fleet", "tracks", "history", "connect", "bank"}
    | {
        "order",
        "id",
        "delivery",
        "time",
        "driver",
        "name",
        "eta",
        "tracking",
        "url",
        "UCS",
        "SM",
        "twilio",
        "Twilio",
    }
    | {"https", "gas", "example", "tw", "t", "AbCdEfGhIjKlMnOp"}
)
"""Track letters, plates, files, the commands that brought a file in, what a message's text is put together from: the
same in every language."""


class Eyes:
    """Opens a page as a person at both widths, notes what is wrong with it, and keeps pictures."""

    def __init__(self, town: Served, browser: Browser) -> None:
        self.town, self._browser = town, browser
        self._contexts: dict[str, BrowserContext] = {}
        self._folder = os.environ.get("SHOTS")
        self.wrong: list[str] = []

    def look(
        self, person: str, state: str, pages: dict[str, str], *, touch: bool = False, status: int = 200
    ) -> None:
        page = self._page(person)
        for name, path in pages.items():
            spot = f"{state}-{name}"
            page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
            answer = page.goto(path)
            if answer is None or answer.status != status:
                self.wrong.append(f"{spot}: {answer and answer.status} {path}")
                continue
            for label, (width, height) in (("desk", DESK), ("phone", PHONE)):
                page.set_viewport_size({"width": width, "height": height})
                self.wrong += [f"{spot}-{label}: {fault}" for fault in faults(page, touch=touch, data=WORDS)]
                if self._folder:
                    self._picture(page, f"{spot}-{label}", width)

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()

    def _picture(self, page: Page, name: str, width: int) -> None:
        height = page.evaluate("document.documentElement.scrollHeight")
        page.screenshot(
            path=str(Path(str(self._folder)) / f"{name}.png"),
            full_page=True,
            clip={"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)},
        )

    def _page(self, person: str) -> Page:
        if person in self._contexts:
            return self._contexts[person].pages[0]
        context = self._browser.new_context(
            base_url=self.town.address, locale="zh-TW", timezone_id="Asia/Taipei", reduced_motion="reduce"
        )
        self._contexts[person] = context
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: self.wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None,
        )
        page.goto("/login/")
        page.fill("#id_username", person)
        page.fill("#id_password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page


@pytest.fixture(scope="module")
def town(loaded: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A copy of the company for looking only; the tests move its clock from state to state, in their order."""
    one = Served(Company(tmp_path_factory.mktemp("town"), template=loaded.database))
    one.stand("09:30", SUNDAY)
    one.serve()
    yield one
    one.close()


@pytest.fixture
def eyes(town: Served, browser: Browser) -> Iterator[Eyes]:
    one = Eyes(town, browser)
    yield one
    one.close()


def one(town: Served, sql: str) -> str:
    """The one value an observer's question has."""
    return str(town.company.rows(sql)[0][0])


def office(town: Served, plan: str, run: str, caller: str) -> dict[str, str]:
    """The pages of the office; ``caller`` is what stands behind the desk's address."""
    template = one(
        town, "SELECT id FROM customers_messagetemplate WHERE code = 'out_for_delivery' ORDER BY id LIMIT 1"
    )
    return {
        "home": "/admin/",
        "desk": f"/admin/orders/order/desk/{caller}",
        "orders": "/admin/orders/order/",
        "customers": "/admin/customers/customer/",
        "imports": "/admin/core/importrun/",
        "import": f"/admin/core/importrun/{run}/change/",
        "plans": "/admin/dispatch/dayplan/",
        "plan": f"/admin/dispatch/dayplan/{plan}/change/",
        "sheet": f"/admin/dispatch/dayplan/{plan}/sheet/",
        "invoices": "/admin/billing/invoice/",
        "outbound": "/admin/billing/einvoicesubmission/",
        "bankqueue": "/admin/billing/bankdeposit/queue/",
        "messages": "/admin/core/smsmessage/",
        "templates": "/admin/customers/messagetemplate/",
        "template": f"/admin/customers/messagetemplate/{template}/change/",
        "notices": "/admin/core/notice/",
    }


def test_a_sunday_with_nothing_in_it(town: Served, eyes: Eyes) -> None:
    eyes.look("manager", "empty", {"plans": "/admin/dispatch/dayplan/"})
    town.script(
        "import datetime; from dispatch.services import plans; from luckygas.core.actor import Actor; plans.solve("
        f"plans.start(datetime.date.fromisoformat('{SUNDAY}'), seconds=1, seed=1, actor=Actor.system('調度')).pk)"
    )
    plan = one(town, "SELECT id FROM dispatch_dayplan")
    run = one(town, "SELECT id FROM core_importrun WHERE rejected = 0 AND warnings = 0 ORDER BY id LIMIT 1")
    pages = office(town, plan, run, "")
    del pages["plans"]
    pages["nobody"] = "/admin/orders/order/desk/?q=沒有這個人"
    pages["noorder"] = "/admin/orders/order/?q=O-19990101"
    eyes.look("manager", "empty", pages)
    driver = one(
        town,
        "SELECT u.username FROM dispatch_driver d JOIN core_user u ON u.id = d.user_id ORDER BY d.id LIMIT 1",
    )
    eyes.look(driver, "empty", {"route": "/driver/"}, touch=True)
    assert "\n".join(eyes.wrong) == ""


def test_a_normal_day(town: Served, eyes: Eyes) -> None:
    town.company.open_platform()
    town.company.manage("run_day", "--date", DAY, "--seed", "7", "--seconds", "2")
    town.stand("18:10")
    plan = one(town, f"SELECT id FROM dispatch_dayplan WHERE date = '{DAY}' AND status = 'published'")
    run = one(town, "SELECT id FROM core_importrun WHERE kind = 'customers' ORDER BY id LIMIT 1")
    code = one(
        town,
        """SELECT c.code FROM customers_customer c JOIN orders_order o ON o.customer_id = c.id
            WHERE o.status = 'delivered' AND o.source <> 'history' AND c.kind = 'commercial' ORDER BY c.code LIMIT 1""",
    )
    pages = office(town, plan, run, f"?customer={code}&repeat=1")
    invoice = one(town, "SELECT id FROM billing_invoice ORDER BY id LIMIT 1")
    pages["invoice"] = f"/admin/billing/invoice/{invoice}/change/"
    pages["customer"] = (
        f"/admin/customers/customer/{one(town, f'''SELECT id FROM customers_customer WHERE code = '{code}' ''')}/change/"
    )
    pages["cash"] = "/admin/billing/cashcount/day/"
    pages["bank"] = f"/admin/billing/bankprofile/{one(town, 'SELECT id FROM billing_bankprofile')}/change/"
    pages["message"] = f"/admin/core/smsmessage/{one(town, 'SELECT max(id) FROM core_smsmessage')}/change/"
    eyes.look("manager", "normal", pages)
    road(town, eyes, "normal", DAY)
    town.company.manage("run_day", "--date", NEXT, "--seed", "7", "--seconds", "2", "--through", "plan")
    town.stand("09:10", NEXT)
    road(town, eyes, "ahead", NEXT)
    assert "\n".join(eyes.wrong) == ""


def test_more_than_anybody_asked_for(town: Served, eyes: Eyes) -> None:
    town.script(
        f"import datetime; from tests.e2e.overfull import plant; plant(datetime.date.fromisoformat('{NEXT}'))"
    )
    town.script(
        f"import datetime; from tests.e2e.bank_rows import plant; plant(datetime.date.fromisoformat('{NEXT}'))"
    )
    plan = one(town, f"SELECT id FROM dispatch_dayplan WHERE date = '{NEXT}' AND status = 'published'")
    run = one(town, "SELECT max(id) FROM core_importrun")
    code = one(
        town,
        "SELECT c.code FROM customers_customer c JOIN orders_order o ON o.customer_id = c.id "
        "WHERE o.status = 'confirmed' GROUP BY c.code ORDER BY count(*) DESC, c.code LIMIT 1",
    )
    pages = office(town, plan, run, f"?customer={code}&repeat=1")
    pages["invoice"] = f"/admin/billing/invoice/{one(town, 'SELECT max(id) FROM billing_invoice')}/change/"
    pages["found"] = "/admin/orders/order/desk/?q=臺東縣"
    eyes.look("manager", "overfull", pages)
    road(town, eyes, "overfull", NEXT)
    assert "\n".join(eyes.wrong) == ""


def road(town: Served, eyes: Eyes, state: str, day: str) -> None:
    """A driver's route and its first stop, before and after he arrives."""
    [(driver, route, stop)] = town.company.rows(
        """SELECT u.username, r.id, min(s.id) FROM dispatch_routestop s JOIN dispatch_route r ON r.id = s.route_id
             JOIN dispatch_dayplan p ON p.id = r.plan_id JOIN dispatch_shift h ON h.id = r.shift_id
             JOIN dispatch_driver d ON d.id = h.driver_id JOIN core_user u ON u.id = d.user_id
            WHERE p.date = %(day)s AND p.status = 'published'
            GROUP BY u.username, r.id ORDER BY count(*) DESC, r.id LIMIT 1""",
        {"day": day},
    )
    stops = {"route": f"/driver/routes/{route}/", "stop": f"/driver/stops/{stop}/"}
    eyes.look(str(driver), state, stops, touch=True)
    if state == "normal":
        return
    town.company.execute(
        "UPDATE dispatch_routestop SET status = 'arrived', arrived_at = eta WHERE id = %(stop)s",
        {"stop": stop},
    )
    town.company.execute("UPDATE dispatch_route SET status = 'in_progress' WHERE id = %(r)s", {"r": route})
    eyes.look(str(driver), state, {"road": stops["route"], "arrived": stops["stop"]}, touch=True)

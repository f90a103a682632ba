"""The pilot in the browser: its pages empty, normal and overfull; a conflict resolved by a click."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.served import DAY, PASSWORD, Served
from tests.e2e.test_screens import Eyes, one
from tests.workday.company import Company

DASHBOARD = "/admin/pilot/consistencyrun/dashboard/"
CONFLICTS = "/admin/pilot/syncconflict/"
ENROLMENTS = "/admin/pilot/enrolment/"
PARTIES = "/admin/core/outside/parties/"


@pytest.fixture(scope="module")
def town(loaded: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A copy of the company beside a running old system."""
    company = Company(tmp_path_factory.mktemp("pilot"), template=loaded.database)
    company.open_platform(legacy=True)
    served = Served(company)
    served.stand("09:30", DAY)
    served.serve()
    yield served
    served.close()


@pytest.fixture
def eyes(town: Served, browser: Browser) -> Iterator[Eyes]:
    looking = Eyes(town, browser)
    yield looking
    looking.close()


def test_the_pages_empty(town: Served, eyes: Eyes) -> None:
    eyes.look(
        "manager", "empty",
        {"pilot": DASHBOARD, "conflicts": CONFLICTS, "enrolments": ENROLMENTS, "parties": PARTIES},
    )  # fmt: skip
    assert "\n".join(eyes.wrong) == ""


def test_a_conflict_is_resolved_by_a_click(
    town: Served, browser: Browser, shot: Callable[[Page, str], None]
) -> None:
    code = one(
        town, "SELECT min(code) FROM customers_customer WHERE status = 'active' AND kind = 'commercial'"
    )
    town.script(
        "from customers.models import Customer; from luckygas.core.actor import Actor;"
        "from pilot.services import enrolment, mirroring;"
        f"row = Customer.objects.get(code='{code}');"
        "enrolment.move(row, 'dual', reason='試辦', actor=Actor.system('試辦')); mirroring.until_quiet()"
    )
    legacy = town.company.legacy
    assert legacy is not None
    legacy.edit("cust_customer", code, notes="按電鈴")
    town.script(
        "from customers.models import Customer; from pilot.services import mirroring;"
        f"Customer.objects.filter(code='{code}').update(notes='先打電話'); mirroring.until_quiet()"
    )
    context = browser.new_context(base_url=town.address, locale="zh-TW", timezone_id="Asia/Taipei")
    page = context.new_page()
    page.goto("/login/")
    page.fill("#id_username", "manager")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(DASHBOARD)
    page.get_by_role("link", name=code).click()
    expect(page.locator(".pilot-sides")).to_contain_text("按電鈴")
    expect(page.locator(".pilot-sides")).to_contain_text("先打電話")
    shot(page, "conflict")
    page.get_by_role("button", name="採用舊系統的").click()
    expect(page.locator("body")).to_contain_text("已決定")
    town.script("from pilot.services import mirroring; mirroring.until_quiet()")
    assert town.company.rows("SELECT notes FROM customers_customer WHERE code = %(c)s", {"c": code}) == [
        ("按電鈴",)
    ]
    assert legacy.rows("SELECT notes FROM cust_customer WHERE customer_id = %s", code) == [
        ("按電鈴".encode("cp950"),)
    ]
    assert town.company.rows("SELECT state, how, closed_by FROM pilot_syncconflict") == [
        ("resolved", "theirs", "經理")
    ]
    town.company.manage("verify_consistency")
    context.close()


def test_the_pages_on_a_normal_day(town: Served, eyes: Eyes) -> None:
    town.script("from tests.e2e.pilot_rows import normal; normal()")
    _look(town, eyes, "normal")


def test_the_outside_parties_when_one_and_when_all_fail(town: Served, eyes: Eyes) -> None:
    try:
        for state, number in (("normal", 1), ("overfull", 99)):
            town.script(f"from tests.e2e.pilot_rows import parties_fail; parties_fail({number})")
            eyes.look("manager", state, {"parties": PARTIES})
    finally:  # the breakers are in Redis, which the other companies of this run use too
        town.script("from tests.e2e.pilot_rows import parties_answer; parties_answer()")
    assert "\n".join(eyes.wrong) == ""


def test_the_pages_with_more_than_anybody_asked_for(town: Served, eyes: Eyes) -> None:
    town.script("from tests.e2e.pilot_rows import overfull; overfull()")
    _look(town, eyes, "overfull")


def _look(town: Served, eyes: Eyes, state: str) -> None:
    newest = one(town, "SELECT max(id) FROM pilot_syncconflict WHERE state = 'open' AND kind = 'both'")
    enrolled = one(town, "SELECT min(id) FROM pilot_enrolment")
    pages = {
        "pilot": DASHBOARD,
        "conflicts": CONFLICTS,
        "conflict": f"{CONFLICTS}{newest}/change/",
        "enrolments": ENROLMENTS,
        "enrolment": f"{ENROLMENTS}{enrolled}/change/",
        "enrol": f"{ENROLMENTS}add/",
        "compares": "/admin/pilot/consistencyrun/",
        "writes": "/admin/pilot/legacywrite/",
    }
    eyes.look("manager", state, pages)
    assert "\n".join(eyes.wrong) == ""

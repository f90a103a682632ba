"""Flags in the browser: changed with a reason, explained for a customer, killed; and the page a customer follows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.served import DAY, PASSWORD, Served
from tests.e2e.test_screens import Eyes, one
from tests.workday.company import Company

LIST = "/admin/pilot/flag/"
ACTOR = "from luckygas.core.actor import Actor; from decimal import Decimal; from pilot.models import Flag;"


@pytest.fixture(scope="module")
def town(loaded: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A copy of the company with a published day."""
    served = Served(Company(tmp_path_factory.mktemp("flags"), template=loaded.database))
    served.company.open_platform()
    served.company.manage("run_day", "--date", DAY, "--seed", "7", "--seconds", "1", "--through", "plan")
    served.stand("08:30", DAY)
    served.serve()
    yield served
    served.close()


@pytest.fixture
def eyes(town: Served, browser: Browser) -> Iterator[Eyes]:
    looking = Eyes(town, browser)
    yield looking
    looking.close()


def address(town: Served, name: str) -> str:
    number = one(town, f"SELECT id FROM pilot_flag WHERE name = '{name}'")
    return f"{LIST}{number}/change/"


def signed_in(town: Served, browser: Browser) -> Page:
    context = browser.new_context(base_url=town.address, locale="zh-TW", timezone_id="Asia/Taipei")
    page = context.new_page()
    page.goto("/login/")
    page.fill("#id_username", "manager")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


def test_the_pages_empty(town: Served, eyes: Eyes) -> None:
    pages = {"flags": LIST, "flag": address(town, "pilot_program"), "history": "/admin/pilot/flagchange/"}
    eyes.look("manager", "empty", pages)
    assert "\n".join(eyes.wrong) == ""


def test_a_flag_is_changed_explained_and_killed(
    town: Served, browser: Browser, shot: Callable[[Page, str], None]
) -> None:
    code = one(
        town, "SELECT min(code) FROM customers_customer WHERE status = 'active' AND kind = 'commercial'"
    )
    page = signed_in(town, browser)
    page.goto(address(town, "ai_predictions"))
    expect(page.locator(".pf-sentence")).to_have_text("智慧預測：10% 的所有客戶")
    page.get_by_text("修改規則").click()
    page.fill("#id_percentage", "101")
    page.fill("#id_reason", "第二週")
    page.get_by_role("button", name="儲存修改").click()
    expect(page.locator(".pf-percentage .lg-red")).to_contain_text("100")
    page.fill("#id_percentage", "20")
    page.get_by_label("商業").check()
    page.get_by_role("button", name="儲存修改").click()
    expect(page.locator(".pf-sentence")).to_have_text("智慧預測：20% 的商業客戶")
    allow = page.locator(".pf-lists section").first
    allow.get_by_label("客戶編號、名稱或電話").fill(code)
    allow.get_by_label("原因").first.fill("店家要求")
    allow.get_by_role("button", name="加入").click()
    expect(page.locator(".pf-sentence")).to_have_text("智慧預測：20% 的商業客戶，名單上 1 位全開")
    page.get_by_label("為什麼？").fill(code)
    page.get_by_role("button", name="說明").click()
    expect(page.locator(".pf-answer")).to_contain_text("開啟")
    expect(page.locator(".pf-answer")).to_contain_text("因為這位客戶在「一律開啟」名單上")
    shot(page, "flag-why")
    page.locator(".pf-kill").get_by_label("原因").fill("客訴")
    page.get_by_role("button", name="立即對所有人關閉").click()
    expect(page.locator(".pf-kill h2")).to_contain_text("緊急關閉中")
    page.get_by_label("為什麼？").fill(code)
    page.get_by_role("button", name="說明").click()
    expect(page.locator(".pf-answer")).to_contain_text("因為緊急關閉已啟動")
    shot(page, "flag-killed")
    page.context.close()
    assert (
        one(town, "SELECT count(*) FROM pilot_flagchange WHERE actor_kind = 'user' AND reason <> ''") == "4"
    )


def test_the_pages_on_a_normal_day_and_overfull(town: Served, eyes: Eyes) -> None:
    code = one(town, "SELECT max(code) FROM customers_customer WHERE status = 'active'")
    eyes.look(
        "manager", "normal", {"flag": f"{address(town, 'ai_predictions')}?customer={code}", "flags": LIST}
    )
    town.script(
        f"{ACTOR} from customers.models import Area, Customer; from pilot.services import flags;"
        "a = Actor('user', 1, '名字特別長的試辦負責人歐陽司馬諸葛上官皇甫');"
        "f = Flag.objects.get(name='ai_predictions');"
        "flags.change(f, {'title': '智慧預測與路線引擎與配送進度與自動叫氣與巡桶提醒的合併試辦' * 2,"
        " 'description': '說明很長，' * 90, 'areas': list(Area.objects.values_list('code', flat=True)),"
        " 'kinds': ['commercial', 'residential', 'school']}, reason='原因很長' * 40, actor=a);"
        "[flags.add_customer(f, c, s, reason='名單很長', actor=a)"
        " for c in Customer.objects.values_list('code', flat=True)[:150] for s in ('allow', 'deny')];"
        "flags.request_jump(f, Decimal(100), reason='全面啟用' * 30, actor=a)"
    )
    eyes.look(
        "manager", "overfull", {"flag": f"{address(town, 'ai_predictions')}?customer={code}", "flags": LIST}
    )
    assert "\n".join(eyes.wrong) == ""


def test_the_page_a_customer_follows(town: Served, browser: Browser) -> None:
    found = town.company.manage(
        "shell", "-v", "0", "-c",
        "import json; from dispatch import tracking; from dispatch.models import RouteStop;"
        f"s = RouteStop.objects.filter(is_live=True, route__plan__date='{DAY}').order_by('sequence', 'route');"
        "s = [s.first(), s.last()];"
        f"import datetime; d = datetime.date.fromisoformat('{DAY}');"
        "print(json.dumps([tracking.make(one.order_id, d) for one in s]))",
    )  # fmt: skip
    tokens = json.loads(found.stdout.splitlines()[-1])
    eyes = Eyes(town, browser)
    stranger = browser.new_context(base_url=town.address, locale="zh-TW", timezone_id="Asia/Taipei")
    page = stranger.new_page()
    page.on("pageerror", lambda error: eyes.wrong.append(str(error)))
    eyes._contexts["nobody"] = stranger
    eyes.look("nobody", "normal", {"track": f"/t/{tokens[0]}"}, touch=True)
    expect(page.locator(".state")).to_contain_text("已排程")
    assert "\n".join(eyes.wrong) == ""
    for token, said in ((tokens[0][:-1] + "_", "連結不完整"), ("x" * 20, "連結不完整")):
        answer = page.goto(f"/t/{token}")
        assert answer is not None and answer.status == 404
        expect(page.locator(".state")).to_contain_text(said)
    eyes.look("nobody", "empty", {"track": f"/t/{'x' * 20}"}, touch=True, status=404)
    eyes.look("nobody", "overfull", {"track": f"/t/{tokens[-1]}"}, touch=True)
    expect(page.locator(".lg-track")).to_contain_text("前面還有")
    assert "\n".join(eyes.wrong) == ""
    eyes.close()

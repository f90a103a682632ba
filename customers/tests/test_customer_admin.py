import datetime as dt
import json
import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Area, Customer, DataGap, PlannedVisit
from customers.services import customers
from luckygas.core import extend
from luckygas.core.testing import filled_form

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"
COUNTS = json.loads((Path(__file__).parent / "query_counts.json").read_text())


@pytest.fixture
def shop(actor):
    return customers.create_customer(
        {
            "code": "1400103", "short_name": "王家小館", "invoice_title": "王家小館有限公司", "phones": "089-331234",
            "address": "臺東縣臺東市中山路123號", "tax_id": "04595257", "email": "shop@example.com",
            "area": Area.objects.get(code="A"), "hours": [9, 10], "rest_rule": "6.7", "notes": "後門送",
        },
        actor=actor,
    )  # fmt: skip


def many(count, actor, start=1_500_000):
    for number in range(start, start + count):
        customers.create_customer(
            {"code": str(number), "short_name": f"小館{number}", "phones": f"0912-{number % 1_000_000:06d}"},
            actor=actor,
        )


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_finds_by_code_number_name_and_address(client_as, shop, actor):
    many(3, actor)
    office = client_as("office")
    for words in ("1400103", "089-331234", "王家", "中山路"):
        page = text_of(office.get(LIST, {"q": words}))
        assert "王家小館" in page
        assert "小館1500000" not in page
    assert "王家小館" not in text_of(office.get(LIST, {"q": "沒有這家"}))


@pytest.mark.parametrize("url", sorted(url for url in COUNTS if url.startswith("/")))
def test_query_counts_do_not_grow_with_the_rows(url, client_as, shop, actor):
    office = client_as("office")
    PlannedVisit.objects.create(customer=shop, date=dt.date(2026, 11, 23), quantities={"GAS-C20-R": 1})
    seen = []
    for more in (2, 20):
        many(more, actor, start=1_500_000 + more * 100)
        office.get(url)  # content types and such are cached by the first visit
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert office.get(url).status_code == 200
        # The simulated clock is read again when its copy is a fifth of a second old.
        seen.append(sum("core_simulatedclock" not in query["sql"] for query in queries))
    assert seen == [COUNTS[url]] * 2


def form(**changes):
    return {
        "kind": "commercial", "status": "active", "short_name": "新店", "pricing_method": "by_cylinder",
        "payment_method": "cash", "vehicle_requirement": "any", "subscription": "none", "patrol": "none",
        "slot": "all_day",
    } | changes  # fmt: skip


def test_a_clerk_adds_a_customer(client_as):
    office = client_as("office")
    assert "客戶簡稱" in text_of(office.get(f"{LIST}add/"))
    answer = office.post(f"{LIST}add/", form(phones="089-331234", hours=["9", "10"], rest_rule="6.7"))
    assert answer.status_code == 302
    customer = Customer.objects.get()
    assert (customer.code, customer.invoice_title) == ("1000001", "新店")
    assert customer.phones.get().number == "+88689331234"
    assert customer.windows() == [(9 * 3600, 11 * 3600)]
    assert customer.closed_on(dt.date(2026, 11, 22)) == "每週公休日"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"tax_id": "12345678"}, "不是有效的統編"),
        ({"phones": "沒有"}, "不是電話號碼"),
        ({"rest_rule": "隔週"}, "「隔週」不是公休日"),
        ({"lat": "22.7"}, "座標不完整"),
        ({"donation_code": "919", "tax_id": "04595257"}, "營業人不能捐贈發票"),
        ({"code": "14"}, "不是客戶編號"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(client_as, wrong, words):
    page = text_of(client_as("office").post(f"{LIST}add/", form(**wrong)))
    assert words in page
    assert "新店" in page
    assert Customer.objects.count() == 0


def test_a_code_taken_is_told(client_as, shop):
    office = client_as("office")
    answer = office.post(f"{LIST}add/", form(code="1400103"), follow=True)
    assert "客戶 1400103 已存在。" in text_of(answer)
    assert Customer.objects.count() == 1


def management_of(page):
    """The counters of the read-only tables below the form, which a browser posts along."""
    return dict(re.findall(r'name="([a-z_]+-(?:TOTAL|INITIAL)_FORMS)" value="(\d+)"', page))


def test_a_clerk_changes_what_he_changed_and_nothing_else(client_as, shop):
    office = client_as("office")
    page = f"{LIST}{shop.pk}/change/"
    shown = text_of(office.get(page))
    assert "089-331234" in shown
    answer = office.post(
        page,
        management_of(shown)
        | form(
            short_name="王家小館", invoice_title="王家小館有限公司", phones="+88689331234、0912345678",
            address="臺東縣臺東市中山路125號", tax_id="04595257", email="shop@example.com",
            area=str(shop.area_id), hours=["9", "10"], rest_rule="6.7", notes="後門送",
        ),
    )  # fmt: skip
    assert answer.status_code == 302
    shop.refresh_from_db()
    assert (shop.address, shop.code) == ("臺東縣臺東市中山路125號", "1400103")
    assert [p.number for p in shop.phones.all()] == ["+88689331234", "+886912345678"]


def test_terminate_from_the_list(client_as, shop):
    office = client_as("office")
    answer = office.post(LIST, {"action": "terminate", "_selected_action": [shop.pk]}, follow=True)
    assert "終止合約" in text_of(answer)
    shop.refresh_from_db()
    assert shop.status == "terminated"
    answer = office.post(LIST, {"action": "terminate", "_selected_action": [shop.pk]}, follow=True)
    assert "此合約早已終止。" in text_of(answer)


def test_a_viewer_sees_no_personal_data_and_no_button(client_as, shop):
    viewer = client_as("viewer")
    for page in (LIST, f"{LIST}{shop.pk}/change/"):
        text = text_of(viewer.get(page))
        assert "王家小館" in text
        for secret in ("331234", "中山路123號", "04595257", "shop@example.com", "後門送"):
            assert secret not in text
    text = text_of(viewer.get(f"{LIST}{shop.pk}/change/"))
    assert "•••1234" in text
    assert "臺東縣臺東市•••" in text
    assert "9–11" in text
    assert viewer.get(f"{LIST}add/").status_code == 403
    assert viewer.post(f"{LIST}{shop.pk}/change/", form()).status_code == 403


def test_an_accountant_reads_it_all_and_changes_nothing(client_as, shop):
    accountant = client_as("accountant")
    text = text_of(accountant.get(f"{LIST}{shop.pk}/change/"))
    assert "089-331234" in text
    assert "中山路123號" in text
    assert 'name="short_name"' not in text


def test_panels_of_higher_floors_are_shown(client_as, shop, monkeypatch):
    registry: extend.Registry = extend.Registry("customer panel")
    panel = extend.Panel("最近的訂單", "customers/gap_counts.html", {"gap_counts": []})
    registry.register("orders", lambda customer, user: panel if customer.code == "1400103" else None)
    registry.register("none", lambda customer, user: None)
    monkeypatch.setattr(extend, "customer_panels", registry)
    office = client_as("office")
    assert "最近的訂單" in text_of(office.get(f"{LIST}{shop.pk}/change/"))
    assert office.get(f"{LIST}999999/change/").status_code == 302


def test_the_gap_page_counts_and_links(client_as, shop, actor):
    customers.create_customer({"short_name": "林宜蓁", "kind": "residential"}, actor=actor)
    office = client_as("office")
    assert "林宜蓁" not in text_of(office.get("/admin/customers/datagap/", {"q": "1400103"}))
    page = text_of(office.get("/admin/customers/datagap/"))
    assert "付款人帳號" in page
    assert f"{LIST}{shop.pk}/change/" in page
    assert 'href="?missing__exact=virtual_account"' in page
    assert DataGap.objects.filter(missing="virtual_account").count() == 2


def test_visits_and_areas_have_their_pages(client_as, shop):
    PlannedVisit.objects.create(
        customer=shop, date=dt.date(2026, 11, 23), quantities={"GAS-C20-R": 2, "GAS-C00-X": 1}
    )
    manager = client_as("manager")
    assert "20公斤×2、幸福丸×1" in text_of(manager.get("/admin/customers/plannedvisit/", {"q": "王家"}))
    area = Area.objects.get(code="A")
    data = {
        "code": "A", "name": "瑞光", "sheet_name": "A-瑞光", "route_side": "south", "is_active": "on", "lat": "22.75",
        "lng": "121.12", "detour_factor": "1.40", "speed_kmh": "30",
    }  # fmt: skip
    assert manager.post(f"/admin/customers/area/{area.pk}/change/", data).status_code == 302
    area.refresh_from_db()
    assert area.speed_kmh == 30
    new = data | {"code": "Q", "name": "海岸", "sheet_name": "Q-海岸"}
    assert manager.post("/admin/customers/area/add/", new).status_code == 302
    assert Area.objects.filter(code="Q").exists()
    page = text_of(manager.post("/admin/customers/area/add/", new | {"code": "R", "speed_kmh": "900"}))
    assert not Area.objects.filter(code="R").exists()
    assert "請更正" in page or "錯誤" in page


def test_a_number_that_a_colleague_added_while_the_page_was_open_stays(client_as, shop, actor):
    browser = client_as("office")
    url = f"/admin/customers/customer/{shop.pk}/change/"
    form = filled_form(browser.get(url).content.decode(), "customer_form")
    changed = {"phones": "089-331234、0912-345-678", "notes": "有狗", "hours": [9]}
    customers.change_customer(shop, changed, actor=actor)
    assert browser.post(url, form | {"short_name": "新名"}).status_code == 302
    shop = Customer.objects.get()
    assert (shop.short_name, shop.notes, shop.address) == ("新名", "有狗", "臺東縣臺東市中山路123號")
    assert [phone.number for phone in shop.phones.all()] == ["+88689331234", "+886912345678"]
    assert shop.availability.open_hours == {9}


def test_a_point_at_sea_is_told_beside_its_field(client_as, shop):
    browser = client_as("office")
    url = f"/admin/customers/customer/{shop.pk}/change/"
    form = filled_form(browser.get(url).content.decode(), "customer_form")
    answer = browser.post(url, form | {"lat": "10", "lng": "121"})
    assert answer.context["adminform"].form.errors == {"lat": ["應介於 21.5 與 26.5 之間"]}
    shop.refresh_from_db()
    assert shop.lat is None


@pytest.mark.parametrize("path", ["customers/customer", "orders/place", "core/importrun"])
def test_an_address_with_a_strange_number_leads_back_to_the_list(client_as, path):
    assert client_as("superuser").get(f"/admin/{path}/²/change/").status_code == 302


@pytest.mark.parametrize("asked", ["tax_id__startswith=045", "email__contains=shop", "notes__contains=後門"])
def test_a_viewer_cannot_guess_at_what_he_may_not_read(client_as, shop, asked):
    assert client_as("viewer").get(f"{LIST}?{asked}").status_code == 400
    found = client_as("office").get(f"{LIST}?{asked}")
    assert (found.status_code, found.context["cl"].result_count) == (200, 1)
    assert client_as("manager").get(f"{LIST}?kind__exact=commercial").context["cl"].result_count == 1

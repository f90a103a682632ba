"""The flag editor: read, change, kill, lists, why, and who may."""

import re
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse

from customers.models import Area
from luckygas.core import flags as core_flags
from pilot.flags import provider as module
from pilot.models import Flag, FlagChange, FlagRequest
from pilot.services import flags as service


@pytest.fixture
def lead_page(client_as):
    return client_as("pilot_lead")


@pytest.fixture
def flag(flag_of):
    return flag_of(kind="percentage", percentage=Decimal(10), kinds=["commercial"])


def url(flag, name="change"):
    return reverse(f"admin:pilot_flag_{name}", args=[flag.pk])


def told(response):
    return [str(message) for message in response.context["messages"]]


def text_of(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def filled(flag, **more):
    """The edit form as the page shows it, with what the test typed."""
    data = {
        "title": flag.title,
        "description": flag.description,
        "kind": flag.kind,
        "state": flag.state,
        "percentage": f"{flag.percentage}",
        "kinds": flag.kinds,
        "areas": flag.areas,
        "starts_at_0": "",
        "starts_at_1": "",
        "ends_at_0": "",
        "ends_at_1": "",
        "reason": "第二週",
        "seen": flag.version,
    }
    return data | more


def test_the_sentence_stands_first_and_the_rules_in_their_order(lead_page, flag, customer, lead):
    service.add_customer(flag, customer("1400103").code, "allow", reason="試辦", actor=lead)
    service.add_customer(flag, customer("1400104").code, "deny", reason="抱怨", actor=lead)
    text = text_of(lead_page.get(url(flag)))
    assert "新路線引擎：10% 的商業客戶，名單上 1 位全開，1 位一律關閉" in text
    rules = [
        "緊急關閉</td>",
        "是否使用",
        "期間</td>",
        "一律關閉</td>",
        "一律開啟</td>",
        "適用對象",
        "其他客戶",
    ]
    places = [text.index(rule) for rule in rules]
    assert places == sorted(places)
    assert text.index("立即對所有人關閉") < text.index("新路線引擎：")


def test_a_new_flag_by_the_form(lead_page, db):
    answer = lead_page.post(
        reverse("admin:pilot_flag_add"),
        {
            "name": "night_rounds", "title": "夜間巡桶", "kind": "boolean", "state": "active", "is_enabled": "on",
            "percentage": "0", "reason": "試辦",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    made = Flag.objects.get(name="night_rounds")
    assert (made.title, made.is_enabled, made.salt) == ("夜間巡桶", True, "night_rounds")
    assert FlagChange.objects.filter(flag=made, reason="試辦").count() > 1


def test_an_area_out_of_use_stays_ticked_and_keeps_the_flag_narrow(lead_page, flag, lead):
    first, other = Area.objects.order_by("code")[:2]
    service.change(flag, {"areas": [first.code]}, reason="試辦", actor=lead)
    Area.objects.filter(code__in=[first.code, other.code]).update(is_active=False)
    boxes = re.findall(r'<input[^>]*name="areas"[^>]*>', lead_page.get(url(flag)).content.decode())
    assert [box for box in boxes if "checked" in box] == [
        box for box in boxes if f'value="{first.code}"' in box
    ]
    assert not [box for box in boxes if f'value="{other.code}"' in box]
    assert len([box for box in boxes if "checked" in box]) == 1
    lead_page.post(url(flag, "edit"), filled(flag, title="引擎"))
    flag.refresh_from_db()
    assert (flag.title, flag.areas) == ("引擎", [first.code])


def test_a_change_by_the_form_keeps_its_reason(lead_page, flag):
    answer = lead_page.post(url(flag, "edit"), filled(flag, percentage="20.5"), follow=True)
    assert told(answer) == ["已修改，兩秒內全面生效。"]
    flag.refresh_from_db()
    assert flag.percentage == Decimal("20.5")
    last = FlagChange.objects.filter(flag=flag).first()
    assert last is not None
    assert (last.field, last.old, last.new, last.reason, last.actor_kind) == (
        "percentage", "10", "20.5", "第二週", "user",
    )  # fmt: skip
    assert "10 % → 20.5 %" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"percentage": "101"}, "請確認此數值是否小於或等於 100"),
        ({"percentage": "-1"}, "請確認此數值是否大於或等於 0"),
        ({"percentage": "1.005"}, "確認小數不超過 2 位"),
        ({"percentage": "zehn"}, "數字"),
        ({"reason": ""}, "此為必需欄位"),
        ({"kind": "variant"}, "variant"),
        ({"starts_at_0": "2026-12-02", "starts_at_1": "00:00", "ends_at_0": "2026-12-01", "ends_at_1": "00:00"},
         "結束時間早於開始時間"),
        ({"title": "改了", "seen": "7"}, "別人已經改了"),
    ],
)  # fmt: skip
def test_what_cannot_be_stands_at_its_field(lead_page, flag, typed, said):
    before = FlagChange.objects.count()
    text = text_of(lead_page.post(url(flag, "edit"), filled(flag, **typed)), 422)
    assert said in text
    assert "<details" in text
    flag.refresh_from_db()
    assert (flag.percentage, flag.title, flag.version) == (10, "新路線引擎", 1)
    assert FlagChange.objects.count() == before


def test_a_big_jump_is_asked_for_and_approved_by_another(client_as, flag):
    first, second = client_as("pilot_lead"), client_as("manager")
    text = text_of(first.post(url(flag, "edit"), filled(flag, percentage="60")), 422)
    assert "須由第二人核准" in text
    assert 'name="ask"' in text
    answer = first.post(url(flag, "edit"), filled(flag, percentage="60", ask="1"), follow=True)
    assert told(answer) == ["已送出申請，須由第二人核准。"]
    assert "approve/" not in answer.content.decode()
    request = FlagRequest.objects.get()
    refused = first.post(url(flag, "approve"), {"request": request.pk}, follow=True)
    assert told(refused) == ["須由申請者以外的人核准。"]
    flag.refresh_from_db()
    assert flag.percentage == 10
    assert "approve/" in text_of(second.get(url(flag)))
    second.post(url(flag, "approve"), {"request": request.pk})
    flag.refresh_from_db()
    assert flag.percentage == 60


def test_a_request_is_declined(client_as, flag, lead):
    request = service.request_jump(flag, Decimal(90), reason="全面啟用", actor=lead)
    manager = client_as("manager")
    manager.post(url(flag, "decline"), {"request": request.pk, "reason": "太早"})
    request.refresh_from_db()
    assert request.state == "declined"
    assert manager.post(url(flag, "approve"), {"request": "x"}).status_code == 404


def test_the_kill_switch_is_one_click_and_a_reason(lead_page, flag):
    answer = lead_page.post(url(flag, "kill"), {"reason": ""}, follow=True)
    assert told(answer) == ["請說明原因。"]
    answer = lead_page.post(url(flag, "kill"), {"reason": "客訴"}, follow=True)
    assert "緊急關閉中：對所有人關閉" in answer.content.decode()
    flag.refresh_from_db()
    assert flag.killed
    assert core_flags.explain(flag.name, "1400103", kind="commercial").reason == "kill_switch"
    lead_page.post(url(flag, "revive"), {"reason": "已修正"})
    flag.refresh_from_db()
    assert not flag.killed


def test_customers_come_by_code_name_or_number_and_leave(lead_page, flag, customer):
    customer("1400103", short_name="王家小館")
    customer("1400104", short_name="王家大院")
    answer = lead_page.post(
        url(flag, "add_customer"), {"customer": "王家小館", "side": "allow", "reason": "試辦"}, follow=True
    )
    assert told(answer) == ["1400103 已加入名單。"]
    answer = lead_page.post(
        url(flag, "add_customer"), {"customer": "王家", "side": "allow", "reason": "試辦"}, follow=True
    )
    assert told(answer) == ["是哪一位客戶？1400103 王家小館、1400104 王家大院。請輸入客戶編號。"]
    answer = lead_page.post(
        url(flag, "add_customer"), {"customer": "1400103", "side": "deny", "reason": "抱怨"}, follow=True
    )
    assert told(answer) == ["1400103 已加入名單。 這位客戶同時在兩份名單上，以「一律關閉」為準。"]
    for nobody in ("9999999", ""):
        answer = lead_page.post(
            url(flag, "add_customer"), {"customer": nobody, "side": "deny", "reason": "x"}, follow=True
        )
        assert told(answer) == [f"沒有客戶 {nobody}。"]
    lead_page.post(url(flag, "remove_customer"), {"customer": "1400103", "side": "allow", "reason": "退出"})
    assert list(flag.customers.values_list("side", flat=True)) == ["deny"]


def test_why_names_the_rule_and_shows_the_whole_ladder(lead_page, flag, customer, lead):
    customer("1400103", short_name="王家小館", kind="commercial")
    customer("1400104", short_name="陳府", kind="residential")
    service.add_customer(flag, "1400103", "allow", reason="試辦", actor=lead)
    text = text_of(lead_page.get(url(flag) + "?customer=1400103"))
    assert "因為這位客戶在「一律開啟」名單上" in text
    assert text.count("不再判斷") == 2
    assert text.count("不適用</td>") == 4
    assert "因為不適用於這類客戶" in text_of(lead_page.get(url(flag) + "?customer=陳府"))
    service.add_customer(flag, "1400103", "deny", reason="抱怨", actor=lead)
    text = text_of(lead_page.get(url(flag) + "?customer=1400103"))
    assert "因為這位客戶同時在兩份名單上，以「一律關閉」為準" in text


def test_why_shows_the_number_of_a_percentage(lead_page, flag, customer):
    customer("1400107", kind="commercial")  # bucket 924 of new_engine
    customer("1400105", kind="commercial")  # bucket 2926
    assert "因為號碼 9.24 低於 10%" in text_of(lead_page.get(url(flag) + "?customer=1400107"))
    assert "因為號碼 29.26 不低於 10%" in text_of(lead_page.get(url(flag) + "?customer=1400105"))


def test_why_asks_which_one_or_says_that_there_is_none(lead_page, flag, customer):
    customer("1400103", short_name="王家小館")
    customer("1400104", short_name="王家大院")
    text = text_of(lead_page.get(url(flag), {"customer": "王家"}))
    assert "?customer=1400103" in text
    assert "?customer=1400104" in text
    assert "找不到「<b>」" not in text_of(lead_page.get(url(flag), {"customer": "<b>"}))
    assert "找不到「nobody」" in text_of(lead_page.get(url(flag), {"customer": "nobody"}))


def test_what_the_code_asks_for_and_nobody_defined_is_listed(lead_page, flag):
    cache.delete(module.ASKED_KEY)
    core_flags.is_on("forgotten_flag", "1400103")
    core_flags.is_on(flag.name, "1400103")
    text = text_of(lead_page.get(reverse("admin:pilot_flag_changelist")))
    assert "程式詢問但尚未定義" in text
    assert text.count("<code>") == 1
    assert "<code>forgotten_flag</code>" in text
    cache.delete(module.ASKED_KEY)
    assert "程式詢問但尚未定義" not in text_of(lead_page.get(reverse("admin:pilot_flag_changelist")))


def test_the_list_says_each_flag_in_a_sentence(lead_page, flag):
    assert "新路線引擎：10% 的商業客戶" in text_of(lead_page.get(reverse("admin:pilot_flag_changelist")))


def test_every_change_can_be_looked_up(lead_page, flag):
    text = text_of(
        lead_page.get(reverse("admin:pilot_flagchange_changelist") + f"?flag__id__exact={flag.pk}")
    )
    assert "林組長" in text


@pytest.mark.parametrize("role", ["office", "dispatcher", "accountant", "viewer", "driver"])
def test_others_have_no_switch(client_as, flag, role):
    person = client_as(role)
    for name in ("edit", "kill", "revive", "add_customer", "remove_customer", "approve", "decline"):
        assert person.post(url(flag, name), {"reason": "x"}).status_code in (302, 403)
    assert person.get(url(flag)).status_code in (302, 403)
    flag.refresh_from_db()
    assert (flag.killed, flag.version) == (False, 1)


def test_a_flag_that_is_not_there(lead_page, db):
    assert lead_page.post("/admin/pilot/flag/999/kill/", {"reason": "x"}).status_code == 404
    assert lead_page.get("/admin/pilot/flag/999/kill/").status_code == 404


def test_a_waiting_request_stands_on_the_home_page_of_whoever_may_approve(client_as, person, flag):
    from luckygas.core.actor import Actor
    from pilot.queries.flags import attention

    first, second, clerk = person("pilot_lead"), person("manager"), person("office")
    service.request_jump(flag, Decimal(90), reason="全面啟用", actor=Actor.of(first))
    assert [(entry.label, entry.level) for entry in attention(second)] == [
        ("新路線引擎：90% 等待您核准", "amber")
    ]
    assert attention(first) == attention(clerk) == []

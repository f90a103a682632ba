"""The message log, the texts, consent on the customer's page, and the bell."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.messaging import consents
from customers.models import Customer, MessageConsent, MessageTemplate
from customers.services.customers import create_customer
from luckygas.core import clock
from luckygas.core.models import AuditEvent, Notice, SmsMessage
from luckygas.core.notify import inapp, sms

pytestmark = pytest.mark.django_db
LOG = "/admin/core/smsmessage/"


@pytest.fixture(autouse=True)
def _noon(settings: Any, stand_at: Any) -> None:
    stand_at("2026-11-23 12:00")
    settings.TWILIO_ACCOUNT, settings.TWILIO_FROM = "AC1", "+15005550006"


@pytest.fixture
def shop(actor: Any) -> Customer:
    return create_customer(
        {"short_name": "王家小館", "phones": "0912-345-678", "kind": "commercial"}, actor=actor
    )


def message(customer: Customer | None = None, number: int = 1, **more: Any) -> SmsMessage:
    fields: dict[str, Any] = {
        "occasion": "order_confirmation",
        "once_key": f"test:{number}",
        "not_after": clock.now() + dt.timedelta(hours=6),
        "addressee": f"customer:{customer.pk}" if customer else "",
        "subject": f"order:{number}",
        "subject_label": f"O-20261123-{number:06d}",
    } | more
    return sms.make("+886912345678", "【幸福氣】訂單已確認", **fields)


def text(browser: Any, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def test_the_log_shows_where_each_message_stands(client_as: Any, shop: Customer) -> None:
    browser = client_as("office")
    assert "訂單與路線會為同意的客戶產生簡訊。" in text(browser, LOG)
    message(shop)
    held = message(shop, 2)
    SmsMessage.objects.filter(pk=held.pk).update(status="held", held_reason="夜間不打擾，到 11/24 08:00")
    page = text(browser, LOG)
    assert "0912-345-678" in page
    assert "王家小館" in page
    assert "O-20261123-000001" in page
    assert "夜間不打擾，到 11/24 08:00" in page
    assert "O-20261123-000001" not in text(browser, f"{LOG}?state=held")
    assert "O-20261123-000002" in text(browser, f"{LOG}?state=held")


@pytest.mark.parametrize(
    "words", ["0912345678", "王家", "O-20261123-000001", "o-20261123-000001", "+886 912 345 678"]
)
def test_a_message_is_found_by_number_customer_or_order(client_as: Any, shop: Customer, words: str) -> None:
    message(shop)
    page = text(client_as("office"), f"{LOG}?q={words.replace('+', '%2B')}")
    assert "O-20261123-000001" in page


def test_a_search_that_finds_nothing_finds_nothing(client_as: Any, shop: Customer) -> None:
    message(shop)
    assert "O-20261123-000001" not in text(client_as("office"), f"{LOG}?q=O-20261123-000009")


def test_a_viewer_reads_the_log_without_the_numbers(client_as: Any, shop: Customer) -> None:
    row = message(shop)
    viewer = client_as("viewer")
    for url in (LOG, f"{LOG}{row.pk}/change/"):
        page = text(viewer, url)
        assert "•••5678" in page
        assert "345-678" not in page
        assert "912345678" not in page
    answer = viewer.post(reverse("admin:core_smsmessage_deed", args=[row.pk, "hold"]), {"reason": "x"})
    assert answer.status_code == 403
    row.refresh_from_db()
    assert row.status == "queued"


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=%F0%9F%98%80", "state=%00", "state=rubbish", "occasion=%00", "occasion=rubbish", "p=99999", "o=99.x",
     "q=" + "9" * 400],
)  # fmt: skip
def test_rubbish_in_the_address_is_no_trouble(client_as: Any, shop: Customer, query: str) -> None:
    message(shop)
    browser = client_as("manager")
    for page in (LOG, "/admin/core/smsreceipt/", "/admin/customers/messageconsent/"):
        assert browser.get(f"{page}?{query}").status_code in (200, 302)
    assert SmsMessage.objects.get().status == "queued"


def test_deeds_nobody_knows_and_messages_that_are_not_there(client_as: Any, shop: Customer) -> None:
    row, browser = message(shop), client_as("office")
    for path, status in (
        (f"{row.pk}/delete/do/", 403), ("999999/hold/do/", 404), (f"{'9' * 30}/hold/do/", 404),
        (f"{row.pk}/hold%00/do/", 403),
    ):  # fmt: skip
        assert browser.post(f"{LOG}{path}", {"reason": "x"}).status_code == status
    row.refresh_from_db()
    assert row.status == "queued"


def test_a_zero_byte_in_a_reason_is_a_bad_request(client_as: Any, shop: Customer) -> None:
    row = message(shop)
    answer = client_as("office").post(
        reverse("admin:core_smsmessage_deed", args=[row.pk, "hold"]), {"reason": "店長\0要看"}
    )
    assert (answer.status_code, answer.content.decode()) == (400, "表單裡有無法儲存的字元。")
    row.refresh_from_db()
    assert (row.status, AuditEvent.objects.count()) == ("queued", 0)


def test_hold_release_and_send_again_want_a_reason_and_leave_it(
    client_as: Any, shop: Customer, actor: Any
) -> None:
    row, browser = message(shop), client_as("office")
    consents.record(shop, "service", True, source="phone", actor=actor)

    def do(deed: str, reason: str) -> str:
        answer = browser.post(
            reverse("admin:core_smsmessage_deed", args=[row.pk, deed]), {"reason": reason}, follow=True
        )
        row.refresh_from_db()
        return str(answer.content.decode())

    assert "請說明為什麼保留。" in do("hold", " ")
    assert row.status == "queued"
    do("hold", "店長要先看")
    assert (row.status, row.held_reason) == ("held", "店長要先看")
    do("release", "看過了")
    assert (row.status, row.is_urgent) == ("queued", True)
    assert "只有失敗或過期的簡訊可以重新發送" in do("resend", "再一次")
    SmsMessage.objects.filter(pk=row.pk).update(
        status="failed", provider_message_id="SM1", last_said="未送達"
    )
    do("resend", "客戶已開機")
    again = SmsMessage.objects.get(resends=row)
    assert (again.status, row.status) == ("queued", "failed")
    reasons = AuditEvent.objects.order_by("id").values_list("action", "reason")
    assert list(reasons) == [
        ("outbound.hold", "店長要先看"), ("outbound.release", "看過了"), ("sms.resend", "客戶已開機"),
    ]  # fmt: skip


def test_the_log_asks_as_many_questions_for_fifty_messages_as_for_one(
    client_as: Any, shop: Customer, actor: Any
) -> None:
    browser = client_as("office")

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            text(browser, LOG)
        return len([one for one in asked if "core_simulatedclock" not in one["sql"]])

    message(shop)
    questions()
    few = questions()
    for number in range(2, 40):
        other = create_customer({"short_name": f"店{number}"}, actor=actor)
        message(other, number)
    assert questions() == few


def test_a_text_is_changed_and_a_wrong_one_is_refused_at_its_field(client_as: Any) -> None:
    browser = client_as("office")
    row = MessageTemplate.objects.get(code="delivery_completed")
    url = reverse("admin:customers_messagetemplate_change", args=[row.pk])
    assert "【幸福氣】訂單 O-20261123-000123 已送達，感謝您的訂購。" in text(browser, url)
    wrong = browser.post(url, {"weight": 100, "is_active": "on", "body": "【幸福氣】{name} 好"})
    assert wrong.status_code == 200
    assert "{name} 不是這個時機的欄位；可用的有 {order_id}。" in wrong.content.decode()
    row.refresh_from_db()
    assert row.body == "【幸福氣】訂單 {order_id} 已送達，感謝您的訂購。"
    browser.post(url, {"weight": 90, "is_active": "on", "body": "【幸福氣】{order_id} 送到了。"})
    row.refresh_from_db()
    assert (row.body, row.weight) == ("【幸福氣】{order_id} 送到了。", 90)
    assert "【幸福氣】訂單 {order_id} 已送達，感謝您的訂購。 (100)" in text(browser, url)


def test_while_somebody_types_the_preview_follows(client_as: Any) -> None:
    browser = client_as("office")
    url = reverse("admin:customers_messagetemplate_preview")
    answer = browser.post(url, {"code": "delivery_completed", "body": "【幸福氣】{order_id}"}).json()
    assert answer == {
        "text": "【幸福氣】O-20261123-000123", "size": "1 則，22 字（UCS-2）", "problem": "", "placeholders": "{order_id}",
    }  # fmt: skip
    assert (
        browser.post(url, {"code": "delivery_completed", "body": "嗨"}).json()["problem"]
        == "請以 【幸福氣】 開頭。"
    )
    assert browser.post(url, {"code": "rubbish", "body": "嗨"}).json()["size"] == ""
    assert client_as("driver").post(url, {}).status_code in (302, 403)


def test_consent_is_recorded_from_the_customers_page(client_as: Any, shop: Customer) -> None:
    browser = client_as("office")
    page = text(browser, reverse("admin:customers_customer_change", args=[shop.pk]))
    assert "未詢問" in page
    add = reverse("admin:customers_messageconsent_add")
    assert f"{add}?customer={shop.code}" in page
    assert shop.code in text(browser, f"{add}?customer={shop.code}")
    form = {"customer_code": shop.code, "kind": "service", "granted": "on", "source": "phone", "note": "來電"}
    browser.post(add, form)
    word = MessageConsent.objects.get()
    assert (word.granted, word.source, word.actor_name) == (True, "phone", "測試office")
    again = browser.post(add, form)
    assert "與現況相同，沒有寫入。" in again.content.decode()
    browser.post(add, form | {"customer_code": "9999999"})
    assert MessageConsent.objects.count() == 1
    assert consents.has(shop.pk)
    page = text(browser, reverse("admin:customers_customer_change", args=[shop.pk]))
    assert "2026/11/23 電話 測試office" in page


def test_the_panel_is_masked_for_who_may_not_know(client_as: Any, shop: Customer) -> None:
    page = text(client_as("viewer"), reverse("admin:customers_customer_change", args=[shop.pk]))
    assert "•••5678" in page
    assert "0912-345-678" not in page


def test_messages_that_failed_stand_on_the_red_list(client_as: Any, shop: Customer) -> None:
    row = message(shop)
    SmsMessage.objects.filter(pk=row.pk).update(status="failed")
    page = text(client_as("office"), "/admin/")
    assert "則簡訊沒有送達" in page
    assert f"{LOG}?state=failed" in page


def test_the_bell_counts_what_is_unread_and_opening_reads_it(client_as: Any, person: Any) -> None:
    browser = client_as("office")
    assert browser.get("/admin/core/notice/unread/").json()["count"] == 0
    inapp.tell(
        permission="core.view_smsmessage", title="今天有簡訊沒有送達", url=f"{LOG}?state=failed", once_key="a"
    )
    inapp.tell(permission="core.view_user", title="不是給你的", once_key="b")
    inapp.tell(permission="core.view_notice", title="外面", url="https://evil.example/", once_key="c")
    told = browser.get("/admin/core/notice/unread/").json()
    assert (told["count"], told["label"], told["url"]) == (2, "2 則未讀通知", "/admin/core/notice/")
    page = text(browser, told["url"])
    assert "今天有簡訊沒有送達" in page
    assert "不是給你的" not in page
    mine, foreign, outside = Notice.objects.order_by("id")
    opened = browser.get(reverse("admin:core_notice_open", args=[mine.pk]))
    assert (opened.status_code, opened["Location"]) == (302, f"{LOG}?state=failed")
    assert browser.get(reverse("admin:core_notice_open", args=[foreign.pk])).status_code == 404
    assert (
        browser.get(reverse("admin:core_notice_open", args=[outside.pk]))["Location"] == "/admin/core/notice/"
    )
    assert browser.get("/admin/core/notice/unread/").json()["count"] == 0


def test_the_providers_number_is_data_in_every_language(client_as: Any, shop: Customer) -> None:
    row = message(shop)
    SmsMessage.objects.filter(pk=row.pk).update(provider_message_id="SMbd26ded")
    assert '<span translate="no">SMbd26ded</span>' in text(client_as("office"), f"{LOG}{row.pk}/change/")

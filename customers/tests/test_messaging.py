"""Announcing: who is told what, and why somebody is not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.messaging import announcing, consents, links, rendering, templates
from customers.messaging.announcing import announce
from customers.messaging.rendering import Problem
from customers.models import Customer, MessageConsent, MessageTemplate, Occasion
from customers.services.customers import create_customer
from luckygas.core import clock, outbound
from luckygas.core.errors import Refused
from luckygas.core.events import publish
from luckygas.core.models import EventDelivery, SmsMessage
from luckygas.core.notify.events import RecipientUnsubscribed

pytestmark = pytest.mark.django_db
MOBILE = "0912-345-678"


@pytest.fixture
def provider(settings: Any, stand_at: Any) -> None:
    stand_at("2026-11-23 12:00")
    settings.TWILIO_ACCOUNT, settings.TWILIO_FROM = "AC1", "+15005550006"


@pytest.fixture
def customer(actor: Any) -> Any:
    def make(phones: str = f"089-331234、{MOBILE}", *, agreed: bool = True) -> Customer:
        made = create_customer({"short_name": "王家小館", "phones": phones}, actor=actor)
        if agreed:
            consents.record(made, "service", True, source="phone", actor=actor)
        return made

    return make


@pytest.fixture
def tell(provider: None, actor: Any) -> Any:
    def tell(who: Customer, occasion: str = Occasion.ORDER_CONFIRMATION, **more: Any) -> announcing.Announced:
        fields: dict[str, Any] = {
            "once_key": f"{occasion}:1",
            "context": {"order_id": "O-20261123-000001", "delivery_time": "11/24 (二) 上午"},
            "not_after": clock.now() + dt.timedelta(hours=6),
        } | more
        return announce(who, occasion, actor=actor, **fields)

    return tell


def test_a_customer_who_agreed_is_told_in_the_words_of_the_template(customer: Any, tell: Any) -> None:
    who = customer()
    told = tell(who)
    assert told.message is not None
    variant = announcing.template_for(Occasion.ORDER_CONFIRMATION, who.code)
    assert variant is not None
    texts = {
        "A": "【幸福氣】訂單 O-20261123-000001 已確認，預計 11/24 (二) 上午 送達。",
        "B": "【幸福氣】您好，已收到訂單 O-20261123-000001，11/24 (二) 上午 為您送達，謝謝。",
    }
    assert told.message.body == texts[variant.variant]
    assert (told.message.recipient, told.message.addressee) == ("+886912345678", f"customer:{who.pk}")
    assert (told.message.parts, told.message.status) == (1, "queued")
    assert tell(who).message == told.message
    assert SmsMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("phones", "agreed", "code"),
    [("089-331234", True, "no_mobile"), ("", True, "no_mobile"), (MOBILE, False, "no_consent")],
)
def test_who_cannot_be_told_is_not_and_the_answer_says_why(
    customer: Any, tell: Any, phones: str, agreed: bool, code: str
) -> None:
    told = tell(customer(phones, agreed=agreed))
    assert (told.message, told.code) == (None, code)
    assert told.why
    assert not SmsMessage.objects.exists()


def test_nobody_is_told_without_a_provider_or_a_text_or_after_five(
    customer: Any, tell: Any, settings: Any
) -> None:
    who = customer()
    for number in range(5):
        assert tell(who, once_key=f"k{number}").message
    assert tell(who, once_key="k6").code == "daily_limit"
    MessageTemplate.objects.update(is_active=False)
    assert tell(who, once_key="k7").code == "no_template"
    settings.TWILIO_ACCOUNT = ""
    assert tell(who, once_key="k8").code == "provider_off"
    assert SmsMessage.objects.count() == 5


def test_a_link_comes_from_the_floor_that_has_the_page(customer: Any, tell: Any, monkeypatch: Any) -> None:
    seen: dict[str, Any] = {}

    def address(context: Any) -> str:
        seen.update(context)
        return "https://gas.example.tw/t/abc" if context["order_pk"] == 7 else ""

    monkeypatch.setattr(links, "_links", type(links._links)("link"))
    context = {"order_id": "O-1", "driver_name": "陳大明", "eta": "10:40", "order_pk": 7}
    who = customer()
    plain = tell(who, Occasion.OUT_FOR_DELIVERY, context=context, once_key="a").message
    assert plain.body == "【幸福氣】陳大明 已出發，訂單 O-1 約 10:40 送達。"
    links.register("out_for_delivery", address)
    linked = tell(who, Occasion.OUT_FOR_DELIVERY, context=context, once_key="b").message
    assert linked.body == "【幸福氣】陳大明 已出發，訂單 O-1 約 10:40 送達。進度 https://gas.example.tw/t/abc"
    assert (seen["customer"], seen["customer_code"]) == (who, who.code)
    unlinked = tell(
        who, Occasion.OUT_FOR_DELIVERY, context=context | {"order_pk": 8, "eta": ""}, once_key="c"
    ).message
    assert unlinked.body == "【幸福氣】陳大明 已出發，訂單 O-1。"


def test_each_customer_keeps_his_variant_and_the_shares_are_those_of_the_weights() -> None:
    got = [announcing.template_for(Occasion.ORDER_CONFIRMATION, f"{1400000 + i}") for i in range(2000)]
    shares = [sum(1 for one in got if one is not None and one.variant == letter) for letter in "AB"]
    assert sum(shares) == 2000
    assert 1330 < shares[0] < 1470
    again = announcing.template_for(Occasion.ORDER_CONFIRMATION, "1400007")
    assert got[7] == again


def test_consent_is_the_last_word_and_every_word_is_kept(customer: Any, actor: Any) -> None:
    who = customer(agreed=False)
    assert not consents.has(who.pk)
    assert consents.record(who, "service", False, source="phone", actor=actor) is None
    consents.record(who, "service", True, source="counter", note="店內", actor=actor)
    assert consents.record(who, "service", True, source="phone", actor=actor) is None
    assert consents.has(who.pk)
    assert not consents.has(who.pk, "marketing")
    consents.record(who, "service", False, source="paper", actor=actor)
    assert not consents.has(who.pk)
    words = MessageConsent.objects.order_by("id").values_list("granted", "source", "note", "actor_name")
    assert list(words) == [(True, "counter", "店內", "test"), (False, "paper", "", "test")]
    with pytest.raises(Refused):
        consents.record(who, "service", True, source="rumour", actor=actor)


def test_a_no_stops_what_waits(customer: Any, tell: Any, actor: Any) -> None:
    who = customer()
    waiting = tell(who).message
    consents.record(who, "service", False, source="phone", actor=actor)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.last_said) == ("expired", "未送出：客戶不要簡訊")


def test_who_told_the_provider_to_stop_is_asked_by_nobody_again(customer: Any, tell: Any) -> None:
    who = customer()
    message = tell(who).message
    event = RecipientUnsubscribed(message_id=message.pk, at=clock.now())
    for _twice in range(2):
        publish(event)
        outbound.run_until_quiet(only=[EventDelivery])
    assert tell(who, once_key="later").code == "no_consent"
    words = MessageConsent.objects.filter(source="provider").values_list("kind", "granted")
    assert sorted(words) == [("marketing", False), ("service", False)]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("訂單 {order_id}", "請以 【幸福氣】 開頭。"),
        (
            "【幸福氣】{order}",
            "{order} 不是這個時機的欄位；可用的有 {order_id}、{delivery_time}。",
        ),
        ("【幸福氣】{order_id", "大括號沒有成對；欄位的寫法是 {order_id}。"),
        ("【幸福氣】[{order_id}", "中括號沒有成對，或重複套疊。"),
        ("【幸福氣】" + "瓦" * 300, "這段文字需要 5 則；請縮短到 4 則以內。"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_and_nothing_changes(actor: Any, body: str, said: str) -> None:
    template = MessageTemplate.objects.get(code="order_confirmation", variant="A")
    before = template.body
    with pytest.raises(Refused) as refusal:
        templates.change(template, {"body": body}, actor=actor)
    assert (str(refusal.value), refusal.value.field) == (said, "body")
    template.refresh_from_db()
    assert template.body == before


def test_what_may_be_empty_stands_in_brackets() -> None:
    found = rendering.problems(
        "【幸福氣】{tracking_url}", allowed={"tracking_url"}, optional={"tracking_url"}
    )
    assert found == [Problem("required", "tracking_url")]
    assert (
        rendering.problems("【幸福氣】[{tracking_url}]", allowed={"tracking_url"}, optional={"tracking_url"})
        == []
    )


def test_a_text_is_changed_with_its_history_and_a_variant_is_there_once(actor: Any) -> None:
    from django.apps import apps

    template = MessageTemplate.objects.get(code="delivery_completed")
    templates.change(template, {"body": "【幸福氣】{order_id} 送到了。", "weight": 60}, actor=actor)
    template.refresh_from_db()
    assert (template.body, template.weight) == ("【幸福氣】{order_id} 送到了。", 60)
    kept = apps.get_model("customers", "MessageTemplateEvent").objects.get(pgh_obj=template)
    assert kept.body == "【幸福氣】訂單 {order_id} 已送達，感謝您的訂購。"
    with pytest.raises(Refused) as refusal:
        templates.add(
            {"code": "delivery_completed", "variant": "A", "body": "【幸福氣】{order_id}"}, actor=actor
        )
    assert refusal.value.field == "variant"
    made = templates.add(
        {"code": "delivery_completed", "variant": "B", "body": "【幸福氣】{order_id}"}, actor=actor
    )
    assert (made.weight, made.is_active) == (100, True)
    assert templates.preview("delivery_completed", made.body)[0] == "【幸福氣】O-20261123-000123"


def test_the_first_texts_can_be_used() -> None:
    assert MessageTemplate.objects.count() == 4
    for template in MessageTemplate.objects.all():
        templates.check(template.code, template.body)
        assert templates.preview(template.code, template.body)[1].parts <= 2


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_stands_in_a_value_is_never_read_as_a_template(value: str, other: str) -> None:
    text = rendering.render("【幸福氣】{a}-{b}", {"a": value, "b": other})
    assert text == f"【幸福氣】{value}-{other}".strip()

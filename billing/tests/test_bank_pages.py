"""The bank queue and the bank's own page as a person uses them: what is shown, done, refused, and who may."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.models import BankFile, BankHostKey, BankProfile, BankTransfer, Payment
from billing.services import bank_clearing, bank_profiles
from billing.services.bank_clearing import Part
from billing.tests import bank_world
from billing.tests.bank_world import account_of, came_in, deposit, open_amount, put_in, standing
from luckygas.core.models import AuditEvent
from luckygas.core.testing import assert_query_count, filled_form

pytestmark = pytest.mark.django_db
QUEUE = "/admin/billing/bankdeposit/queue/"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


@pytest.fixture(autouse=True)
def world(today):
    return bank_world.profile()


@pytest.fixture
def buyer(customer, track, billed):
    """Owes 810 and 1,620."""
    track()
    one = customer(payment_method="monthly")
    for count in (1, 2):
        billed(one, C20=count)
    return one


@pytest.fixture
def accountant(client_as):
    return client_as("accountant")


def text_of(answer) -> str:
    return answer.content.decode()


def send(browser, one, **words) -> str:
    """What the queue's forms send: with a deed also what was open of the deposit."""
    words = {"open": str(one.clearing.open_amount)} | words
    answer = browser.post(reverse("admin:billing_bankdeposit_decide", args=[one.pk]), words, follow=True)
    assert answer.status_code == 200
    return text_of(answer)


def test_an_empty_queue_says_what_will_stand_there(accountant):
    page = text_of(accountant.get(QUEUE))
    assert "沒有待處理的入帳。無法自動對應的入帳會出現在這裡。" in page


def test_the_deposit_stands_left_and_what_it_may_be_for_right(accountant, buyer):
    came_in(deposit(account_of(buyer), 3000, 1, name="測試1"), deposit("", 55, 2))
    page = text_of(accountant.get(QUEUE))
    assert "2 筆入帳待處理" in page
    assert "金額過多：入帳 NT$ 3,000，未付 NT$ 2,430。" in page
    assert "虛擬帳號相符；比應收多 NT$ 570，留作預收" in page
    assert "指定 NT$ 3,000" in page
    assert "沒有虛擬帳號。" in page


def test_how_many_questions_the_queue_asks(accountant, buyer):
    came_in(deposit(account_of(buyer), 3000, 1), *(deposit("", 50 + n, n) for n in range(2, 12)))
    accountant.get(QUEUE)
    with assert_query_count("bank queue"):
        accountant.get(QUEUE)


def test_accepting_a_proposal_posts_it_and_shows_the_next(accountant, buyer):
    one, _other = came_in(deposit(account_of(buyer), 3000, 1), deposit("", 55, 2))
    page = send(accountant, one, deed="accept", candidate=str(buyer.pk))
    assert "NT$ 3,000 已指定給" in page
    assert "1 筆入帳待處理" in page
    assert standing(one) == ("posted", 0, "")
    assert open_amount(buyer) == -570
    deed = AuditEvent.objects.get(action="billing.deposit_assigned")
    assert (deed.actor_name, deed.reason) == ("測試accountant", "虛擬帳號相符；比應收多 NT$ 570，留作預收")
    again = send(accountant, one, deed="accept", candidate=str(buyer.pk), open="3000")
    assert "這筆入帳已不在待處理：請重新查看。" in again
    assert Payment.objects.count() == 1


def test_a_form_sent_twice_or_after_a_colleagues_posts_nothing_more(accountant, buyer, customer):
    other = customer()
    [one] = came_in(deposit("", 3000))
    part = {
        "deed": "assign",
        "code": buyer.code,
        "amount": "1000",
        "invoice": "",
        "reason": "x",
        "open": "3000",
    }
    assert "NT$ 1,000 已分成 1 份指定。" in send(accountant, one, **part)
    late = "這筆入帳目前有 NT$ 2,000 未指定：請重新查看。"
    assert late in send(accountant, one, **part)
    assert late in send(accountant, one, **(part | {"code": other.code, "amount": "2000"}))
    assert late in send(accountant, one, deed="not_ours", reason="利息", open="3000")
    assert standing(one) == ("queued", 2000, "rest")
    assert Payment.objects.count() == 1
    for stale in ("", "很多"):
        assert "這個頁面已過時：請重新查看。" in send(accountant, one, **(part | {"open": stale}))
    assert send(accountant, one, **(part | {"open": "2000"})).count("NT$ 1,000 已分成 1 份指定。") == 1
    assert standing(one) == ("queued", 1000, "rest")


def test_a_proposal_is_posted_with_the_amount_that_was_shown(accountant, buyer):
    """Between the page and the click a colleague has assigned a part: the same proposal would be another amount."""
    [one] = came_in(deposit(account_of(buyer), 4000))
    bank_clearing.assign(one, [Part(buyer, Decimal(1000))], reason="x", actor=bank_world.ACTOR)
    page = send(accountant, one, deed="accept", candidate=str(buyer.pk), open="4000")
    assert "這筆入帳目前有 NT$ 3,000 未指定：請重新查看。" in page
    assert (standing(one)[:2], Payment.objects.count()) == (("queued", 3000), 1)


def test_every_form_of_the_queue_tells_what_was_open(accountant, buyer):
    came_in(deposit(account_of(buyer), 3000))
    page = text_of(accountant.get(QUEUE))
    assert page.count('<input type="hidden" name="open" value="3000">') == page.count('name="deed"') == 3


def test_a_refused_file_is_read_again_on_its_page(accountant, world):
    bank_profiles.change(world, {"account_number": "11111111111", "reason": "x"}, actor=bank_world.ACTOR)
    refused = put_in(deposit("", 55)).file
    url = reverse("admin:billing_bankfile_change", args=[refused.pk])
    assert "重新讀取並匯入" in text_of(accountant.get(url))
    decide = reverse("admin:billing_bankfile_decide", args=[refused.pk])
    words = {"accept": "1", "reason": "帳號更正"}
    assert "不是本公司帳號" in text_of(accountant.post(decide, words, follow=True))
    bank_profiles.change(world, {"account_number": bank_world.OWN, "reason": "x"}, actor=bank_world.ACTOR)
    accountant.post(decide, words)
    refused.refresh_from_db()
    assert (refused.status, refused.rows, refused.decided_reason) == ("imported", 1, "帳號更正")
    assert "重新讀取並匯入" not in text_of(accountant.get(url))


def test_a_split_names_customers_amounts_and_invoices(accountant, buyer, customer):
    other = customer()
    [one] = came_in(deposit("", 2000))
    page = send(
        accountant,
        one,
        deed="assign",
        code=[buyer.code, other.code, "", ""],
        amount=["1,620", "300", "", ""],
        invoice=["QA-20000051", "", "", ""],
        reason="同一老闆",
    )
    assert "NT$ 1,920 已分成 2 份指定。" in page
    assert standing(one) == ("queued", 80, "rest")
    assert (open_amount(buyer), open_amount(other)) == (810, -300)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"code": "9999999"}, "第 1 行：沒有客戶 9999999。"),
        ({"amount": "很多"}, "第 1 行：「很多」不是整數元的金額。"),
        ({"amount": "2001"}, "這筆入帳只剩 NT$ 2,000 未指定。"),
        ({"amount": "NaN"}, "第 1 行：「NaN」不是整數元的金額。"),
        ({"amount": "10.5"}, "10.5 不是"),
        ({"invoice": "ZZ-00000001"}, "沒有發票 ZZ-00000001。"),
        ({"reason": " "}, "請填原因：會顯示在入帳旁。"),
        ({"code": "", "amount": ""}, "請指定是誰的款項。"),
    ],
)
def test_a_wrong_split_is_refused_by_line_and_field_and_changes_nothing(accountant, buyer, words, said):
    [one] = came_in(deposit("", 2000))
    usual = {"code": buyer.code, "amount": "1000", "invoice": "", "reason": "x"}
    assert said in send(accountant, one, deed="assign", **(usual | words))
    assert standing(one) == ("queued", 2000, "no_account")
    assert Payment.objects.count() == 0


def test_not_ours_and_back_again(accountant):
    [one] = came_in(deposit("", 55))
    assert "請填原因" in send(accountant, one, deed="not_ours", reason="")
    assert standing(one)[0] == "queued"
    assert "已標示為非本公司款項。" in send(accountant, one, deed="not_ours", reason="銀行利息")
    assert standing(one)[0] == "not_ours"
    assert "已撤回：入帳重新待處理。" in send(accountant, one, deed="undo", reason="看錯")
    assert standing(one) == ("queued", 55, "reopened")
    assert "沒有虛擬帳號" not in send(accountant, one, deed="nonsense")


@pytest.mark.parametrize("role", ["office", "dispatcher", "viewer"])
def test_only_who_may_clear_sees_the_queue(client_as, role):
    [one] = came_in(deposit("", 55))
    browser = client_as(role)
    assert browser.get(QUEUE).status_code == 403
    url = reverse("admin:billing_bankdeposit_decide", args=[one.pk])
    assert browser.post(url, {"deed": "not_ours", "reason": "x"}).status_code == 403
    assert standing(one)[0] == "queued"


def test_the_source_of_a_payment_is_shown(accountant, buyer):
    [one] = came_in(deposit(account_of(buyer), 810))
    assert str(one) in text_of(accountant.get("/admin/billing/payment/"))
    assert str(one) in text_of(accountant.get(reverse("admin:customers_customer_change", args=[buyer.pk])))


def test_the_red_list_counts_what_waits(accountant, world):
    came_in(deposit("", 55))
    put_in(deposit("", 56), modified=2)
    bank_profiles.stop(world, reason="Host key changed", offered_key=KEY)
    page = text_of(accountant.get("/admin/"))
    for words in ("銀行入帳未對應", "個銀行檔案待確認", "家銀行已停止：主機金鑰已變更"):
        assert words in page


def test_a_stopped_bank_shows_both_fingerprints_and_takes_a_reason(accountant, world):
    old = bank_profiles.pin(world, KEY.replace("GKJl", "GKJA"), reason="x", actor=bank_world.ACTOR)
    bank_profiles.stop(world, reason="金鑰已變更", offered_key=KEY)
    url = reverse("admin:billing_bankprofile_change", args=[world.pk])
    page = text_of(accountant.get(url))
    offered = "SHA256:"
    assert page.count(offered) >= 2
    assert old.fingerprint in page
    from billing.bank import sftp

    wanted = sftp.fingerprint(KEY)
    assert wanted in page
    trust = reverse("admin:billing_bankprofile_trust", args=[world.pk])
    assert "請填原因" in text_of(accountant.post(trust, {"fingerprint": wanted, "reason": ""}, follow=True))
    assert BankHostKey.objects.count() == 1
    accountant.post(trust, {"fingerprint": wanted, "reason": "電話確認"})
    world.refresh_from_db()
    assert (world.stopped_because, BankHostKey.objects.count()) == ("", 2)


def test_the_banks_page_asks_for_a_look_and_takes_a_key(accountant, world):
    fetch = reverse("admin:billing_bankprofile_fetch", args=[world.pk])
    assert "正在到銀行資料夾取檔。" in text_of(accountant.post(fetch, follow=True))
    assert BankTransfer.objects.get().status == "queued"
    pin = reverse("admin:billing_bankprofile_pin", args=[world.pk])
    assert "這不是主機公鑰" in text_of(accountant.post(pin, {"key": "x", "reason": "y"}, follow=True))
    assert "主機金鑰已登錄。" in text_of(accountant.post(pin, {"key": KEY, "reason": "公文"}, follow=True))
    resume = reverse("admin:billing_bankprofile_resume", args=[world.pk])
    assert "這家銀行沒有停止。" in text_of(accountant.post(resume, {"reason": "x"}, follow=True))


def test_a_host_key_is_retired_with_a_reason_of_the_persons_own(accountant, client_as, world):
    keys = [
        bank_profiles.pin(world, KEY.replace("GKJl", end), reason="x", actor=bank_world.ACTOR)
        for end in ("GKJl", "GKJA")
    ]
    retire = reverse("admin:billing_bankprofile_retire", args=[world.pk])
    words = {"key": str(keys[0].pk), "reason": "銀行停用"}
    assert client_as("office").post(retire, words).status_code == 403
    for wrong, said in (({"reason": ""}, "請填原因"), ({"key": "x"}, "請選擇這家銀行的主機金鑰。")):
        assert said in text_of(accountant.post(retire, words | wrong, follow=True))
    assert BankHostKey.objects.filter(retired_at__isnull=True).count() == 2
    page = reverse("admin:billing_bankprofile_change", args=[world.pk])
    assert "不再信任某把主機金鑰" in text_of(accountant.get(page))
    assert "已不再信任這把主機金鑰。" in text_of(accountant.post(retire, words, follow=True))
    assert BankHostKey.objects.get(retired_at__isnull=True) == keys[1]
    assert "這把主機金鑰已停用。" in text_of(accountant.post(retire, words, follow=True))
    deed = AuditEvent.objects.get(action="billing.bank_key_retired")
    assert (deed.actor_name, deed.reason, deed.data["fingerprint"]) == (
        "測試accountant",
        "銀行停用",
        keys[0].fingerprint,
    )
    assert "不再信任某把主機金鑰" not in text_of(accountant.get(page))


def test_a_profile_is_edited_with_a_reason(accountant, world):
    url = reverse("admin:billing_bankprofile_change", args=[world.pk])
    form = filled_form(text_of(accountant.get(url)), "bankprofile_form")
    accountant.post(url, form | {"port": ["2222"]})
    assert BankProfile.objects.get().port == 22
    accountant.post(url, form | {"port": ["2222"], "reason": ["換機房"]})
    assert BankProfile.objects.get().port == 2222
    assert AuditEvent.objects.get(action="billing.bank_changed").reason == "換機房"


def test_a_file_that_was_set_aside_is_decided_on_its_page(accountant):
    put_in(deposit("", 55))
    other = put_in(deposit("", 55), deposit("", 60, 2), modified=2).file
    url = reverse("admin:billing_bankfile_decide", args=[other.pk])
    assert "請填原因" in text_of(accountant.post(url, {"accept": "1", "reason": ""}, follow=True))
    assert BankFile.objects.get(pk=other.pk).status == "aside"
    accountant.post(url, {"accept": "1", "reason": "銀行補送"})
    assert BankFile.objects.get(pk=other.pk).status == "imported"
    assert Decimal(115) == sum(row.amount for row in BankFile.objects.get(pk=other.pk).deposits.all()) + 55

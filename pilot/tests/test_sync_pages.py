"""The pilot's dashboard and the conflict page, as people of different roles see and use them."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.testing import assert_query_count
from pilot.models import ConsistencyRun, Enrolment, LegacyWrite, SyncConflict, SyncLink, SyncPause
from pilot.services import enrolment

pytestmark = pytest.mark.django_db
LEAD = Actor("user", 101, "林組長")
DASHBOARD = "/admin/pilot/consistencyrun/dashboard/"


@pytest.fixture
def enter(client, person):
    def go(role):
        client.force_login(person(role))
        return client

    return go


@pytest.fixture
def contested(customer):
    def make(number, code):
        row = customer(code)
        enrolment.move(row, "dual", reason="試辦", actor=LEAD)
        link = SyncLink.objects.create(
            entity="customer", external_id=code, customer_code=code, object_id=row.pk, revision=1, state="contested",
            base={"notes": ""}, theirs={"notes": "他們的"},
        )  # fmt: skip
        return SyncConflict.objects.create(
            link=link, kind="both", group="notes", base={"notes": ""}, ours={"notes": "我們的"},
            theirs={"notes": "他們的"}, opened_at=clock.now() - dt.timedelta(minutes=number),
        )  # fmt: skip

    return make


def test_an_empty_dashboard_says_what_to_do(enter, monday):
    page = enter("manager").get(DASHBOARD).content.decode()
    assert "還沒有客戶參加試辦" in page
    assert reverse("admin:pilot_enrolment_add") in page
    assert "尚未比對過" in page
    assert "沒有待決定的事項" in page


def test_the_dashboard_shows_phases_waiting_rows_conflicts_and_equality(enter, contested, monday):
    found = contested(3, "1000001")
    LegacyWrite.objects.create(link=found.link, lane="x", marked_at=clock.now(), last_said="連不上")
    ConsistencyRun.objects.create(
        milliseconds=9, ours=1, theirs=1, compared=1, coverage=100, unexplained=7, differences=["O-1: 數量"]
    )
    page = enter("manager").get(DASHBOARD).content.decode()
    for text in ("誰接單誰配送", "連不上", "<b>7</b>", "O-1: 數量", "客戶 1000001"):
        assert text in page
    assert f"/admin/pilot/syncconflict/{found.pk}/change/" in page


@pytest.mark.parametrize("number", [1, 12])
def test_the_live_part_asks_as_many_questions_however_much_there_is(enter, contested, monday, number):
    for place in range(number):
        contested(place, f"10000{place:02}")
    client = enter("manager")
    client.get(reverse("admin:pilot_dashboard_live"))
    with assert_query_count("dashboard, live"):
        assert client.get(reverse("admin:pilot_dashboard_live")).status_code == 200


@pytest.mark.parametrize("number", [1, 12])
def test_the_list_of_conflicts_asks_as_many_questions_however_many_there_are(
    enter, contested, monday, number
):
    for place in range(number):
        contested(place, f"10000{place:02}")
    client = enter("manager")
    client.get("/admin/pilot/syncconflict/")
    with assert_query_count("conflicts"):
        assert client.get("/admin/pilot/syncconflict/").status_code == 200


def test_the_list_has_what_waits_first_the_customer_once_and_counts_by_state(enter, contested, monday):
    gone, young, old = contested(9, "1000001"), contested(2, "1000002"), contested(7, "1000003")
    SyncConflict.objects.filter(pk=gone.pk).update(state="gone", closed_at=clock.now())
    page = enter("manager").get("/admin/pilot/syncconflict/").content.decode()
    rows = re.findall(r'<tr class="lg-line">.*?</tr>', page, re.DOTALL)
    assert [f"/{row.pk}/change/" in shown for row, shown in zip((old, young, gone), rows, strict=True)] == [
        True
    ] * 3
    assert rows[0].count("1000003") == 2  # the title, and the same where it is cut off
    assert "⇄ 兩邊都修改" in rows[0]
    chips = re.findall(r'href="\?(state__exact=\w+|)"[^>]*>(\S+) <small>(\d+)', page)
    assert chips == [
        ("", "所有衝突", "3"),
        ("state__exact=open", "待決定", "2"),
        ("state__exact=resolved", "已決定", "0"),
        ("state__exact=gone", "自行消失", "1"),
    ]


def test_an_enrolment_is_found_by_the_customers_name(enter, contested, monday):
    contested(3, "1000001")
    client = enter("manager")
    assert "1000001" in client.get("/admin/pilot/enrolment/?q=客戶001").content.decode()
    assert "1000001" not in client.get("/admin/pilot/enrolment/?q=沒有這家").content.decode()


def test_a_conflict_stands_side_by_side(enter, contested, monday):
    found = contested(3, "1000001")
    page = enter("manager").get(f"/admin/pilot/syncconflict/{found.pk}/change/").content.decode()
    for text in ("上次一致", "我們的", "他們的", "採用本系統的", "採用舊系統的", "1000001"):
        assert text in page


def test_a_conflict_that_moved_is_refused_in_words_and_stays(enter, contested, monday):
    found = contested(3, "1000001")
    answer = enter("manager").post(
        f"/admin/pilot/syncconflict/{found.pk}/change/", {"how": "theirs"}, follow=True
    )
    assert "剛被修改" in answer.content.decode()
    found.refresh_from_db()
    assert found.state == "open"


def test_pause_go_on_and_put_back_are_done_here(enter, contested, monday):
    contested(3, "1000001")
    client = enter("manager")
    page = client.post(DASHBOARD, {"deed": "pause", "scope": "order", "reason": ""}, follow=True)
    assert "請說明暫停同步的原因" in page.content.decode()
    assert not SyncPause.objects.exists()
    client.post(DASHBOARD, {"deed": "pause", "scope": "order", "reason": "盤點"})
    assert SyncPause.objects.get().reason == "盤點"
    client.post(DASHBOARD, {"deed": "resume", "scope": "order"})
    assert not SyncPause.objects.exists()
    page = client.get(DASHBOARD).content.decode()
    assert "1 位客戶退回" in page
    client.post(DASHBOARD, {"deed": "roll back", "reason": "錯誤太多"})
    assert Enrolment.objects.get().phase == "shadow"


@pytest.mark.parametrize("role", ["office", "dispatcher", "accountant", "viewer"])
def test_nobody_else_comes_in_or_steers(enter, contested, monday, role):
    found = contested(3, "1000001")
    client = enter(role)
    assert client.get(DASHBOARD).status_code == 403
    assert client.get(reverse("admin:pilot_dashboard_live")).status_code == 403
    assert client.post(DASHBOARD, {"deed": "roll back", "reason": "x"}).status_code == 403
    assert client.post(f"/admin/pilot/syncconflict/{found.pk}/change/", {"how": "ours"}).status_code == 403
    assert Enrolment.objects.get().phase == "dual"


def test_a_customer_is_enrolled_and_moved_with_a_reason(enter, customer, monday):
    row = customer("1000001")
    client = enter("manager")
    page = client.post(
        "/admin/pilot/enrolment/add/", {"customer_code": "1000001", "phase": "shadow", "reason": ""}
    )
    assert page.status_code == 200
    assert not Enrolment.objects.exists()
    client.post(
        "/admin/pilot/enrolment/add/", {"customer_code": "1000001", "phase": "shadow", "reason": "試辦"}
    )
    assert enrolment.phase_of(row.code) == "shadow"

"""The cellar's pages in the admin, through the door."""

import datetime as dt

from django.contrib.auth.models import Group

from luckygas.core import extend
from luckygas.core.models import AuditEvent, CalendarDay, EventDelivery, User
from luckygas.core.testing import filled_form


def test_the_home_page_says_when_nothing_waits(client_as, stand_at, monkeypatch):
    stand_at("2026-11-23 08:00")
    monkeypatch.setattr(extend.attention, "_entries", {})
    page = client_as("viewer").get("/admin/").content.decode()
    assert "待處理" in page
    assert "目前沒有待處理事項。" in page


def test_the_home_page_lists_what_waits_worst_first(client_as, stand_at, monkeypatch):
    stand_at("2026-11-23 08:00")
    lines = [
        extend.Attention(2, "張通行證將到期", "/admin/a/", "amber"),
        extend.Attention(3, "張發票即將逾期", "/admin/b/"),
        extend.Attention(0, "沒有事", "/admin/c/"),
    ]
    monkeypatch.setattr(extend.attention, "_entries", {"test": (1, lambda user: lines)})
    page = client_as("viewer").get("/admin/").content.decode()
    assert page.index("張發票即將逾期") < page.index("張通行證將到期")
    assert "沒有事" not in page
    assert "/admin/b/" in page


def test_a_typhoon_day_is_added_changed_and_removed_with_a_trace(client_as):
    browser = client_as("manager")
    browser.post("/admin/core/calendarday/add/", {"date": "2026-11-23", "kind": "typhoon", "note": "陸警"})
    day = CalendarDay.objects.get()
    assert (day.date, day.kind, day.note) == (dt.date(2026, 11, 23), "typhoon", "陸警")
    browser.post(
        f"/admin/core/calendarday/{day.pk}/change/", {"date": "2026-11-24", "kind": "typhoon", "note": "陸警"}
    )
    day.refresh_from_db()
    assert day.date == dt.date(2026, 11, 24)
    browser.post(f"/admin/core/calendarday/{day.pk}/delete/", {"post": "yes"})
    assert not CalendarDay.objects.exists()
    assert list(AuditEvent.objects.order_by("id").values_list("action", "actor_name")) == [
        ("calendar.added", "測試manager"),
        ("calendar.changed", "測試manager"),
        ("calendar.removed", "測試manager"),
    ]


def test_a_refusal_is_told_beside_what_was_typed_and_changes_nothing(client_as):
    CalendarDay.objects.create(date="2026-11-23", kind="open")
    typed = {"date": "2026-11-23", "kind": "typhoon", "note": "陸上警報"}
    page = client_as("manager").post("/admin/core/calendarday/add/", typed)
    assert page.status_code == 200
    form = page.context["adminform"].form
    assert form.errors["date"] == ["2026-11-23 已標記為相反的狀態，請先移除該標記。"]
    assert filled_form(page.content.decode(), "calendarday_form")["note"] == ["陸上警報"]
    assert CalendarDay.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_the_audit_list_cannot_be_changed_by_anybody(client_as, actor):
    from luckygas.core.audit import record

    event = record("test.deed", actor=actor)
    browser = client_as("superuser")
    page = browser.get(f"/admin/core/auditevent/{event.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert browser.get("/admin/core/auditevent/add/").status_code == 403
    assert browser.post(f"/admin/core/auditevent/{event.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_person_is_added_with_a_role_and_cannot_lock_himself_out(client_as):
    browser = client_as("superuser")
    office = Group.objects.get(name="office")
    form = {
        "username": "wang",
        "display_name": "王小明",
        "is_staff": "on",
        "is_active": "on",
        "roles": [office.pk],
    }
    refused = browser.post("/admin/core/user/add/", form, follow=True)
    assert "新使用者必須設定密碼" in refused.content.decode()
    assert not User.objects.filter(username="wang").exists()
    browser.post("/admin/core/user/add/", form | {"new_password": "a-long-pass-word"})
    wang = User.objects.get(username="wang")
    assert wang.check_password("a-long-pass-word")
    assert [group.name for group in wang.groups.all()] == ["office"]
    me = User.objects.get(username="superuser")
    page = browser.post(
        f"/admin/core/user/{me.pk}/change/", {"username": "superuser", "display_name": "x"}, follow=True
    )
    assert "不能取消自己的存取權限" in page.content.decode()
    me.refresh_from_db()
    assert me.is_active


def test_outbound_rows_are_listed_retried_and_held_by_those_who_may(client_as, db):
    from luckygas.core.models import Event

    happened = Event.objects.create(name="test.x", version=1, payload={})
    row = EventDelivery.objects.create(
        event=happened, subscriber="test.gone", status="failed", last_said="the ledger is closed"
    )
    viewer, manager = client_as("viewer"), client_as("manager")
    assert viewer.get("/admin/core/eventdelivery/").status_code == 403
    assert "the ledger is closed" in manager.get("/admin/core/eventdelivery/").content.decode()
    assert manager.get(f"/admin/core/eventdelivery/{row.pk}/change/").status_code == 200
    manager.post("/admin/core/eventdelivery/", {"action": "retry_rows", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.status == "queued"
    manager.post("/admin/core/eventdelivery/", {"action": "hold_rows", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.status == "held"
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "outbound.retry",
        "outbound.hold",
    ]


def test_a_calendar_change_leaves_history_with_the_person(client_as):
    day = CalendarDay.objects.create(date="2026-11-23", kind="typhoon")
    client_as("manager").post(
        f"/admin/core/calendarday/{day.pk}/change/", {"date": "2026-11-23", "kind": "typhoon", "note": "延長"}
    )
    event = CalendarDay.pgh_event_model.objects.get(pgh_obj=day)  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["actor"] == "測試manager"
    assert event.note == ""  # what stood there before

"""Working days in Taipei under the company's overlay."""

import datetime as dt

import pytest

from luckygas.core import calendar
from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent, CalendarDay
from luckygas.core.services import calendar_days

MONDAY = dt.date(2026, 11, 23)
SUNDAY = dt.date(2026, 11, 22)
NEW_YEAR = dt.date(2027, 1, 1)


@pytest.mark.parametrize(
    ("date", "because"),
    [(MONDAY, ""), (dt.date(2026, 11, 21), ""), (SUNDAY, "sunday"), (NEW_YEAR, "holiday")],
)
def test_public_calendar(db, date, because):
    assert calendar.closed_because(date) == because
    assert calendar.is_working_day(date) is (because == "")


@pytest.mark.parametrize(
    ("date", "kind", "because"),
    [
        (MONDAY, "typhoon", "typhoon"),
        (MONDAY, "closed", "closed"),
        (SUNDAY, "open", ""),
        (SUNDAY, "make_up", ""),
        (NEW_YEAR, "open", ""),
        (MONDAY, "bank_closed", ""),
    ],
)
def test_overlay_has_the_last_word(db, date, kind, because):
    CalendarDay.objects.create(date=date, kind=kind)
    assert calendar.closed_because(date) == because


def test_bank_days(db):
    saturday = dt.date(2026, 11, 21)
    assert calendar.is_bank_day(MONDAY) is True
    assert calendar.is_bank_day(saturday) is False
    assert calendar.is_bank_day(NEW_YEAR) is False
    CalendarDay.objects.create(date=saturday, kind="make_up")
    CalendarDay.objects.create(date=MONDAY, kind="bank_closed")
    assert calendar.is_bank_day(saturday) is True
    assert calendar.is_bank_day(MONDAY) is False


def test_next_and_previous_working_days(db):
    CalendarDay.objects.create(date=MONDAY, kind="typhoon")
    assert calendar.next_working_day(dt.date(2026, 11, 21)) == dt.date(2026, 11, 24)
    assert calendar.working_days_before(dt.date(2026, 11, 24), 2) == [
        dt.date(2026, 11, 20),
        dt.date(2026, 11, 21),
    ]


def test_the_same_mark_twice_and_the_contrary_are_refused(db, actor):
    calendar_days.add({"date": MONDAY, "kind": "typhoon"}, actor=actor)
    with pytest.raises(Refused) as twice:
        calendar_days.add({"date": MONDAY, "kind": "typhoon"}, actor=actor)
    with pytest.raises(Refused) as contrary:
        calendar_days.add({"date": MONDAY, "kind": "open"}, actor=actor)
    assert (twice.value.code, contrary.value.code) == ("twice", "contrary")
    assert list(CalendarDay.objects.values_list("kind", flat=True)) == ["typhoon"]
    assert AuditEvent.objects.filter(action="calendar.added").count() == 1


def test_a_date_without_its_year_is_asked_for_and_not_put_into_1900(client_as):
    manager = client_as("manager")
    answer = manager.post("/admin/core/calendarday/add/", {"date": "11/25", "kind": "typhoon", "note": ""})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["date"]
    assert not CalendarDay.objects.exists()
    manager.post("/admin/core/calendarday/add/", {"date": "2026/11/25", "kind": "typhoon", "note": ""})
    assert CalendarDay.objects.get().date == dt.date(2026, 11, 25)

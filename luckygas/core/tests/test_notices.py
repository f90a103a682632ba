"""Notices to staff: once, for those who may, read by each for himself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils.translation import gettext_lazy

from luckygas.core import clock
from luckygas.core.models import Notice
from luckygas.core.notify import inapp

pytestmark = pytest.mark.django_db


def _told(**more: Any) -> bool:
    fields = {"permission": "customers.view_customer", "title": "簡訊未送達", "once_key": "sms:1"} | more
    return inapp.tell(**fields)


def test_the_same_key_tells_once() -> None:
    assert _told()
    assert not _told(title="簡訊又未送達")
    assert list(Notice.objects.values_list("title", "once_key")) == [("簡訊未送達", "sms:1")]


def test_only_those_with_the_permission_see_it(person: Any) -> None:
    office, driver, chief = person("office"), person("driver"), person("superuser")
    _told()
    assert [str(one) for one in inapp.unread(office)] == ["簡訊未送達"]
    assert not inapp.unread(driver).exists()
    assert inapp.unread(chief).count() == 1


def test_each_reads_for_himself_and_reading_twice_is_once(person: Any) -> None:
    office, manager = person("office"), person("manager")
    _told()
    assert inapp.mark_read(office, inapp.of(office)) == 1
    assert inapp.mark_read(office, inapp.of(office)) == 0
    assert not inapp.unread(office).exists()
    assert inapp.unread(manager).count() == 1
    assert getattr(inapp.of(office).get(), "is_read")  # noqa: B009  (an annotation)


def test_an_old_notice_leaves_the_bell_and_stays_on_the_page(person: Any, stand_at: Any) -> None:
    noon = stand_at("2026-11-23 12:00")
    office = person("office")
    _told()
    clock.freeze(noon + dt.timedelta(days=14, seconds=1))
    assert not inapp.unread(office).exists()
    assert inapp.of(office).count() == 1


def test_the_title_is_kept_in_the_language_of_the_house() -> None:
    from django.utils.translation import override

    with override("en"):
        _told(title=gettext_lazy("System"))
    with override("zh-hant"):
        assert Notice.objects.get().title == str(gettext_lazy("System"))

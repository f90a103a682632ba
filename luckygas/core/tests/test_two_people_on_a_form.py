"""A form sends back what it showed; only what its person changed is written, and never over a colleague."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group

from luckygas.core.models import User
from luckygas.core.testing import filled_form


@pytest.fixture
def clerk(person):
    return person("office", "clerk")


@pytest.fixture
def boss(client_as):
    return client_as("superuser")


def open_page(browser: Any, user: User) -> tuple[str, dict[str, Any]]:
    url = f"/admin/core/user/{user.pk}/change/"
    return url, filled_form(browser.get(url).content.decode(), "user_form")


def test_what_a_colleague_changed_meanwhile_stays(boss, clerk):
    url, form = open_page(boss, clerk)
    User.objects.filter(pk=clerk.pk).update(email="new@example.com")
    clerk.groups.add(Group.objects.get(name="dispatcher"))
    answer = boss.post(url, form | {"display_name": "王小明"})
    assert answer.status_code == 302
    clerk.refresh_from_db()
    assert (clerk.display_name, clerk.email) == ("王小明", "new@example.com")
    assert sorted(group.name for group in clerk.groups.all()) == ["dispatcher", "office"]


def test_the_same_field_changed_by_both_is_refused_and_nothing_is_written(boss, clerk):
    url, form = open_page(boss, clerk)
    User.objects.filter(pk=clerk.pk).update(display_name="王大明")
    changed = form | {"display_name": "王小明", "email": "mine@example.com"}
    answer = boss.post(url, changed)
    assert answer.status_code == 200
    assert "頁面開著的時候，別人已經改了這一項" in answer.content.decode()
    again = filled_form(answer.content.decode(), "user_form")
    assert again["display_name"] == ["王小明"]  # what was typed is still there
    assert boss.post(url, again).status_code == 200  # and pressing once more does not push it through
    clerk.refresh_from_db()
    assert (clerk.display_name, clerk.email) == ("王大明", "")


def test_both_meaning_the_same_is_no_quarrel(boss, clerk):
    url, form = open_page(boss, clerk)
    User.objects.filter(pk=clerk.pk).update(display_name="王小明")
    assert boss.post(url, form | {"display_name": "王小明"}).status_code == 302
    clerk.refresh_from_db()
    assert clerk.display_name == "王小明"


def test_an_empty_choice_was_seen_too(boss, person):
    nobody = person("superuser", "nobody")
    url, form = open_page(boss, nobody)
    office = str(Group.objects.get(name="office").pk)
    refused = boss.post(url, form | {"roles": [office], "username": ""})  # a mistake: the page comes again
    again = filled_form(refused.content.decode(), "user_form")
    assert again["roles"] == [office]
    assert boss.post(url, again | {"username": "nobody"}).status_code == 302
    assert [group.name for group in nobody.groups.all()] == ["office"]

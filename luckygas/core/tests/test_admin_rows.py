"""The rows of a list are made by the house, not by the theme: what they show, escape, link and carry."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import resolve
from unfold.decorators import display

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.admin import ServiceAdmin, service_action
from luckygas.core.models import User

pytestmark = pytest.mark.django_db


class People(ServiceAdmin):
    """A list with a column of every kind."""

    list_display = ("username", "display_name", "is_staff", "last_login", "state", "known", "said")
    list_display_links: tuple[str, ...] | None = ("username",)

    @display(description="state", label={"on": "success"})
    def state(self, user: User) -> tuple[str, str]:
        return ("on", "開 & 用") if user.is_active else ("other", "停用")

    @admin.display(description="known", boolean=True)
    def known(self, user: User) -> bool:
        return user.pk > 0

    @admin.display(description='said "so"', empty_value="無")
    def said(self, user: User) -> str | None:
        return None


def page(rf: RequestFactory, query: str = "", admin_class: type[ServiceAdmin] = People) -> str:
    request = rf.get(f"/admin/core/user/{query}")
    request.user = User(username="root", is_superuser=True, is_staff=True, is_active=True)
    request.resolver_match = resolve("/admin/core/user/")
    answer = admin_class(User, admin.site).changelist_view(request)
    html: str = answer.render().content.decode()
    return re.sub(r"\s+", " ", html)


def cell(html: str, column: str) -> list[str]:
    return re.findall(rf'<t[dh] class="lg-cell field-{column}"[^>]*>(.*?)</t[dh]>', html)


@pytest.fixture
def user():
    return User.objects.create(username="<b>x</b>", display_name="O'Brien & 林", is_staff=True)


def test_cells_show_what_the_columns_say(rf, user):
    html = page(rf)
    assert cell(html, "display_name") == ["O&#x27;Brien &amp; 林"]
    assert "check_small" in cell(html, "is_staff")[0]
    assert "check_small" in cell(html, "known")[0]
    assert cell(html, "last_login") == ["-"]
    assert cell(html, "said") == ["無"]
    assert "開 &amp; 用" in cell(html, "state")[0]
    assert "bg-green-100" in cell(html, "state")[0]
    assert 'data-label="said &quot;so&quot;"' in html


def test_a_moment_is_shown_as_taipei_has_it(rf, user):
    user.last_login = clock.now()
    user.save()
    local = clock.taipei(user.last_login)
    assert f"{local.year}" in cell(page(rf), "last_login")[0]
    assert f"{local:%H:%M}" in cell(page(rf), "last_login")[0]


def test_a_colour_that_is_missing_falls_back_to_plain_words(rf, user):
    User.objects.filter(pk=user.pk).update(is_active=False)
    shown = cell(page(rf), "state")[0]
    assert "停用" in shown
    assert "bg-base-500/8" in shown


def test_the_link_keeps_what_was_asked_and_is_escaped(rf, user):
    shown = cell(page(rf, "?is_staff__exact=1"), "username")
    target = f"/admin/core/user/{user.pk}/change/?_changelist_filters=is_staff__exact%3D1"
    assert shown == [f'<a href="{target}">&lt;b&gt;x&lt;/b&gt;</a>']


def test_in_a_popup_the_link_hands_the_row_to_its_opener(rf, user):
    shown = cell(page(rf, "?_popup=1"), "username")[0]
    assert f'data-popup-opener="{user.pk}"' in shown
    assert "_popup=1" in shown


def test_without_links_the_first_column_leads_and_none_when_none_are_wanted(rf, user):
    class First(People):
        list_display_links = ()

    class Nowhere(People):
        list_display_links = None

    assert cell(page(rf, admin_class=First), "username")[0].startswith('<a href="/admin/core/user/')
    assert cell(page(rf, admin_class=Nowhere), "username") == ["&lt;b&gt;x&lt;/b&gt;"]


def test_an_empty_list_says_so_and_has_no_table(rf):
    User.objects.all().delete()
    html = page(rf)
    assert '<table id="result_list"' not in html
    assert "這裡還沒有資料" in html


def test_rows_that_can_be_acted_on_carry_their_key(rf, user):
    class Chosen(People):
        actions = ("greet",)

        @service_action(description="greet", permission="core.view_user")
        def greet(self, request: HttpRequest, row: User, actor: Actor) -> None:
            """Nothing to do."""

    box = re.search(r'<td class="lg-cell action-checkbox"[^>]*>(.*?)</td>', page(rf, admin_class=Chosen))
    assert box is not None
    assert f'name="_selected_action" value="{user.pk}"' in box[1]
    assert "action-select" in box[1], "the class that the admin's script looks for"
    assert "action-checkbox" not in page(rf)

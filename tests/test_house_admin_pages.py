"""Every page of the admin, as every role, in Traditional Chinese: no error, no English, no right too many."""

import fnmatch

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from luckygas.access import ROLES
from luckygas.core.models import User
from tests.rows import row_of
from tests.shown import english

STAFF = [role for role in ROLES if role != "driver"]
DATA = frozenset({"AB", "Red"})
"""The number track of the rows these tests make; how the workbooks write public holidays."""
ALWAYS = ("superuser", "viewer")
"""Who may do most and least; the roles between are looked at in the slow run."""
ROLES_BY_TURN = [
    pytest.param(role, marks=() if role in ALWAYS else pytest.mark.slow) for role in (*STAFF, "superuser")
]
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
IDS = [model._meta.label for model in MODELS]


@pytest.fixture
def seen_as(person, client):
    """``seen_as(role)`` is a browser of a person whose own name has no English in it."""

    def sign_in(role):
        user = person(role, username="9001")
        user.display_name = "測試員"
        user.save(update_fields=["display_name"])
        client.force_login(user, backend="luckygas.core.roles.RolesBackend")
        return client

    return sign_in


def looked_at(browser, role, url, allowed):
    """The page's words are Chinese when it is allowed, and there is no page when it is not."""
    answer = browser.get(url, headers={"accept-language": "zh-Hant"})
    assert answer.status_code == (200 if allowed else 403), f"{role}: {url}"
    if allowed:
        page = answer.content.decode()
        assert list(english(page, data=DATA)) == [], f"{role}: {url}"


def may(browser, model, deed):
    """Whether the person signed in has Django's own right to this deed."""
    user = User.objects.get(pk=browser.session["_auth_user_id"])
    return user.has_perm(f"{model._meta.app_label}.{deed}_{model._meta.model_name}")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES_BY_TURN)
def test_the_home_page(seen_as, role):
    looked_at(seen_as(role), role, reverse("admin:index"), allowed=True)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES_BY_TURN)
@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_list_add_and_row(seen_as, model, role):
    row = row_of(model)
    browser = seen_as(role)
    model_admin = admin.site._registry[model]
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    view = may(browser, model, "view") or may(browser, model, "change")
    looked_at(browser, role, reverse(f"{name}_changelist"), view)
    if view and model_admin.search_fields:
        looked_at(browser, role, reverse(f"{name}_changelist") + "?q=zzz", allowed=True)
    adds = getattr(model_admin, "add_service", True) is not None and may(browser, model, "add")
    looked_at(browser, role, reverse(f"{name}_add"), adds)
    looked_at(browser, role, reverse(f"{name}_change", args=[row.pk]), view)


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_a_driver_has_no_page_in_the_admin(client_as, model):
    browser = client_as("driver")
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    answer = browser.get(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


@pytest.mark.django_db
def test_every_permission_of_the_table_belongs_to_somebody():
    """A pattern that matches nothing is a right nobody gets: a typing mistake."""
    every = [
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Permission.objects.select_related("content_type")
    ]
    idle = [
        f"{role}: {pattern}"
        for role, entry in ROLES.items()
        for pattern in [*entry["allow"], *entry["deny"]]
        if not fnmatch.filter(every, pattern)
    ]
    assert idle == []

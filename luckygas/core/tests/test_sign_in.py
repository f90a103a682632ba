"""Signing in: the right password, the wrong one, too many, being away."""

import pytest
from django.test import Client

from luckygas.core.models import User

PASSWORD = "pass-word-12"


@pytest.fixture
def visitor() -> Client:
    return Client()


def sign_in(visitor: Client, password: str = PASSWORD, username: str = "office"):
    return visitor.post("/login/", {"username": username, "password": password})


def test_staff_land_in_the_admin(visitor, person):
    person("office")
    answer = sign_in(visitor)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert visitor.get("/")["Location"] == "/admin/"


def test_a_wrong_password_says_what_to_do_and_signs_nobody_in(visitor, person):
    person("office")
    page = sign_in(visitor, "wrong").content.decode()
    assert "帳號或密碼不正確" in page
    assert "_auth_user_id" not in visitor.session


def test_five_failures_lock_the_account_even_for_the_right_password(visitor, person):
    person("office")
    for _ in range(5):
        sign_in(visitor, "wrong")
    answer = sign_in(visitor)
    assert answer.status_code == 429
    assert "帳號暫停登入" in answer.content.decode()
    assert "_auth_user_id" not in visitor.session


def test_an_inactive_person_cannot_sign_in(visitor, person):
    user = person("office")
    User.objects.filter(pk=user.pk).update(is_active=False)
    sign_in(visitor)
    assert "_auth_user_id" not in visitor.session


def test_a_desk_left_alone_is_signed_out(visitor, person, settings):
    person("office")
    sign_in(visitor)
    visitor.get("/admin/")
    settings.SIMULATION = False
    session = visitor.session
    session["seen_at"] = session["seen_at"] - settings.STAFF_IDLE_SECONDS - 1
    session.save()
    answer = visitor.get("/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")
    assert "_auth_user_id" not in visitor.session


def test_the_admin_is_closed_to_strangers_and_drivers(visitor, person, client_as):
    assert visitor.get("/admin/")["Location"].startswith("/admin/login/")
    assert client_as("driver").get("/admin/").status_code == 302


def test_the_content_policy_allows_eval_under_admin_only(visitor, client_as):
    staff = client_as("office")
    assert "'unsafe-eval'" in staff.get("/admin/")["Content-Security-Policy"]
    assert "'unsafe-eval'" not in visitor.get("/login/")["Content-Security-Policy"]

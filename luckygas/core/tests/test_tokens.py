"""API tokens: scoped, expiring, hashed, revocable."""

import datetime as dt

import pytest
from django.test import Client

from luckygas.core import clock
from luckygas.core.api import tokens
from luckygas.core.errors import Refused
from luckygas.core.models import ApiToken, AuditEvent

PAGE = "/api/v1/health/detailed"


def call(secret: str):
    return Client().get(PAGE, headers={"authorization": f"Bearer {secret}"})


def test_the_secret_is_not_kept(db, actor):
    token, secret = tokens.make("倉儲", wanted=["health:read"], days=30, actor=actor)
    assert secret.startswith("lg_")
    assert secret not in str(ApiToken.objects.values().get(pk=token.pk))
    assert call(secret).status_code == 200
    assert AuditEvent.objects.get(action="api_token.made").data == {"scopes": ["health:read"]}


def test_expired_revoked_unknown_and_malformed_are_told_apart(db, actor):
    token, secret = tokens.make("倉儲", wanted=["health:read"], days=1, actor=actor)
    ApiToken.objects.filter(pk=token.pk).update(
        created_at=clock.now() - dt.timedelta(days=3), expires_at=clock.now() - dt.timedelta(days=2)
    )
    expired = call(secret).json()
    other, second = tokens.make("門市", wanted=["health:read"], days=1, actor=actor)
    tokens.revoke(other, actor=actor)
    revoked = call(second).json()
    unknown = call("lg_nothing").json()
    malformed = Client().get(PAGE, headers={"authorization": "Bearer a b"}).json()
    assert [p["status"] for p in (expired, revoked, unknown, malformed)] == [401] * 4
    assert [p["detail"] for p in (expired, revoked, unknown, malformed)] == [
        "權杖已過期。",
        "權杖已撤銷。",
        "無法辨識的權杖。",
        "標頭請寫成：Authorization: Bearer TOKEN",
    ]


@pytest.mark.parametrize(
    ("wanted", "days", "field"),
    [
        (["no:such"], 30, "scopes"),
        ([], 30, "scopes"),
        (["health:read"], 0, "days"),
        (["health:read"], 401, "days"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(db, actor, wanted, days, field):
    with pytest.raises(Refused) as refusal:
        tokens.make("倉儲", wanted=wanted, days=days, actor=actor)
    assert refusal.value.field == field
    assert not ApiToken.objects.exists()


def test_made_in_the_admin_the_secret_is_shown_once(client_as):
    browser = client_as("superuser")
    answer = browser.post(
        "/admin/core/apitoken/add/", {"name": "倉儲", "scopes": ["health:read"], "days": "30"}, follow=True
    )
    token = ApiToken.objects.get()
    page = answer.content.decode()
    assert "請立即抄下" in page
    assert token.prefix in page
    assert token.created_by == "測試superuser"
    again = browser.get(f"/admin/core/apitoken/{token.pk}/change/").content.decode()
    assert "請立即抄下" not in again
    browser.post("/admin/core/apitoken/", {"action": "revoke_tokens", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is not None

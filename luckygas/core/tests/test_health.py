"""Alive, ready, and how everything is."""

import json

from django.test import Client

from luckygas.core import extend, health


def test_alive_touches_nothing():
    answer = Client().get("/healthz")  # without the db fixture a query would raise
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_names_each_part(db, stand_at):
    stand_at("2026-11-23 08:00")
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "timestamp": "2026-11-23T08:00:00+08:00",
        "checks": {"database": "ok", "redis": "ok", "migrations": "ok"},
    }
    assert Client().get("/api/v1/health/ready").json()["ready"] is True


def test_redis_away_is_said_and_does_not_take_us_out(db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    health._redis_client.cache_clear()
    try:
        answer = Client().get("/readyz")
    finally:
        health._redis_client.cache_clear()
    assert answer.status_code == 200
    assert answer.json()["checks"]["redis"] == "ConnectionError"


def test_basic_health(db):
    assert Client().get("/api/v1/health").json()["status"] == "ok"


def test_details_need_their_scope(db, api_token):
    extend.health_checks._entries.pop("test", None)
    extend.health_checks.register("test", lambda: extend.Health("degraded", "slow today"))
    try:
        stranger = Client().get("/api/v1/health/detailed")
        wrong = Client().get(
            "/api/v1/health/detailed", headers={"authorization": f"Bearer {api_token('customers:read')}"}
        )
        right = Client().get(
            "/api/v1/health/detailed", headers={"authorization": f"Bearer {api_token('health:read')}"}
        )
    finally:
        extend.health_checks._entries.pop("test")
    assert stranger.status_code == 401
    assert wrong.status_code == 403
    assert "health:read" in json.loads(wrong.content)["detail"]
    assert right.json()["checks"]["test"] == {"state": "degraded", "detail": "slow today"}
    assert right.json()["checks"]["database"] == {"state": "ok", "detail": "ok"}


def test_every_metric_has_the_one_prefix(db):
    text = Client().get("/metrics").content.decode()
    samples = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(samples) > 20
    assert [line for line in samples if not line.startswith("luckygas_")] == []

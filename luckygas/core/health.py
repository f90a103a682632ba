"""Is it alive, is it ready, and how is everything: three questions with three costs.

``/healthz`` touches nothing (liveness). ``/readyz`` and ``/api/v1/health/ready`` ask the database, Redis and the
migrations (503 when not ready). ``/api/v1/health/detailed`` adds every registered check and needs the scope
``health:read``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema, inline_serializer
from redis import Redis
from redis.exceptions import RedisError
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from luckygas.core import clock, extend

VERSION = "0.1.0"


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    ready, checks = readiness()
    return JsonResponse(
        {"ready": ready, "timestamp": clock_text(), "checks": checks}, status=200 if ready else 503
    )


def clock_text() -> str:
    try:
        return clock.taipei(clock.now()).isoformat(timespec="seconds")
    except DatabaseError:
        return ""


def readiness() -> tuple[bool, dict[str, str]]:
    """(ready, {database, redis, migrations: ok or what is wrong}). Redis away degrades, it does not stop us."""
    checks = {"database": _database(), "redis": _redis()}
    checks["migrations"] = _migrations() if checks["database"] == "ok" else "unknown"
    return checks["database"] == "ok" and checks["migrations"] == "ok", checks


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return type(error).__name__
    return "ok"


@lru_cache(maxsize=1)
def _redis_client() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)


def _redis() -> str:
    try:
        _redis_client().ping()
    except RedisError as error:
        return type(error).__name__
    return "ok"


_migrated = False


def _migrations() -> str:
    """Asked while something is pending; migrations that ran once are not looked at again."""
    global _migrated
    if _migrated:
        return "ok"
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return type(error).__name__
    if pending:
        return f"{len(pending)} pending"
    _migrated = True
    return "ok"


class Public(APIView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []


class HealthView(Public):
    """Alive: status, version, time."""

    @extend_schema(
        operation_id="health",
        responses=inline_serializer(
            "Health",
            {
                "status": serializers.CharField(),
                "version": serializers.CharField(),
                "time": serializers.CharField(),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        return Response({"status": "ok", "version": VERSION, "time": clock_text()})


class ReadyView(Public):
    """Ready to serve: 200, or 503 with what is wrong."""

    @extend_schema(
        operation_id="health_ready",
        responses=inline_serializer(
            "Readiness",
            {
                "ready": serializers.BooleanField(),
                "timestamp": serializers.CharField(),
                "checks": serializers.DictField(child=serializers.CharField()),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        ready, checks = readiness()
        return Response(
            {"ready": ready, "timestamp": clock_text(), "checks": checks}, status=200 if ready else 503
        )


class DetailedView(APIView):
    """Every part, with its state and one sentence."""

    required_scope = "health:read"

    @extend_schema(
        operation_id="health_detailed",
        responses=inline_serializer(
            "HealthDetails",
            {
                "ready": serializers.BooleanField(),
                "timestamp": serializers.CharField(),
                "checks": serializers.DictField(child=serializers.DictField()),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        ready, checks = readiness()
        parts: dict[str, dict[str, str]] = {
            name: {"state": "ok" if said == "ok" else "down", "detail": said} for name, said in checks.items()
        }
        for name, ask in extend.health_checks.items():
            health = ask()
            parts[name] = {"state": health.state, "detail": str(health.detail)}
        return Response({"ready": ready, "timestamp": clock_text(), "checks": parts})

"""What the API says where nothing is asked rightly: always a problem document, never a page or a crash."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.db import connection
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from luckygas.core.middleware import History
from luckygas.core.models import ApiToken, CalendarDay

CUSTOMERS, ORDERS = "/api/v1/customers", "/api/v1/orders"


@pytest.fixture
def headers(api_token: Any) -> dict[str, str]:
    secret = api_token("customers:read", "customers:write", "orders:read")
    return {"authorization": f"Bearer {secret}", "accept-language": "en"}


def is_problem(answer: Any, status: int) -> bool:
    return (answer.status_code, answer.headers["content-type"], answer.json()["status"]) == (
        status, "application/problem+json", status,
    )  # fmt: skip


@pytest.mark.parametrize("position", ["abc", "1.5", "", "%00", "-3", "²"])
@pytest.mark.parametrize("path", [CUSTOMERS, ORDERS])
def test_a_cursor_that_is_none_of_ours(client, headers, path, position):
    cursor = base64.b64encode(f"p={position}".encode()).decode()
    assert is_problem(client.get(path, {"cursor": cursor}, headers=headers), 404)


def test_an_address_where_nothing_is(client, db):
    assert is_problem(client.get("/api/v1/nothing/at/all"), 404)


def test_another_method_and_another_format_are_named(client, headers):
    method = client.delete(CUSTOMERS, headers=headers)
    assert is_problem(method, 405)
    assert method.json()["title"] == "Method not allowed"
    assert "DELETE" in method.json()["detail"]
    media = client.post(
        CUSTOMERS, "a=b", content_type="text/plain", headers=headers | {"idempotency-key": "k"}
    )
    assert is_problem(media, 415)
    assert media.json()["title"] == "Send JSON"


def test_a_body_above_the_bound(client, headers, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = client.post(
        CUSTOMERS,
        {"short_name": "x" * 2000},
        content_type="application/json",
        headers=headers | {"idempotency-key": "k"},
    )
    assert is_problem(answer, 413)


class Changes(APIView):
    required_scope = "customers:write"

    def post(self, request: Any) -> Response:
        CalendarDay.objects.update(note="changed")
        return Response({})


def test_rows_that_a_program_changes_carry_its_name_in_history(api_token):
    CalendarDay.objects.create(date="2026-11-23", kind="closed")
    token = {"Authorization": f"Bearer {api_token('customers:write')}"}
    request = APIRequestFactory().post("/", headers=token)
    assert History(Changes.as_view())(request).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.metadata->>'actor_kind', c.metadata->>'actor', (c.metadata->>'actor_id')::bigint "
            "FROM core_calendardayevent e JOIN pghistory_context c ON c.id = e.pgh_context_id"
        )
        assert cursor.fetchall() == [("api", "測試程式", ApiToken.objects.get().pk)]

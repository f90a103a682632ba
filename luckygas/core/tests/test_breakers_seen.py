"""Where breakers are seen and reset: the API, the page, the home page, health and metrics."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from luckygas.core import breaker_signs, breakers, extend
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent
from luckygas.core.tests.breaker_world import fails


def test_reset_needs_a_reason_and_leaves_a_trace(party, db):
    fails(party, 3)
    actor = Actor.system("test")
    with pytest.raises(Refused) as refusal:
        breakers.reset(party, actor=actor, reason=" ")
    assert refusal.value.field == "reason"
    with pytest.raises(Refused):
        breakers.reset("nobody", actor=actor, reason="x")
    assert breakers.state(party).state == "open"
    assert AuditEvent.objects.count() == 0
    state = breakers.reset(party, actor=actor, reason="They called: all is well")
    assert (state.state, state.failures) == ("closed", 0)
    assert breakers.call(party, lambda: 1) == 1
    (event,) = AuditEvent.objects.all()
    assert (event.action, event.subject, event.reason, event.data) == (
        "breaker.reset",
        f"breaker:{party}",
        "They called: all is well",
        {"state": "open", "shared": True},
    )


def of(token):
    return {"authorization": f"Bearer {token}"}


def test_the_api_lists_and_resets(party, api_token):
    fails(party, 3)
    reads, resets = of(api_token("health:read")), of(api_token("breakers:reset"))
    address = f"/api/v1/health/circuit-breakers/{party}/reset"
    assert Client().get("/api/v1/health/circuit-breakers").status_code == 401
    assert Client().get("/api/v1/health/circuit-breakers", headers=resets).status_code == 403
    body = Client().get("/api/v1/health/circuit-breakers", headers=reads).json()
    (line,) = [line for line in body["breakers"] if line["party"] == party]
    assert set(line) == {
        "party",
        "label",
        "state",
        "failures",
        "fail_max",
        "opened_at",
        "retry_in",
        "shared",
    }
    assert (line["label"], line["state"], line["failures"], line["shared"]) == ("測試對象", "open", 3, True)

    def post(where, body, headers):
        return Client().post(where, json.dumps(body), content_type="application/json", headers=headers)

    mended = {"reason": "mended"}
    assert post(address, mended, reads).status_code == 403
    assert post(address, {}, resets).status_code == 400
    unknown = post("/api/v1/health/circuit-breakers/nobody/reset", mended, resets)
    assert (unknown.status_code, unknown.json()["type"]) == (422, "urn:luckygas:problem:party")
    assert breakers.state(party).state == "open"
    answer = post(address, mended, resets)
    assert (answer.status_code, answer.json()["state"]) == (200, "closed")
    assert AuditEvent.objects.get(action="breaker.reset").actor_kind == "api"


def test_an_open_breaker_is_seen(party, person, db):
    """Others may be open in this Redis, too."""
    manager, office = person("manager"), person("office")

    def seen():
        return [line for line in extend.attention["breakers"](manager) if "測試對象" in line.label]

    assert seen() == []
    assert party not in [state.party for state in breaker_signs.not_closed()]
    fails(party, 3)
    (line,) = seen()
    assert (line.count, line.label, line.url) == (1, "測試對象 沒有回應，已暫停連線", reverse("breakers"))
    assert extend.attention["breakers"](office) == []
    health = extend.health_checks["breakers"]()
    assert health.state == "degraded"
    assert health.detail.startswith("left alone: ")
    assert party in health.detail
    text = Client().get("/metrics").content.decode()
    assert f'luckygas_breaker_open{{party="{party}"}} 1.0' in text
    assert f'luckygas_breaker_failures{{party="{party}"}} 3.0' in text


def test_the_page_shows_and_resets(party, client_as):
    fails(party, 3)
    address = reverse("breakers")
    assert client_as("office").get(address).status_code == 403
    accountant = client_as("accountant")
    page = accountant.get(address).content.decode()
    assert "測試對象" in page
    assert "3 / 3" in page
    accountant.post(address, {"party": party, "reason": ""})
    assert breakers.state(party).state == "open"
    answer = accountant.post(address, {"party": party, "reason": "對方已修復"}, follow=True)
    assert breakers.state(party).state == "closed"
    assert "測試對象" in answer.content.decode()
    assert AuditEvent.objects.get(action="breaker.reset").reason == "對方已修復"

"""Actions over many rows: bounded, and a row that somebody holds stops only itself."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from luckygas.core.admin import base
from luckygas.core.models import Event, EventDelivery

LIST = "/admin/core/eventdelivery/"


@pytest.fixture
def failed(transactional_db):
    happened = [Event.objects.create(name="test.x", version=1, payload={}) for _number in range(3)]
    rows = [EventDelivery(event=one, subscriber="test.gone", status="failed") for one in happened]
    return EventDelivery.objects.bulk_create(rows)


def retry(browser, rows):
    data = {"action": "retry_rows", "_selected_action": [row.pk for row in rows]}
    return browser.post(LIST, data, follow=True).content.decode()


def test_more_rows_than_a_request_can_do_are_refused_whole(failed, client_as, monkeypatch):
    monkeypatch.setattr(base, "MOST_AT_ONCE", 2)
    manager = client_as("manager")
    assert "一次最多選取 2 筆" in retry(manager, failed)
    assert EventDelivery.objects.filter(status="failed").count() == 3
    retry(manager, failed[:2])
    assert EventDelivery.objects.filter(status="queued").count() == 2


def test_a_row_that_somebody_holds_is_told_and_the_others_go_through(failed, client_as):
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            EventDelivery.objects.select_for_update().get(pk=failed[1].pk)
            held.set()
            done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    try:
        page = retry(client_as("manager"), failed)
    finally:
        done.set()
        thread.join()
        connection.close()
    assert "忙碌中，請再試一次" in page
    states = dict(EventDelivery.objects.values_list("pk", "status"))
    assert [states[row.pk] for row in failed] == ["queued", "failed", "queued"]

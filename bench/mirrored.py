"""The work that ``bench.mirror`` has measured inside a company (``manage.py shell -c …``); answers as JSON."""

from __future__ import annotations

import json
import time

from django.db import connection

from bench.checksum import CHECKSUM
from customers.models import Customer, CustomerAccount
from luckygas.core import clock, outbound
from pilot.models import Enrolment, LegacyWrite
from pilot.services import consistency, enrolment, mirroring

BARE_HERE = ("orders_order", "orders_orderline")


def enrol(number: int) -> None:
    """So many customers in phase "dual", marked."""
    now = clock.now()
    rows = Customer.objects.bulk_create(
        Customer(
            code=f"{9_000_000 + place}", short_name=f"量測小館{place}", invoice_title=f"量測小館{place}",
            address=f"臺東縣臺東市中山路{place}號", created_at=now, updated_at=now,
        )
        for place in range(number)
    )  # fmt: skip
    CustomerAccount.objects.bulk_create(CustomerAccount(customer=row) for row in rows)
    Enrolment.objects.bulk_create(Enrolment(customer=row, phase="dual", enrolled_at=now) for row in rows)
    for row in rows:
        enrolment.mark_all(row)


def tell() -> None:
    """Seconds until the old system holds every marked record."""
    began = time.monotonic()
    while mirroring.tell() + outbound.run_due(LegacyWrite, limit=200):
        pass
    _say(seconds=time.monotonic() - began, rows=LegacyWrite.objects.filter(status="done").count())


def read() -> None:
    """Seconds until every change of theirs is taken."""
    began = time.monotonic()
    found = mirroring.read()
    _say(seconds=time.monotonic() - began, rows=found)


def compare() -> None:
    """Seconds of a full compare, and what it came to."""
    began = time.monotonic()
    found = consistency.compare()
    _say(seconds=time.monotonic() - began, rows=found.compared, unexplained=len(found.unexplained))


def bare() -> None:
    """Seconds of the bare checksum of our side."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        for table in BARE_HERE:
            cursor.execute(CHECKSUM.format(table))
    _say(seconds=time.monotonic() - began)


def _say(**found: float) -> None:
    print(json.dumps(found))

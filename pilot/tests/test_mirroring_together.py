"""Several records in one transaction: what holds one of them up holds up nobody else."""

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from luckygas.core import outbound
from pilot.models import LegacyWrite, SyncDirty, SyncRead
from pilot.services import enrolment, mirroring
from pilot.tests.mirrored import LEAD, mirrored
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
CODES = [f"10001{number:02d}" for number in range(10)]


@pytest.fixture
def ten(mirrored, customer):
    rows = [customer(code) for code in CODES]
    for row in rows:
        enrolment.move(row, "dual", reason="試辦", actor=LEAD)
    mirrored.settle()
    return rows


def somebody_edits(row):
    """Another connection in the middle of changing the row."""
    known = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    editor = psycopg.connect(**{name: known[name] for name in names if known.get(name)})
    editor.execute("SELECT 1 FROM customers_customer WHERE id = %s FOR UPDATE", [row.pk])
    return editor


def test_a_record_somebody_edits_is_left_for_later_and_the_others_are_told(mirrored, ten):
    Customer.objects.filter(code__in=CODES).update(notes="後門")
    with somebody_edits(ten[4]):
        assert mirroring.tell() == 9
        assert list(SyncDirty.objects.values_list("object_id", flat=True)) == [ten[4].pk]
        outbound.run_due(LegacyWrite)
        notes = [mirrored.there(key=code)["notes"] for code in CODES]
        assert notes == ["後門"] * 4 + [""] + ["後門"] * 5 or notes == ["後門"] * 4 + [None] + ["後門"] * 5
    mirrored.settle()
    assert mirrored.there(key=CODES[4])["notes"] == "後門"
    assert mirrored.is_equal()


def test_ten_changes_of_theirs_are_taken_each_once(mirrored, ten):
    reads = SyncRead.objects.filter(outcome="taken")
    for code in CODES:
        mirrored.legacy.edit("cust_customer", code, delivery_address="臺東縣臺東市中山路9號")
    assert mirroring.read() == 10
    assert mirroring.read() == 0
    assert set(reads.values_list("external_id", flat=True)) == set(CODES)
    assert set(Customer.objects.filter(code__in=CODES).values_list("address", flat=True)) == {
        "臺東縣臺東市中山路9號"
    }
    mirrored.settle()
    assert mirrored.is_equal()


def test_a_row_costs_few_statements_each_way(mirrored, ten):
    Customer.objects.filter(code__in=CODES).update(notes="後門")
    with CaptureQueriesContext(connection) as told:
        mirroring.tell()
        outbound.run_due(LegacyWrite)
    assert LegacyWrite.objects.filter(status="done", image__notes="後門").count() == 10
    for code in CODES:
        mirrored.legacy.edit("cust_customer", code, notes="前門")
    with CaptureQueriesContext(connection) as taken:
        assert mirroring.read() == 10
    assert Customer.objects.filter(notes="前門").count() == 10
    assert (len(told) < 110, len(taken) < 140) == (True, True), (len(told), len(taken))

"""``kill -9`` while a batch is written to the old system: what nobody noted down is asked about, and never sent blindly."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from customers.models import Customer
from luckygas.core import clock
from luckygas.core.models import OutboundAttempt
from luckygas.core.windows import file_of
from pilot.models import LegacyWrite
from pilot.services import enrolment, mirroring
from pilot.tests.mirrored import LEAD, mirrored
from sandbox.testing import eventually
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
CODES = [f"10001{number:02d}" for number in range(6)]
WRITES = """
import django
django.setup()
from luckygas.core import outbound
from pilot.models import LegacyWrite
outbound.run_due(LegacyWrite)
"""


@pytest.fixture
def six(mirrored, customer):
    """Six more customers, equal in both systems, each with a change of ours that waits to be written."""
    for code in CODES:
        enrolment.move(customer(code), "dual", reason="試辦", actor=LEAD)
    mirrored.settle()
    Customer.objects.filter(code__in=CODES).update(notes="後門")
    mirroring.tell()
    assert LegacyWrite.objects.filter(status="queued").count() == len(CODES)
    return mirrored


def killed_in(window, statements, folder):
    """A worker of its own writes what waits, and dies at that place; its windows' files say that it was there."""
    armed = folder / f"{file_of(window)}.armed"
    armed.write_text(f"{statements} 60")
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "luckygas.settings",
        "DATABASE_URL": urlunsplit(address),
        "LUCKYGAS_SIMULATION": "1",
        "LUCKYGAS_WINDOWS": str(folder),
    }
    worker = subprocess.Popen([sys.executable, "-c", WRITES], env=environment)
    try:
        eventually(armed.with_suffix(".open").exists, seconds=60)
    finally:
        worker.kill()
        worker.wait()
    assert armed.with_suffix(".open").exists()


def heads(both):
    rows = both.legacy.rows(
        "SELECT trim(customer_id), revision, notes FROM cust_customer WHERE customer_id LIKE '10001%%' ORDER BY 1"
    )
    return {code: (revision, bytes(notes or b"").decode("cp950")) for code, revision, notes in rows}


@pytest.mark.parametrize(
    ("window", "statements", "written"),
    [("legacy record", 0, 6), ("legacy record", 9, 6), ("outbound send", 99, 1), ("outbound send", 0, 0)],
)
def test_a_batch_nobody_noted_down_is_asked_about(six, tmp_path: Path, window, statements, written):
    killed_in(window, statements, tmp_path)
    rows = LegacyWrite.objects.filter(image__notes="後門")
    assert set(rows.values_list("status", flat=True)) == {"inflight"}
    before = heads(six)
    assert [notes for _revision, notes in before.values()].count("後門") == written
    rows.update(inflight_since=clock.now() - dt.timedelta(minutes=2))
    six.settle()
    after = heads(six)
    assert {notes for _revision, notes in after.values()} == {"後門"}
    for code, (revision, notes) in before.items():
        assert notes != "後門" or after[code] == (revision, notes), f"{code} was written twice"
    assert set(rows.values_list("status", flat=True)) == {"done"}
    asked = OutboundAttempt.objects.filter(kind="pilot.LegacyWrite", row_id__in=rows.values("pk"), deed="ask")
    assert asked.count() == len(CODES)
    assert six.conflicts() == []
    assert six.is_equal()

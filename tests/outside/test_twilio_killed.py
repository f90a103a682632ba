"""``kill -9`` of a worker between sending a message and writing that it was sent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from luckygas.core import clock
from luckygas.core.models import SmsMessage
from luckygas.core.windows import file_of
from sandbox.testing import eventually
from tests.outside.twilio_world import NUMBER, PUBLIC, fresh, later, run

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = (
    "import django; django.setup(); from luckygas.core import outbound; from luckygas.core.models import SmsMessage; "
    "outbound.run_due(SmsMessage)"
)


def worker(twilio: Any, windows: Path) -> subprocess.Popen[bytes]:
    """A process of its own that sends what is due, in this test's database."""
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    own = {
        "DATABASE_URL": urlunsplit(address),
        "DJANGO_SETTINGS_MODULE": "luckygas.settings",
        "LUCKYGAS_SIMULATION": "1",
        "LUCKYGAS_WINDOWS": str(windows),
        "LUCKYGAS_TWILIO_URL": twilio.url,
        "LUCKYGAS_TWILIO_ACCOUNT": twilio.sid,
        "LUCKYGAS_TWILIO_FROM": "+15005550006",
        "LUCKYGAS_PUBLIC_URL": PUBLIC,
        "TWILIO_AUTH_TOKEN": twilio.token,
    }
    return subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=os.environ | own)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", [0, 1, 2, 3])
def test_a_worker_killed_after_sending_makes_no_second_message(
    twilio: Any, message: Any, tmp_path: Path, statement: int
) -> None:
    """Killed before the last look at the row, then before the first statement behind the request, before the second,
    and so on: always one message."""
    row = message(f"【幸福氣】被終止的工作 {statement} {time.monotonic_ns()}")
    windows = tmp_path / "windows"
    windows.mkdir()
    (windows / f"{file_of('outbound send')}.armed").write_text(f"{statement} 30")
    process = worker(twilio, windows)
    opened = windows / f"{file_of('outbound send')}.open"
    eventually(opened.exists, seconds=60)
    assert int(opened.read_text()) == process.pid
    sent = twilio.messages(row.body)
    assert [m["to"] for m in sent] == ([NUMBER] if statement else [])
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    assert fresh(row).status == "inflight"

    def ended() -> bool:
        later(minutes=3)
        run()
        return fresh(row).status == "done"

    eventually(ended)
    there = twilio.messages(row.body)
    assert [m["sid"] for m in there] == [row.provider_message_id]
    assert [m["sid"] for m in sent] in ([], [row.provider_message_id])
    assert SmsMessage.objects.count() == 1
    assert clock.now() > row.created_at

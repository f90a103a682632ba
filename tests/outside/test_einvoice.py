"""Filing invoices with the tax platform's stand-in, and every way in which it can misbehave."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from billing.models import EInvoiceSubmission, PlatformFinding, TurnkeyFile
from billing.services import filing
from billing.tests.conftest import (  # noqa: F401  (fixtures)
    ACTOR,
    billed,
    company,
    customer,
    delivered,
    product,
    today,
    track,
    van,
)
from luckygas.core import clock, outbound
from luckygas.core.outbound import run_due
from sandbox.testing import RunningSandbox, eventually, sandbox, start  # noqa: F401  (fixture)


@pytest.fixture
def platform(company, today, sandbox) -> RunningSandbox:  # noqa: F811
    """The stand-in on the same wall clock as the house."""
    company.TURNKEY_DIR = sandbox.einvoice
    real = dt.datetime.now(dt.UTC)  # noqa: TID251 (the stand-in starts on real time)
    sandbox.fault("clock_off", seconds=round((clock.now() - real).total_seconds()))
    return sandbox


@pytest.fixture
def rows(platform, billed, track, customer):  # noqa: F811
    """One invoice of each kind, waiting to be filed: paper, carrier, donation, business."""
    track()
    for facts in (
        {},
        {"carrier_type": "3J0002", "carrier_id": "/QK-7.+Z"},
        {"donation_code": "925"},
        {"tax_id": "04595257", "invoice_title": "海邊餐廳有限公司"},
    ):
        billed(customer(**facts), C20=1, C04=1)
    return EInvoiceSubmission.objects.order_by("id")


def states(rows) -> list[str]:
    return list(rows.values_list("status", flat=True))


def read_until(wanted: str, rows, *, seconds: float = 20) -> None:
    """Read results until every row has that state."""

    def look() -> bool:
        filing.read_results()
        return set(states(rows)) == {wanted}

    eventually(look, seconds=seconds)


def test_every_kind_of_invoice_is_taken_and_confirmed(rows, platform):
    assert run_due(EInvoiceSubmission) == 4
    read_until("done", rows)
    assert PlatformFinding.objects.filter(settled=True, code="0000").count() == 4
    assert {row["status"] for row in platform.messages("QA2")} == {"C"}


def test_the_answers_are_lost_and_the_days_summary_makes_it_good(rows, platform):
    platform.fault("reply_lost")
    run_due(EInvoiceSubmission)
    platform.wait_idle()
    filing.read_results()
    assert set(states(rows)) == {"inflight"}
    clock.freeze(clock.now() + dt.timedelta(minutes=20))
    run_due(EInvoiceSubmission)
    run_due(EInvoiceSubmission)
    assert set(states(rows)) == {"unknown"}
    assert all("BAK" in row.last_said for row in rows)
    assert platform.files("UpCast/B2SSTORAGE/F0401/SRC") == [], "nothing is filed twice"
    platform.summary("20261123")
    read_until("done", rows)


def test_the_platform_is_down_for_a_while(rows, platform):
    platform.fault("down")
    run_due(EInvoiceSubmission)
    time.sleep(0.2)
    clock.freeze(clock.now() + dt.timedelta(minutes=20))
    run_due(EInvoiceSubmission)
    run_due(EInvoiceSubmission)
    assert set(states(rows)) == {"unknown"}
    assert len(platform.files("UpCast/B2SSTORAGE/F0401/SRC")) == 4
    platform.clear("down")
    read_until("done", rows)
    assert len(platform.files("UpCast/B2SSTORAGE/F0401/BAK")) == 4


def test_refused_then_filed_again_under_the_same_name(rows, platform):
    first = rows[0]
    platform.fault("refused", match=first.invoice.number, times=1)
    run_due(EInvoiceSubmission)
    read_until("done", EInvoiceSubmission.objects.exclude(pk=first.pk))
    eventually(
        lambda: filing.read_results() and EInvoiceSubmission.objects.get(pk=first.pk).status == "failed"
    )
    clock.freeze(clock.now() + dt.timedelta(minutes=1))
    outbound.retry(EInvoiceSubmission.objects.get(pk=first.pk), actor=ACTOR, reason="平台已修正")
    run_due(EInvoiceSubmission)
    read_until("done", rows)
    names = {path.name for path in platform.files("UpCast/B2SSTORAGE/F0401")}
    assert len(names) == 4


def test_broken_doubled_and_foreign_answers(rows, platform):
    for how in ("rubbish", "truncated", "empty", "other_root"):
        platform.fault("garbage", how=how, times=1)
    platform.fault("duplicate_result")
    run_due(EInvoiceSubmission)
    platform.wait_idle()
    filing.read_results()
    platform.clear("garbage")
    platform.resend()
    read_until("done", rows)
    assert TurnkeyFile.objects.filter(status="unreadable").count() == 4
    assert PlatformFinding.objects.filter(settled=True).count() == 4


def test_an_answer_about_an_invoice_nobody_sent(rows, platform):
    platform.fault("unknown_document", times=1)
    run_due(EInvoiceSubmission)
    read_until("done", rows)
    eventually(
        lambda: filing.read_results() and PlatformFinding.objects.filter(submission__isnull=True).exists()
    )
    assert PlatformFinding.objects.get(submission__isnull=True).reference.startswith("ZZ")
    assert PlatformFinding.objects.filter(settled=True).count() == 4


def test_a_killed_platform_takes_up_where_it_was(rows, platform, tmp_path):
    platform.fault("slow", seconds=3)
    run_due(EInvoiceSubmission)
    eventually(lambda: len(platform.files("UpCast/B2SSTORAGE/F0401/SRC")) < 4)
    platform.kill()
    clock.freeze(clock.now() + dt.timedelta(minutes=20))
    run_due(EInvoiceSubmission)
    run_due(EInvoiceSubmission)
    assert set(states(rows)) == {"unknown"}
    again = start(platform.directory)
    try:
        read_until("done", rows)
        assert len(again.files("UpCast/B2SSTORAGE/F0401/BAK")) == 4, "nothing was filed twice"
    finally:
        again.stop()

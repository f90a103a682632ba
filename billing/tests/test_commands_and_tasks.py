import shutil

import pytest
from django.core.management import CommandError, call_command

from billing.models import EInvoiceSubmission, Invoice, NumberTrack
from billing.tasks import read_platform_results, retry_waiting_events
from billing.tests.conftest import SELLER
from billing.tests.platform_files import Platform
from luckygas.core.leases import lease
from luckygas.core.outbound import run_due

HEAD = "營業人統編,發票類別代號,發票類別,發票期別,發票字軌名稱,發票起號,發票迄號"
GOOD = f"{SELLER},7,一般稅額計算,115/11 ~ 115/12,QA,20000050,20000099"
BAD = f"{SELLER},7,一般稅額計算,115/11 ~ 115/12,Q1,20000050,20000099"


@pytest.fixture(autouse=True)
def english(settings, tmp_path):
    settings.LANGUAGE_CODE = "en"
    settings.MEDIA_ROOT = tmp_path / "media"


def test_import_tracks_at_the_command_line(today, tmp_path, capsys):
    path = tmp_path / "字軌_11512.csv"
    path.write_text(f"{HEAD}\n{GOOD}\n{BAD}", encoding="cp950")
    with pytest.raises(CommandError, match="1 rows have errors"):
        call_command("import_tracks", str(path))
    said = capsys.readouterr().out
    assert "3 發票字軌名稱: 'Q1' – is not two capital letters" in said
    assert NumberTrack.objects.count() == 0
    call_command("import_tracks", str(path), "--dry-run")
    assert NumberTrack.objects.count() == 0
    call_command("import_tracks", str(path), "--accept-good")
    assert NumberTrack.objects.get().first == 20000050
    with pytest.raises(CommandError, match="no such file"):
        call_command("import_tracks", str(tmp_path / "none.csv"))


def test_results_are_read_by_the_clock(billed, track, company):
    track()
    billed(C20=1)
    platform = Platform(company.TURNKEY_DIR)
    run_due(EInvoiceSubmission)
    platform.process("QA20000050")
    with lease("billing.read_results", seconds=60) as held:
        assert held is not None
        read_platform_results()
        assert EInvoiceSubmission.objects.get().status == "inflight", "somebody else reads at this moment"
    read_platform_results()
    assert EInvoiceSubmission.objects.get().status == "done"
    shutil.rmtree(company.TURNKEY_DIR)
    read_platform_results()


def test_waiting_events_are_tried_by_one_at_a_time(billed, track):
    billed(C20=1)
    track()
    with lease("billing.retry_waiting", seconds=60):
        retry_waiting_events()
        assert Invoice.objects.count() == 0
    retry_waiting_events()
    assert Invoice.objects.count() == 1

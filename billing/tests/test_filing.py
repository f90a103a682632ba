"""The folder channel against real directories: every way in which filing can go, and go wrong."""

import datetime as dt

import pytest

from billing.models import EInvoiceSubmission, PlatformFinding, TurnkeyFile
from billing.services import filing
from billing.tests.conftest import ACTOR
from billing.tests.platform_files import Platform
from luckygas.core import clock, outbound
from luckygas.core.outbound import run_due

NAME = "F0401-QA20000050-20261123-1.xml"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def platform(company):
    return Platform(company.TURNKEY_DIR)


@pytest.fixture
def row(billed, track, platform):
    """An invoice whose message waits to be filed."""
    track()
    billed(C20=1)
    return EInvoiceSubmission.objects.get()


def state(row: EInvoiceSubmission) -> tuple[str, str]:
    row.refresh_from_db()
    return row.status, row.last_said


def after(minutes: int) -> None:
    """Let business time pass."""
    clock.freeze(clock.now() + dt.timedelta(minutes=minutes))


def test_filed_taken_and_confirmed(row, platform):
    assert run_due(EInvoiceSubmission) == 1
    assert platform.waiting() == [NAME]
    assert (platform.source / NAME).read_bytes() == bytes(row.xml)
    assert state(row) == ("inflight", "handed over, waiting for the platform")
    assert filing.state_label(row) != ""
    platform.take_all()
    platform.process("QA20000050")
    counts = filing.read_results()
    assert (counts.files, counts.settled, counts.unknown_documents, counts.unreadable) == (1, 1, 0, 0)
    assert state(row) == ("done", "0 成功 ProcessResult-1.xml")
    finding = row.findings.get()
    assert (finding.verdict, finding.settled, finding.file.name) == ("accepted", True, "ProcessResult-1.xml")


def test_nothing_half_written_is_ever_seen(row, platform):
    run_due(EInvoiceSubmission)
    assert [path.suffix for path in platform.source.iterdir()] == [".xml"]


def test_a_result_file_is_read_once(row, platform):
    run_due(EInvoiceSubmission)
    path = platform.process("QA20000050")
    assert filing.read_results().files == 1
    assert filing.read_results().files == 0
    path.touch()
    copy = platform.root / "Unpack/BAK/ProcessResult/20261124/09"
    copy.mkdir(parents=True)
    (copy / path.name).write_bytes(path.read_bytes())
    assert filing.read_results().files == 0
    assert TurnkeyFile.objects.count() == 1
    assert PlatformFinding.objects.count() == 1


def test_old_folders_are_looked_through_once_a_day(row, platform):
    run_due(EInvoiceSubmission)
    path = platform.process("QA20000050")
    old = platform.root / "Unpack/BAK/ProcessResult/20261023/10"
    old.mkdir(parents=True)
    path.rename(old / path.name)
    assert filing.read_results().files == 0
    assert filing.read_results(everything=True).settled == 1
    assert filing.read_results(everything=True).files == 0
    assert state(row)[0] == "done"


def test_the_same_name_with_other_content_is_another_file(row, platform):
    run_due(EInvoiceSubmission)
    platform.process("QA20000050", name="result.xml")
    filing.read_results()
    platform.process("QA20000099", name="result.xml")
    assert filing.read_results().files == 1
    assert TurnkeyFile.objects.filter(name="result.xml").count() == 2


def test_the_platform_refuses_and_the_same_name_goes_again(row, platform):
    run_due(EInvoiceSubmission)
    platform.take_all()
    platform.process("QA20000050", "E0301", "憑證未註冊")
    filing.read_results()
    assert state(row) == ("failed", "E0301 憑證未註冊 ProcessResult-1.xml")

    after(1)
    outbound.retry(row, actor=ACTOR, reason="憑證已註冊")
    run_due(EInvoiceSubmission)
    assert platform.waiting() == [NAME]
    platform.take_all()
    platform.summary(good=["QA20000050"])
    filing.read_results()
    assert state(row)[0] == "done"


def test_turnkey_refuses_the_file(row, platform):
    run_due(EInvoiceSubmission)
    platform.move(NAME, "ERR")
    assert filing.read_results().settled == 1
    assert state(row) == ("failed", f"Turnkey: UpCast/B2SSTORAGE/F0401/ERR/20261123/10/{NAME} {NAME}")


def test_what_turnkey_refused_before_says_nothing_about_the_file_on_its_way(row, platform):
    run_due(EInvoiceSubmission)
    platform.move(NAME, "ERR")
    filing.read_results()
    assert state(row)[0] == "failed"
    after(1)
    outbound.retry(row, actor=ACTOR, reason="已修正")
    run_due(EInvoiceSubmission)
    (platform.source / NAME).unlink()  # taken out, not put away yet
    after(16)
    run_due(EInvoiceSubmission)
    run_due(EInvoiceSubmission)
    assert state(row) == ("unknown", "in none of Turnkey's folders: it may be on its way through them")


def test_the_platform_is_down(row, platform):
    run_due(EInvoiceSubmission)
    after(16)
    run_due(EInvoiceSubmission)
    run_due(EInvoiceSubmission)
    status, said = state(row)
    assert (status, said) == ("unknown", f"Turnkey has not taken UpCast/B2SSTORAGE/F0401/SRC/{NAME} yet")
    assert row.not_before > clock.now(), "a next try is shown"
    for _ in range(3):
        after(10)
        run_due(EInvoiceSubmission)
    assert platform.waiting() == [NAME], "nothing is filed twice"
    platform.take_all()
    platform.process("QA20000050")
    filing.read_results()
    assert state(row)[0] == "done"


def test_the_folder_is_not_there(row, platform):
    platform.root.rmdir()
    run_due(EInvoiceSubmission)
    status, said = state(row)
    assert status == "queued"
    assert said.startswith("Turnkey's folder cannot be reached: there is no Turnkey folder at")
    assert row.not_before > clock.now()
    platform.root.mkdir()
    after(1)
    run_due(EInvoiceSubmission)
    assert platform.waiting() == [NAME]


def test_the_result_is_lost(row, platform):
    run_due(EInvoiceSubmission)
    platform.take_all()
    after(16)
    run_due(EInvoiceSubmission)
    run_due(EInvoiceSubmission)
    status, said = state(row)
    assert status == "unknown"
    assert said == f"taken (UpCast/B2SSTORAGE/F0401/BAK/20261123/10/{NAME}), no result from the platform yet"
    for _ in range(3):
        after(60)
        run_due(EInvoiceSubmission)
    assert platform.waiting() == [], "never filed again"
    platform.summary(good=["QA20000050"])
    filing.read_results()
    assert state(row)[0] == "done"


def test_the_file_was_lost_before_turnkey_took_it(row, platform):
    run_due(EInvoiceSubmission)
    (platform.source / NAME).unlink()
    after(16)
    run_due(EInvoiceSubmission)
    run_due(EInvoiceSubmission)
    assert platform.waiting() == [], "it may be on its way through the folders"
    assert state(row) == ("unknown", "in none of Turnkey's folders: it may be on its way through them")
    after(24 * 60)
    for _ in range(3):
        run_due(EInvoiceSubmission)
    assert platform.waiting() == [NAME], "once more, under the same name"
    assert state(row)[0] == "inflight"


def test_killed_between_writing_and_noting(row, platform):
    filing.hand_over(row)
    platform.take_all()
    EInvoiceSubmission.objects.filter(pk=row.pk).update(handed_at=None)
    run_due(EInvoiceSubmission)
    assert platform.waiting() == []
    assert state(row) == ("inflight", f"already taken: UpCast/B2SSTORAGE/F0401/BAK/20261123/10/{NAME}")
    assert filing.hand_over(row).kind == "waiting"


def test_a_result_that_came_before_the_row_was_noted_is_found_when_asked(row, platform):
    run_due(EInvoiceSubmission)
    platform.take_all()
    platform.process("QA20000050")
    filing.read_results()
    EInvoiceSubmission.objects.filter(pk=row.pk).update(status="unknown", done_at=None)
    row.refresh_from_db()
    assert filing.look_for(row).kind == "done"


def test_a_result_for_an_unknown_document_is_kept_and_shown(row, platform, client_as):
    run_due(EInvoiceSubmission)
    platform.process("ZZ99999999")
    platform.summary(good=["QA20000050"], date="20250101")
    counts = filing.read_results()
    assert (counts.files, counts.settled, counts.unknown_documents) == (2, 0, 2)
    assert state(row)[0] == "inflight", "another year's number is not this one"
    assert list(PlatformFinding.objects.order_by("id").values_list("reference", "submission")) == [
        ("ZZ99999999", None),
        ("QA20000050", None),
    ]
    page = client_as("accountant").get("/admin/billing/platformfinding/?document=unknown")
    assert "ZZ99999999" in page.content.decode()


def test_a_file_that_cannot_be_read_is_kept_and_shown(row, platform):
    platform.leave("ProcessResult", "<half")
    platform.leave("SummaryResult", "<Other/>")
    counts = filing.read_results()
    assert (counts.files, counts.unreadable) == (2, 2)
    file = TurnkeyFile.objects.get(name="ProcessResult-1.xml")
    assert (file.status, bytes(file.content)) == ("unreadable", b"<half")
    assert file.problem.startswith("this is not readable as XML")


def test_an_unclear_answer_changes_nothing(row, platform):
    run_due(EInvoiceSubmission)
    platform.process("QA20000050", "?", "…")
    assert filing.read_results().settled == 0
    assert state(row)[0] == "inflight"
    assert row.findings.get().verdict == "unclear"


def test_a_late_refusal_does_not_undo_a_confirmation(row, platform):
    run_due(EInvoiceSubmission)
    platform.process("QA20000050")
    filing.read_results()
    platform.process("QA20000050", "E0001", "重複")
    filing.read_results()
    assert state(row)[0] == "done"
    assert list(row.findings.order_by("id").values_list("verdict", "settled")) == [
        ("accepted", True),
        ("refused", False),
    ]


def test_a_confirmation_after_a_refusal_counts(row, platform):
    run_due(EInvoiceSubmission)
    platform.process("QA20000050", "E0001", "重複")
    filing.read_results()
    platform.summary(good=["QA20000050"])
    filing.read_results()
    assert state(row)[0] == "done"


def test_a_hundred_in_one_summary(billed, track, platform):
    track()
    for _ in range(6):
        billed(C20=1)
    while run_due(EInvoiceSubmission):
        pass
    numbers = [f"QA{number:08d}" for number in range(20000050, 20000056)]
    platform.take_all()
    platform.summary(good=numbers[:5], failed=numbers[5:])
    assert filing.read_results().settled == 6
    assert list(EInvoiceSubmission.objects.order_by("id").values_list("status", flat=True)) == [
        "done"
    ] * 5 + ["failed"]


def test_asking_finds_a_refusal_of_the_platform_or_of_turnkey(row, platform):
    run_due(EInvoiceSubmission)
    platform.move(NAME, "ERR")
    row.refresh_from_db()
    assert filing.look_for(row).kind == "refused"
    assert filing.look_for(row).said == (
        f"Turnkey refused the file: UpCast/B2SSTORAGE/F0401/ERR/20261123/10/{NAME}"
    )
    platform.process("QA20000050", "E0001", "重複")
    filing.read_results()
    EInvoiceSubmission.objects.update(status="unknown")
    row.refresh_from_db()
    assert filing.look_for(row).kind == "refused"


def test_asking_while_the_folder_is_away(row, platform):
    run_due(EInvoiceSubmission)
    platform.root.rename(platform.root.with_name("away"))
    outcome = filing.look_for(row)
    assert (outcome.kind, outcome.seconds) == ("unknown", 60)
    assert outcome.said.startswith("Turnkey's folder cannot be reached")


def test_a_stranger_in_err_is_kept(platform, today):
    platform.source.mkdir(parents=True)
    (platform.source / "from-elsewhere.xml").write_text("<a/>")
    platform.move("from-elsewhere.xml", "ERR")
    assert filing.read_results().unknown_documents == 1
    assert PlatformFinding.objects.get().reference == "from-elsewhere.xml"


def test_where_an_invoice_stands_in_words(row):
    assert filing.state_label(None) == "not filed"
    expected = {"queued": "waiting", "done": "confirmed", "failed": "failed"}
    for status, label in expected.items():
        assert filing.state_label(EInvoiceSubmission(status=status)) == label

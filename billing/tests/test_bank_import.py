"""A fetched file becomes deposits once, whole or not at all, and its bytes are kept whatever it was."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from billing import bank_verifier
from billing.models import BankDeposit, BankFile, BankSighting, DepositClearing, Payment
from billing.services import bank_import, bank_profiles
from billing.tests import bank_world
from billing.tests.bank_world import deposit, put_in
from billing.tests.conftest import ACTOR
from billing.tests.first_file import file, record
from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent, Notice
from luckygas.core.testing import as_owner

pytestmark = pytest.mark.django_db
A, B = "99218150000018", "99218150000025"


@pytest.fixture(autouse=True)
def world(settings, today):
    settings.LANGUAGE_CODE = "en"
    return bank_world.profile()


def counts() -> tuple[int, int, int, int]:
    return (
        BankFile.objects.count(),
        BankDeposit.objects.count(),
        DepositClearing.objects.count(),
        Payment.objects.count(),
    )


def test_every_row_is_kept_with_the_files_bytes_and_waits_to_be_looked_at():
    done = put_in(deposit(A, 1900, 1, name="王家小館"), deposit(A, 1900, 2))
    assert (done.said, done.is_new) == ("2 deposits, NT$ 3,800", True)
    assert (done.file.rows, done.file.total, done.file.status) == (2, 3800, "imported")
    assert bytes(done.file.content) == file(deposit(A, 1900, 1, name="王家小館"), deposit(A, 1900, 2))
    first, second = BankDeposit.objects.order_by("line")
    assert (first.trade_no, first.amount, first.payer_name, first.virtual_account) == (
        "0001",
        1900,
        "王家小館",
        A,
    )
    assert (second.trade_no, second.amount) == ("0002", Decimal(1900))
    assert set(DepositClearing.objects.values_list("state", "open_amount")) == {("new", Decimal(1900))}
    assert BankSighting.objects.get().said == "2 deposits, NT$ 3,800"


@pytest.mark.parametrize("name", ["FIR20261123.TXT", "FIR20261124.TXT"])
def test_the_same_bytes_again_are_imported_already_under_any_name(name):
    put_in(deposit(A, 1900))
    before = counts()
    again = put_in(deposit(A, 1900), name=name, modified=2)
    assert (again.said, again.is_new) == ("already imported as FIR20261123.TXT", False)
    assert counts() == before
    assert BankSighting.objects.count() == 2
    assert not Notice.objects.exists()


def test_another_content_under_the_same_name_is_an_alarm_and_waits_for_a_person():
    put_in(deposit(A, 1900))
    before = counts()
    other = put_in(deposit(A, 1901), modified=2)
    assert other.said == "A file of this name with another content came on 2026-11-23."
    assert (other.file.status, bytes(other.file.content)) == ("aside", file(deposit(A, 1901)))
    assert counts() == (before[0] + 1, *before[1:])
    assert Notice.objects.get().title == (
        "FIR20261123.TXT came again with another content: nothing of it is imported."
    )
    with pytest.raises(Refused, match=r"line 1: trade number 0001 of 2026-11-23 is on record with NT. 1,900"):
        bank_import.accept_file(other.file, reason="銀行更正", actor=ACTOR)
    with pytest.raises(Refused, match="Say why"):
        bank_import.dismiss_file(other.file, reason=" ", actor=ACTOR)
    assert BankFile.objects.get(pk=other.file.pk).status == "aside"
    bank_import.dismiss_file(other.file, reason="銀行誤送", actor=ACTOR)
    kept = BankFile.objects.get(pk=other.file.pk)
    assert (kept.status, kept.decided_by, kept.decided_reason) == ("dismissed", "test", "銀行誤送")
    assert AuditEvent.objects.get(action="billing.bank_file_dismissed").reason == "銀行誤送"


def test_a_longer_file_of_the_same_name_adds_its_new_rows_when_a_person_says_so():
    put_in(deposit(A, 1900, 1))
    longer = put_in(deposit(A, 1900, 1), deposit(B, 700, 2), modified=2)
    assert BankDeposit.objects.count() == 1
    done = bank_import.accept_file(longer.file, reason="銀行補送", actor=ACTOR)
    assert done.said == "2 deposits, NT$ 2,600, 1 of them known already"
    assert list(BankDeposit.objects.order_by("pk").values_list("trade_no", "line")) == [
        ("0001", 1),
        ("0002", 2),
    ]
    with pytest.raises(Refused):
        bank_import.accept_file(BankFile.objects.get(pk=longer.file.pk), reason="again", actor=ACTOR)
    assert BankDeposit.objects.count() == 2


def test_a_number_used_twice_in_a_day_is_two_movements():
    put_in(deposit(A, 500, 7), deposit(A, 500, 7))
    assert list(BankDeposit.objects.order_by("line").values_list("trade_no", "occurrence")) == [
        ("0007", 1),
        ("0007", 2),
    ]


def test_the_same_number_on_another_day_is_another_movement():
    put_in(deposit(A, 500, 7))
    put_in(deposit(A, 500, 7, date=bank_world.DAY.replace(day=24)), name="FIR20261124.TXT")
    assert BankDeposit.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            file(deposit(A, 1900)) + deposit(B, 5)[:50],
            "refused at byte 162 (line 2): the file is cut off: the record has 50 of 111 bytes",
        ),
        (
            file(deposit(A, 1900), record(name=b"\xa4\xfd\xff\xfe\x80        ")),
            "refused at byte 210 (line 2, payer): fffe802020202020202020 is no Big5 text",
        ),
        (b"", "refused at byte 1 (line 1): the file is empty"),
        (
            file(deposit(A, 1900), deposit(A, 5, 2, account="11111111111")),
            "line 2: 11111111111 is not our account",
        ),
    ],
)
def test_a_file_with_one_wrong_place_is_refused_whole_and_its_bytes_kept(world, content, said):
    before = counts()
    seen = bank_import.RemoteFile("FIR20261123.TXT", len(content), 1)
    done = bank_import.import_file(world, seen, content)
    assert (done.said, done.file.status, done.is_new) == (said, "refused", False)
    assert bytes(done.file.content) == content
    assert counts() == (before[0] + 1, *before[1:])
    assert Notice.objects.get().title == "FIR20261123.TXT of the bank is refused: it cannot be read."
    right = put_in(deposit(A, 1900), deposit(B, 5, 2), modified=2)
    assert (right.file.status, right.file.rows) == ("imported", 2)


def test_a_refused_file_is_read_again_when_the_contract_was_written_down_wrongly(world):
    bank_profiles.change(world, {"account_number": "11111111111", "reason": "打錯"}, actor=ACTOR)
    refused = put_in(deposit(A, 1900), deposit(B, 5, 2)).file
    assert (refused.status, refused.problem) == ("refused", "line 1: 24310012345 is not our account")
    assert put_in(deposit(A, 1900), deposit(B, 5, 2), modified=2).said == (
        "the same bytes as FIR20261123.TXT (refused)"
    )
    with pytest.raises(Refused, match="line 1: 24310012345 is not our account"):
        bank_import.accept_file(refused, reason="再試", actor=ACTOR)
    assert counts() == (1, 0, 0, 0)
    bank_profiles.change(world, {"account_number": bank_world.OWN, "reason": "更正"}, actor=ACTOR)
    done = bank_import.accept_file(refused, reason="帳號已更正", actor=ACTOR)
    assert (done.said, done.file.status, done.file.problem) == ("2 deposits, NT$ 1,905", "imported", "")
    assert counts() == (1, 2, 2, 0)
    deed = AuditEvent.objects.get(action="billing.bank_file_accepted")
    assert (deed.actor_name, deed.reason) == ("test", "帳號已更正")
    with pytest.raises(Refused):
        bank_import.accept_file(done.file, reason="again", actor=ACTOR)
    assert bank_verifier.verify() == []


def test_a_file_that_was_dismissed_by_mistake_is_taken_in_after_all():
    put_in(deposit(A, 1900, 1))
    longer = put_in(deposit(A, 1900, 1), deposit(B, 700, 2), modified=2).file
    bank_import.dismiss_file(longer, reason="看錯", actor=ACTOR)
    bank_import.accept_file(longer, reason="銀行說是對的", actor=ACTOR)
    assert BankDeposit.objects.count() == 2
    assert bank_verifier.verify() == []


def test_dismissed_bytes_under_another_name_are_asked_about_again(world):
    def empty(name: str) -> bank_import.Imported:
        return bank_import.import_file(world, bank_import.RemoteFile(name, 0, 1), b"")

    file_ = empty("FIR20261123.TXT").file
    bank_import.dismiss_file(file_, reason="當日無交易", actor=ACTOR)
    assert empty("FIR20261123.TXT").file.status == "dismissed"
    for day in (24, 25):
        name = f"FIR202611{day}.TXT"
        assert empty(name).said == "the same bytes as FIR20261123.TXT (dismissed)"
        file_.refresh_from_db()
        assert (file_.status, file_.problem) == (
            "aside",
            f"Its bytes, which were dismissed, came again as {name}.",
        )
        assert Notice.objects.latest("pk").title == (
            f"{name} has the bytes of a file that was dismissed: nothing of it is imported."
        )
        bank_import.dismiss_file(file_, reason="當日無交易", actor=ACTOR)
    assert (BankFile.objects.count(), Notice.objects.count(), BankDeposit.objects.count()) == (1, 3, 0)


def test_sums_that_no_account_holds_refuse_the_file():
    most = 10**15 - 1
    done = put_in(deposit(A, most, 1), deposit(A, 1, 2))
    assert (done.file.status, done.said) == (
        "refused",
        "its deposits come to NT$ 1,000,000,000,000,000, which no account holds",
    )
    assert BankDeposit.objects.count() == 0


def test_a_long_file_asks_no_more_questions_than_a_short_one(django_assert_max_num_queries):
    put_in(*(deposit(A, 100 + n, n) for n in range(1, 300)))
    with django_assert_max_num_queries(20):
        put_in(*(deposit(A, 100 + n, n) for n in range(1, 600)), name="FIR20261124.TXT")
    assert BankDeposit.objects.count() == 599


def test_a_row_that_contradicts_the_record_refuses_its_file():
    put_in(deposit(A, 1900))
    other = put_in(deposit(A, 1900, name="別人"), name="FIR20261124.TXT")
    assert other.file.status == "refused"
    assert other.said == "line 1: trade number 0001 of 2026-11-23 is on record with NT$ 1,900"
    assert BankDeposit.objects.count() == 1


def test_a_movement_of_nothing_is_posted_as_it_comes():
    put_in(deposit(A, 0))
    assert DepositClearing.objects.get().state == "posted"


def test_what_came_from_the_bank_is_never_edited():
    done = put_in(deposit(A, 1900))
    row = BankDeposit.objects.get()
    for change in (
        lambda: BankDeposit.objects.filter(pk=row.pk).update(amount=1),
        lambda: BankDeposit.objects.filter(pk=row.pk)._raw_delete("default"),
        lambda: BankFile.objects.filter(pk=done.file.pk).update(content=b""),
        lambda: BankSighting.objects.update(said=""),
    ):
        with pytest.raises(ProgrammingError, match=r"[Cc]annot"), as_owner():
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.pk = None
        row.line = 9
        row.save()
    assert counts() == (1, 1, 1, 0)

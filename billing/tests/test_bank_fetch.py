"""Fetching through the real door: a real SFTP server, every one of its faults, and what is left behind each time."""

from __future__ import annotations

import time

import paramiko
import pytest
from django.conf import settings as django_settings

from billing.bank import sftp
from billing.models import (
    BankDeposit,
    BankFile,
    BankHostKey,
    BankProfile,
    BankSighting,
    BankTransfer,
    Payment,
)
from billing.services import bank_fetch, bank_profiles
from billing.tests import bank_world
from billing.tests.conftest import ACTOR
from luckygas.core import breakers, outbound, secrets
from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent, Notice, OutboundAttempt
from sandbox.testing_bank import RunningBank, bank  # noqa: F401 - the fixture

pytestmark = pytest.mark.django_db
DAY = "2026-11-23"
NAME = "FIR20261123.TXT"


@pytest.fixture(autouse=True)
def english(settings, tmp_path, monkeypatch):
    settings.LANGUAGE_CODE = "en"
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setattr(bank_fetch, "PAUSE", 0.05)
    for name in ("CONNECT_SECONDS", "BANNER_SECONDS", "LOGIN_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(sftp, name, 1.5)


@pytest.fixture
def profile(today, bank: RunningBank, monkeypatch):  # noqa: F811
    """The bank's profile with both of its host keys pinned, its key in the environment."""
    address = bank.address
    made = bank_world.profile(host=address["host"], port=address["port"], folder=address["folder"])
    for line in address["host_keys"]:
        bank_profiles.pin(made, line, reason="電話確認", actor=ACTOR)
    monkeypatch.setenv("BANK_FIRST_KEY", bank.key)
    secrets.of_process.cache_clear()
    breakers.reset("bank", actor=ACTOR, reason="test")
    yield made
    secrets.of_process.cache_clear()


def look(profile: BankProfile) -> BankTransfer:
    """Ask for a look and let a worker do it."""
    row = bank_fetch.request(profile)
    assert row is not None
    BankTransfer.objects.filter(pk=row.pk).update(not_before=row.created_at)
    outbound.run_due(BankTransfer)
    row.refresh_from_db()
    return row


def closed(bank: RunningBank, *amounts: int, day: str = DAY) -> None:  # noqa: F811
    for amount in amounts:
        bank.deposit("99218015000017", amount, "王家小館", date=day)
    bank.close_day(day)


def nothing_came() -> bool:
    return not (BankFile.objects.exists() or BankDeposit.objects.exists() or Payment.objects.exists())


def leftovers() -> list[str]:
    return [str(path) for path in (django_settings.DATA_DIR / "bank").rglob("*")]


def test_the_days_file_is_fetched_once_and_every_look_leaves_its_trace(profile, bank):  # noqa: F811
    closed(bank, 1900, 950)
    row = look(profile)
    assert (row.status, row.files) == ("done", 1)
    assert row.last_said == "FIR20261123.TXT: 2 deposits, NT$ 2,850"
    assert BankDeposit.objects.count() == 2
    assert leftovers() == []
    attempt = OutboundAttempt.objects.get(kind="billing.BankTransfer", row_id=row.pk)
    assert (attempt.deed, attempt.outcome) == ("send", "done")
    again = look(profile)
    assert again.pk != row.pk
    assert (again.status, again.last_said) == ("done", "1 files there, none of them new")
    assert BankSighting.objects.count() == 1
    assert bank.state()["files"][0]["reads"] == 1


def test_an_open_look_is_not_asked_for_twice(profile):
    first = bank_fetch.request(profile)
    assert bank_fetch.request(profile) == first
    BankProfile.objects.update(is_active=False)
    assert bank_fetch.request(profile) is None


def test_sent_twice_is_imported_already(profile, bank):  # noqa: F811
    closed(bank, 1900)
    look(profile)
    for how, name in (("same_name", NAME), ("other_name", "FIR20261124.TXT")):
        bank.fault("sent_twice", how=how, times=1)
        deadline = time.monotonic() + 15
        while True:
            row = look(profile)
            if row.files:
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert row.last_said == f"{name}: already imported as FIR20261123.TXT"
    assert (BankFile.objects.count(), BankDeposit.objects.count()) == (1, 1)


def test_the_same_name_with_another_content_is_an_alarm(profile, bank):  # noqa: F811
    closed(bank, 1900)
    bank.fault("same_name_other_content", times=1)
    look(profile)
    deadline = time.monotonic() + 15
    while not (row := look(profile)).files:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "A file of this name with another content came on 2026-11-23." in row.last_said
    assert sorted(BankFile.objects.values_list("status", flat=True)) == ["aside", "imported"]
    assert BankDeposit.objects.get().amount == 1900
    assert Notice.objects.count() == 1


def test_a_truncated_file_is_refused_and_the_right_one_imported_later(profile, bank):  # noqa: F811
    bank.fault("truncated", times=1)
    closed(bank, 1900, 950)
    row = look(profile)
    assert row.status == "done"
    assert row.last_said == (
        "FIR20261123.TXT: refused at byte 169 (line 2): the file is cut off: the record has 57 of 111 bytes"
    )
    assert (BankDeposit.objects.count(), BankFile.objects.get().size) == (0, 168)
    time.sleep(1.1)  # a file's time has whole seconds
    bank.act("rewrite", date=DAY)
    assert look(profile).last_said == "FIR20261123.TXT: 2 deposits, NT$ 2,850"
    assert sorted(BankFile.objects.values_list("status", flat=True)) == ["imported", "refused"]


def test_rubbish_for_big5_is_refused_with_its_hex(profile, bank):  # noqa: F811
    bank.fault("garbage", times=1)
    closed(bank, 1900)
    assert look(profile).last_said.startswith("FIR20261123.TXT: refused at byte 97 (line 1, payer): fffe80")
    assert BankDeposit.objects.count() == 0
    assert bytes(BankFile.objects.get().content[96:99]) == b"\xff\xfe\x80"


def test_a_growing_file_is_left_until_it_stands_still(profile, bank):  # noqa: F811
    bank.fault("growing", listings=3, times=1)
    closed(bank, 1900, 950)
    row = look(profile)
    assert (row.status, row.last_said) == ("queued", "still being written: FIR20261123.TXT")
    assert nothing_came()
    deadline = time.monotonic() + 15
    while look(profile).status != "done":
        assert time.monotonic() < deadline
    assert BankDeposit.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("down", {}),
        ("frozen", {"where": "connect"}),
        ("frozen", {"where": "listing"}),
        ("frozen", {"where": "open"}),
        ("banner", {}),
        ("reply_lost", {}),
    ],
)
def test_a_bank_that_cannot_be_reached_is_asked_again_later(profile, bank, kind, params):  # noqa: F811
    closed(bank, 1900)
    bank.fault(kind, **params)
    began = time.monotonic()
    row = look(profile)
    assert time.monotonic() - began < 15
    assert row.status == "queued"
    assert row.last_said.startswith("not reached: ")
    assert nothing_came()
    assert leftovers() == []
    bank.clear(kind)
    breakers.reset("bank", actor=ACTOR, reason="test")
    assert look(profile).status == "done"
    assert BankDeposit.objects.count() == 1


def test_after_three_failures_the_bank_is_left_alone(profile, bank):  # noqa: F811
    bank.fault("down")
    for _ in range(3):
        assert look(profile).last_said.startswith("not reached")
    row = look(profile)
    assert (row.status, row.last_said) == ("queued", "the bank was away; nobody asks it for a moment")


def test_slow_is_only_slow(profile, bank):  # noqa: F811
    closed(bank, 1900)
    bank.fault("slow", seconds=0.3, times=3)
    assert look(profile).status == "done"


def test_a_changed_host_key_stops_the_bank_until_a_person_has_looked(profile, bank):  # noqa: F811
    closed(bank, 1900)
    bank.fault("host_key_changed")
    row = look(profile)
    profile.refresh_from_db()
    offered = sftp.fingerprint(profile.offered_key)
    known = sorted(BankHostKey.objects.values_list("fingerprint", flat=True))
    assert row.status == "failed"
    assert profile.stopped_because == (
        f"Host key changed: the bank presents {offered}, known is {', '.join(known)}."
    )
    assert nothing_came()
    assert Notice.objects.get().permission == "billing.trust_bankprofile"
    assert bank_fetch.request(profile) is None
    for words in ({"fingerprint": offered, "reason": " "}, {"fingerprint": "SHA256:else", "reason": "ok"}):
        with pytest.raises(Refused):
            bank_profiles.trust_offered(profile, actor=ACTOR, **words)
    assert BankHostKey.objects.count() == 2
    bank_profiles.trust_offered(profile, fingerprint=offered, reason="行員林小姐電話確認", actor=ACTOR)
    deed = AuditEvent.objects.filter(action="billing.bank_key_trusted").latest("pk")
    assert (deed.actor_name, deed.reason, deed.data["fingerprint"]) == ("test", "行員林小姐電話確認", offered)
    assert look(profile).status == "done"
    assert BankDeposit.objects.count() == 1
    bank.clear("host_key_changed")
    assert look(profile).status == "done"  # the old keys are still known: the bank may go back and forth


def test_a_person_may_go_on_with_the_known_keys(profile, bank):  # noqa: F811
    bank.fault("host_key_changed")
    look(profile)
    bank.clear("host_key_changed")
    with pytest.raises(Refused, match="Say why"):
        bank_profiles.resume(profile, reason="", actor=ACTOR)
    bank_profiles.resume(profile, reason="銀行換回來", actor=ACTOR)
    assert look(profile).status == "done"
    with pytest.raises(Refused, match="not stopped"):
        bank_profiles.resume(profile, reason="again", actor=ACTOR)


def test_without_a_pinned_key_no_server_is_trusted(profile, bank):  # noqa: F811
    closed(bank, 1900)
    BankHostKey.objects.update(retired_at="2026-11-23T00:00Z")
    row = look(profile)
    assert row.status == "failed"
    assert "known is –" in row.last_said
    assert nothing_came()


def test_the_last_known_key_cannot_be_retired(profile):
    first, second = BankHostKey.objects.order_by("pk")
    bank_profiles.retire(first, reason="舊的", actor=ACTOR)
    with pytest.raises(Refused, match="needs one known host key"):
        bank_profiles.retire(second, reason="舊的", actor=ACTOR)
    assert BankHostKey.objects.filter(retired_at__isnull=True).get() == second


def test_a_refused_log_in_says_so_and_asks_for_the_key_anew(profile, bank, monkeypatch):  # noqa: F811
    bank.fault("login_refused")
    row = look(profile)
    assert row.status == "queued"
    assert row.last_said.startswith("log-in refused: the gateway refuses our log-in")
    bank.clear()
    monkeypatch.setenv("BANK_FIRST_KEY", "no key")
    assert look(profile).last_said == "log-in refused: our own key cannot be read"
    monkeypatch.delenv("BANK_FIRST_KEY")
    assert look(profile).last_said.startswith("the key to the bank is not there: BANK_FIRST_KEY is not set")
    assert nothing_came()


def test_a_file_larger_than_agreed_is_never_fetched(profile, bank):  # noqa: F811
    BankProfile.objects.update(largest_file=200)
    closed(bank, 1900, 950)
    row = look(profile)
    assert row.last_said == "FIR20261123.TXT is larger than agreed and was not fetched"
    assert bank.state()["files"][0]["reads"] == 0
    assert nothing_came()
    for _ in range(2):
        look(profile)
    [notice] = Notice.objects.all()
    assert (notice.title, notice.permission) == (row.last_said, "billing.decide_bankfile")
    BankProfile.objects.update(largest_file=222)
    assert look(profile).last_said == "FIR20261123.TXT: 2 deposits, NT$ 2,850"


def test_names_in_big5_hide_no_file(profile, bank):  # noqa: F811
    closed(bank, 1900)
    BankProfile.objects.update(name_pattern="FIRyyyymmdd*.TXT")
    for name in ("對帳單說明.txt", "FIR20261123許功蓋.TXT"):
        bank.act("place", name=name, hex="00")
    row = look(profile)
    assert (row.status, row.files) == ("done", 1)
    assert (BankFile.objects.get().name, BankDeposit.objects.count()) == (NAME, 1)


def test_a_look_that_failed_after_the_bank_was_let_go_on_is_taken_up(profile, bank):  # noqa: F811
    """A person lets the bank go on between its stopping and the failure's being written down."""
    closed(bank, 1900)
    first = bank_fetch.request(profile)
    assert first is not None
    BankTransfer.objects.update(status="failed")
    row = look(profile)
    assert (row.pk, row.status) == (first.pk, "done")
    assert BankDeposit.objects.count() == 1


def test_what_one_who_was_killed_has_left_is_taken_away(profile, bank):  # noqa: F811
    kept = django_settings.DATA_DIR / "bank" / "first-other-bank-abcdefgh"
    left = django_settings.DATA_DIR / "bank" / "first-abcdefgh"
    for folder in (kept, left):
        folder.mkdir(parents=True)
        (folder / ".FIR20261123.TXT.part").write_bytes(b"half")
    assert look(profile).status == "done"
    assert (left.exists(), kept.exists()) == (False, True)


def test_only_files_of_the_agreed_name_are_fetched(profile, bank):  # noqa: F811
    for name in (
        "FIR20261123.TXT.tmp",
        "FIR2026112.TXT",
        "../FIR20261123.TXT",
        "readme.txt",
        "..",
        "fir20261123.TXT",
    ):
        bank.act("place", name=name, hex="00")
    assert look(profile).status == "done"
    assert nothing_came()


def test_the_banks_clock_may_be_ahead(profile, bank):  # noqa: F811
    bank.deposit("99218015000017", 5, date="2026-11-25")
    bank.close_day("2026-11-25")
    assert look(profile).status == "done"
    assert BankDeposit.objects.get().booked_on.isoformat() == "2026-11-25"


def test_one_who_was_never_heard_of_again_is_looked_after(profile, bank):  # noqa: F811
    closed(bank, 1900)
    row = bank_fetch.request(profile)
    assert row is not None
    BankTransfer.objects.update(status="inflight", inflight_since="2026-11-22T00:00Z", attempts=1)
    for _ in range(3):
        outbound.run_due(BankTransfer)
    row.refresh_from_db()
    assert row.status == "done"
    assert BankDeposit.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("account_number", "123", "eleven digits"),
        ("virtual_weights", "370", "digits from 1 to 9"),
        ("name_pattern", "FIR.TXT", "a name with yyyymmdd"),
        ("folder", "OUT", "a path from the root"),
        ("reason", "", "Say why"),
    ],
)
def test_a_profile_is_changed_with_a_reason_and_right_values(today, field, value, said):
    made = bank_world.profile()
    with pytest.raises(Refused, match=said):
        bank_profiles.change(made, {"name": "其他", "reason": "x"} | {field: value}, actor=ACTOR)
    assert BankProfile.objects.get().name == "第一銀行"
    bank_profiles.change(made, {"name": "其他", "reason": "合併"}, actor=ACTOR)
    deed = AuditEvent.objects.get(action="billing.bank_changed")
    assert (deed.reason, deed.data["before"], deed.data["after"]) == (
        "合併",
        {"name": "第一銀行"},
        {"name": "其他"},
    )
    with pytest.raises(Refused, match="no public host key"):
        bank_profiles.pin(made, "ssh-ed25519 AAAA", reason="x", actor=ACTOR)


def test_which_names_stay_in_their_folder_and_can_be_written_down():
    assert [sftp.is_plain_name(name) for name in (NAME, "對帳單", "F" * 200)] == [True] * 3
    wrong = ("", ".", "..", "a/b", "a\\b", "a\n", "a\udcb9", "F" * 201)
    assert [sftp.is_plain_name(name) for name in wrong] == [False] * len(wrong)


def test_our_own_key_may_be_of_any_kind(tmp_path):
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = rsa.generate_private_key(65537, 2048)
    text = made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    assert isinstance(sftp.private_key(text), paramiko.RSAKey)
    with pytest.raises(sftp.LoginRefused, match="cannot be read"):
        sftp.private_key("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----")

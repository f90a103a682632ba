"""The bank's gateway through its real SFTP door, read with a plain client; and each of its faults."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from sandbox.control import ControlError
from sandbox.testing import start
from sandbox.testing_bank import RunningBank, bank  # noqa: F401 - the fixture

pytestmark = pytest.mark.usefixtures("bank")


@contextmanager
def transport(one: RunningBank, user: str = "", key: Path | None = None) -> Iterator[paramiko.Transport]:
    address = one.address
    made = paramiko.Transport((address["host"], address["port"]))
    made.banner_timeout = 3
    try:
        made.connect(
            username=user or address["user"], pkey=paramiko.PKey.from_path(key or address["client_key"])
        )
        yield made
    finally:
        made.close()


@contextmanager
def sftp(one: RunningBank) -> Iterator[paramiko.SFTPClient]:
    with transport(one) as made:
        client = paramiko.SFTPClient.from_transport(made)
        assert client is not None
        channel = client.get_channel()
        assert channel is not None
        channel.settimeout(3)
        yield client


def test_a_day_is_closed_into_one_file_that_is_read_over_sftp(bank: RunningBank) -> None:  # noqa: F811
    bank.deposit("99218014001032", 1900, "王家小館", date="2026-11-23")
    told = bank.deposit("99218014001032", 1900, "王家小館", date="2026-11-23")
    assert (told["number"], told["balance"]) == (2, 3800)
    assert bank.close_day("2026-11-23") == {"name": "FIR20261123.TXT", "movements": 2, "sum": 3800}
    with sftp(bank) as client:
        assert client.listdir("/") == ["OUT"]
        assert client.listdir("/OUT") == ["FIR20261123.TXT"]
        assert client.stat("/OUT/FIR20261123.TXT").st_size == 222
        with client.open("/OUT/FIR20261123.TXT") as stream:
            data = stream.read()
    assert data[:34] == b"2431001234511511230001" + b"0301" + b" " * 7 + b"0"
    assert data.count(b"\r\n") == 2


def test_nothing_can_be_changed_over_sftp(bank: RunningBank) -> None:  # noqa: F811
    bank.deposit("", 5, date="2026-11-23")
    bank.close_day("2026-11-23")
    with sftp(bank) as client:
        with pytest.raises(PermissionError):
            client.open("/OUT/new.txt", "w")
        for deed in (
            lambda: client.remove("/OUT/FIR20261123.TXT"),
            lambda: client.rename("/OUT/FIR20261123.TXT", "/OUT/x"),
            lambda: client.posix_rename("/OUT/FIR20261123.TXT", "/OUT/x"),
            lambda: client.mkdir("/OUT/x"),
        ):
            with pytest.raises(OSError, match="unsupported"):
                deed()
        with pytest.raises(FileNotFoundError):
            client.stat("/etc/passwd")
        with pytest.raises(FileNotFoundError):
            client.listdir("/etc")
        assert client.listdir("/OUT") == ["FIR20261123.TXT"]


def test_only_the_authorised_key_of_the_one_user_gets_in(bank: RunningBank, tmp_path: Path) -> None:  # noqa: F811
    from sandbox.bank.keys import private_key

    private_key(tmp_path / "stranger")
    with pytest.raises(paramiko.AuthenticationException), transport(bank, key=tmp_path / "stranger"):
        pass
    with pytest.raises(paramiko.AuthenticationException), transport(bank, user="root"):
        pass
    made = paramiko.Transport((bank.address["host"], bank.address["port"]))
    try:
        with pytest.raises(paramiko.BadAuthenticationType):
            made.connect(username="luckygas", password="guess")
    finally:
        made.close()


def test_the_same_key_is_the_same_deposit_and_a_closed_day_takes_no_more(bank: RunningBank) -> None:  # noqa: F811
    first = bank.deposit("99218014001032", 950, key="a", date="2026-11-23")
    assert bank.deposit("99218014001032", 950, key="a", date="2026-11-23") == first
    assert bank.close_day("2026-11-23")["movements"] == 1
    assert bank.close_day("2026-11-23")["movements"] == 1
    with pytest.raises(ControlError, match="2026-11-23 is closed already"):
        bank.deposit("99218014001032", 950, date="2026-11-23")
    assert bank.close_day("2026-11-24") == {"name": "", "movements": 0, "sum": 0}
    assert [file["name"] for file in bank.state()["files"]] == ["FIR20261123.TXT"]


def test_what_makes_no_sense_is_refused(bank: RunningBank) -> None:  # noqa: F811
    for request, said in (
        ({"amount": 0}, "amount must be whole NT"),
        ({"amount": "5"}, "amount must be whole NT"),
        ({"amount": 5, "virtual_account": "12a"}, "virtual_account must be up to 16 digits"),
        ({"amount": 5, "date": "1151123"}, "date must be YYYY-MM-DD"),
        ({"amount": 5, "payer": "\U00020bb7"}, "is not in Big5"),
        ({"amount": 5, "status": "ok"}, "status must be one character"),
        ({"amount": 5, "key": ""}, "key must be a text"),
    ):
        with pytest.raises(ControlError, match=said):
            bank.act("deposit", **request)
    for action, request, said in (
        ("rewrite", {"date": "2026-11-23"}, "is not closed"),
        ("place", {"name": ""}, "name must be a text"),
        ("place", {"name": "x", "size": -1}, "size must be 0 to"),
        ("place", {"name": "x", "hex": "zz"}, "hex must be hexadecimal"),
    ):
        with pytest.raises(ControlError, match=said):
            bank.act(action, **request)
    with pytest.raises(ControlError, match="listings must be a whole number"):
        bank.fault("growing", listings=0)
    assert bank.state()["movements"] == 0


def test_state_survives_a_kill_and_so_do_the_keys(bank: RunningBank) -> None:  # noqa: F811
    bank.deposit("99218014001032", 950, date="2026-11-23")
    bank.close_day("2026-11-23")
    bank.fault("slow", seconds=0.01, times=5)
    before = bank.address
    bank.sandbox.kill()
    running = start(bank.sandbox.directory, parties=("bank",))
    try:
        again = RunningBank(running)
        assert again.address["host_keys"] == before["host_keys"]
        assert again.address["client_key"] == before["client_key"]
        assert (again.state()["movements"], len(again.state()["files"])) == (1, 1)
        assert again.state()["faults"][0]["times_left"] == 5
    finally:
        running.stop()


def test_down_and_frozen_and_garbage_never_come_to_a_login(bank: RunningBank) -> None:  # noqa: F811
    for kind in ("down", "frozen", "banner"):
        bank.fault(kind)
        began = time.monotonic()
        with pytest.raises((paramiko.SSHException, EOFError, OSError)), transport(bank):
            pass
        assert time.monotonic() - began < 10
        bank.clear(kind)
    with sftp(bank) as client:
        assert client.listdir("/") == ["OUT"]


def test_a_frozen_listing_never_answers(bank: RunningBank) -> None:  # noqa: F811
    bank.fault("frozen", where="listing")
    with sftp(bank) as client, pytest.raises((TimeoutError, socket.timeout)):
        client.listdir("/OUT")


def test_slow_waits_before_it_answers(bank: RunningBank) -> None:  # noqa: F811
    bank.fault("slow", seconds=0.5, times=1)
    with sftp(bank) as client:
        began = time.monotonic()
        client.listdir("/OUT")
        assert time.monotonic() - began >= 0.5


def test_a_changed_host_key_is_another_key_as_long_as_the_fault_lasts(bank: RunningBank) -> None:  # noqa: F811
    def presented() -> str:
        with transport(bank) as made:
            key = made.get_remote_server_key()
            return f"{key.get_name()} {key.get_base64()}"

    assert presented() in bank.address["host_keys"]
    bank.fault("host_key_changed")
    other = presented()
    assert other not in bank.address["host_keys"]
    bank.clear("host_key_changed")
    assert presented() in bank.address["host_keys"]


def test_login_refused(bank: RunningBank) -> None:  # noqa: F811
    bank.fault("login_refused")
    with pytest.raises(paramiko.AuthenticationException), transport(bank):
        pass


def _read(one: RunningBank, name: str = "FIR20261123.TXT") -> bytes:
    with sftp(one) as client, client.open(f"/OUT/{name}") as stream:
        data: bytes = stream.read()
    return data


def _closed(one: RunningBank) -> None:
    one.deposit("99218014001032", 1900, "王家小館", date="2026-11-23")
    one.deposit("99218014001032", 950, "王家小館", date="2026-11-23")
    one.close_day("2026-11-23")


def test_truncated_and_garbage_files_are_made_good_by_a_rewrite(bank: RunningBank) -> None:  # noqa: F811
    bank.fault("truncated", times=1)
    _closed(bank)
    assert len(_read(bank)) == 222 - 54
    bank.act("rewrite", date="2026-11-23")
    whole = _read(bank)
    assert len(whole) == 222
    bank.fault("garbage", times=1)
    bank.deposit("", 5, "王", date="2026-11-24")
    bank.close_day("2026-11-24")
    with pytest.raises(UnicodeDecodeError):
        _read(bank, "FIR20261124.TXT").decode("big5")


def test_reply_lost_cuts_the_connection_in_the_middle(bank: RunningBank) -> None:  # noqa: F811
    _closed(bank)
    bank.fault("reply_lost", times=1)
    with pytest.raises((OSError, EOFError, paramiko.SSHException)):
        _read(bank)
    assert len(_read(bank)) == 222


def test_growing_shows_more_with_each_listing(bank: RunningBank) -> None:  # noqa: F811
    bank.fault("growing", listings=2, times=1)
    _closed(bank)
    with sftp(bank) as client:
        seen = [(entry.st_size, entry.st_mtime) for _ in range(4) for entry in client.listdir_attr("/OUT")]
    assert [size for size, _ in seen] == [111, 148, 222, 222]
    assert seen[2] == seen[3]
    assert seen[0][1] < seen[1][1] < seen[2][1]


@pytest.mark.parametrize("how", ["same_name", "other_name"])
def test_sent_twice_after_it_was_read(bank: RunningBank, how: str) -> None:  # noqa: F811
    _closed(bank)
    bank.fault("sent_twice", how=how, times=1)
    with sftp(bank) as client:
        before = client.stat("/OUT/FIR20261123.TXT").st_mtime
        assert before is not None
    data = _read(bank)
    name = "FIR20261123.TXT" if how == "same_name" else "FIR20261124.TXT"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with sftp(bank) as client:
            names = client.listdir("/OUT")
            if name in names and (client.stat(f"/OUT/{name}").st_mtime or 0) > before:
                break
    assert _read(bank, name) == data


def test_same_name_other_content_after_it_was_read(bank: RunningBank) -> None:  # noqa: F811
    _closed(bank)
    bank.fault("same_name_other_content", times=1)
    data = _read(bank)
    deadline = time.monotonic() + 10
    while (again := _read(bank)) == data:
        assert time.monotonic() < deadline
    assert (data[48:63], again[48:63]) == (b"000000000001900", b"000000000001909")


def test_the_clock_can_be_off(bank: RunningBank) -> None:  # noqa: F811
    now = bank.state()["now"][:10]
    bank.fault("clock_off", seconds=-86400 * 3)
    assert bank.state()["now"][:10] < now
    assert bank.deposit("", 5)["day"] < now


def test_any_file_can_be_placed_and_taken_away(bank: RunningBank) -> None:  # noqa: F811
    assert bank.act("place", name="big.bin", size=1_000_000) == {"name": "big.bin", "size": 1_000_000}
    assert len(_read(bank, "big.bin")) == 1_000_000
    assert bank.act("place", name="FIR20261123.TXT", hex="ff0a")["size"] == 2
    assert _read(bank) == b"\xff\n"
    assert bank.act("remove", name="big.bin") == {"removed": 1}
    assert bank.sandbox.messages(party="bank") == []

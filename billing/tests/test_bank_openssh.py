"""The same fetching against OpenSSH's own server, where it is installed: a second opinion on the protocol."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from billing.bank import sftp
from billing.tests.bank_world import deposit
from billing.tests.first_file import file
from sandbox.bank.keys import private_key, public_line

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(not SSHD, reason="OpenSSH's sshd is not installed: install openssh-server")
NAME = "FIR20261123.TXT"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def openssh(tmp_path: Path):
    """sshd on a high port of loopback with keys of its own, serving a folder."""
    host, client, port = private_key(tmp_path / "host"), private_key(tmp_path / "client"), free_port()
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "authorized").write_text(public_line(client) + "\n")
    lines = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": tmp_path / "host",
        "PidFile": tmp_path / "pid",
        "AuthorizedKeysFile": tmp_path / "authorized",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "AllowUsers": getpass.getuser(),
        "Subsystem": "sftp internal-sftp",
    }
    config = tmp_path / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
    if os.geteuid() == 0:
        # The service's start makes it, and here it is not started as a service.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    log = tmp_path / "log"
    with log.open("wb") as stream:
        running = subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(config)], stderr=stream)
    address = sftp.Address(
        "127.0.0.1", port, getpass.getuser(), (public_line(host),), (tmp_path / "client").read_text()
    )
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
    yield address, out
    running.terminate()
    running.wait(10)


def test_a_file_is_listed_and_fetched_whole(openssh, tmp_path):
    address, out = openssh
    content = file(deposit("99218015000017", 1900)) * 3000
    (out / NAME).write_bytes(content)
    (out / "folder").mkdir()
    with sftp.connected(address) as gateway:
        [seen] = gateway.listing(str(out))
        assert (seen.name, seen.size) == (NAME, len(content))
        fetched = gateway.fetch(str(out), seen, tmp_path / "in", most=len(content))
        assert fetched.path.read_bytes() == content
        with pytest.raises(sftp.TooLarge):
            gateway.fetch(str(out), seen, tmp_path / "in", most=10)
        (out / NAME).write_bytes(content + b"x")
        with pytest.raises(sftp.StillWritten):
            gateway.fetch(str(out), seen, tmp_path / "again", most=len(content))
    assert list((tmp_path / "again").iterdir()) == []


def test_another_host_key_is_never_trusted(openssh, tmp_path):
    address, _out = openssh
    other = public_line(private_key(tmp_path / "other"))
    wrong = sftp.Address(address.host, address.port, address.username, (other,), address.key)
    with pytest.raises(sftp.HostKeyChanged) as changed, sftp.connected(wrong):
        pass
    assert changed.value.offered == address.host_keys[0]

"""Fetching a 20 MB file from the bank, against OpenSSH's own client in the same run."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sandbox.testing
from bench import stats
from bench.commands import Failed
from bench.premises import House
from bench.report import Result, Table
from billing.bank import sftp
from sandbox.testing_bank import RunningBank

MEGABYTES = 20
SIZE = MEGABYTES * 1_000_000
NAME = "FIR20261123.TXT"
FETCHES = 5
"""In each round, by each client: one alone takes half a second, and half of that is chance."""
TARGET = 1 / 0.75
"""At least three quarters of the speed is at most so many times the seconds."""
CIPHER, MAC = "aes128-ctr", "hmac-sha2-256"
"""What paramiko asks for first; OpenSSH's client is told to take the same."""
HOW = (
    f"A file of {MEGABYTES} MB is fetched from the sandbox's SFTP server on loopback, from connecting to the synced and"
    " renamed file: with `billing.bank.sftp` (host key pinned, SHA-256 on the way) as a worker that runs already does it,"
    " and by OpenSSH's `sftp -b` with the same keys, cipher and digest, alternating. OpenSSH's seconds begin with its"
    " process and have no syncing in them. A round is"
    f" {FETCHES} fetches by each, after one of each that is not counted. The server is one Python process and is the"
    " slower end for both."
)


def measure(house: House, say: Callable[[str], None]) -> Result:
    folder = house.folder / "sftp"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    running = sandbox.testing.start(folder / "sandbox", parties=("bank",))
    try:
        bank = RunningBank(running)
        bank.act("place", name=NAME, size=SIZE)
        return _measure(house, bank, folder, say)
    finally:
        running.stop()


def _measure(house: House, bank: RunningBank, folder: Path, say: Callable[[str], None]) -> Result:
    openssh = shutil.which("sftp")
    ours: list[float] = []
    theirs: list[float] = []
    _ours(bank, folder)
    if openssh is not None:
        _openssh(openssh, bank, folder)
    for number in range(house.rounds):
        deeds = [lambda: ours.append(sum(_ours(bank, folder) for _fetch in range(FETCHES)))]
        if openssh is not None:
            deeds.append(
                lambda: theirs.append(sum(_openssh(openssh, bank, folder) for _fetch in range(FETCHES)))
            )
        for deed in deeds if stats.ours_first(number) else reversed(deeds):
            deed()
        say(f"round {number + 1}: {ours[-1]:.2f} s" + (f", OpenSSH {theirs[-1]:.2f} s" if theirs else ""))
    result = Result(
        name="sftp",
        title="Fetching a file from the bank",
        how=HOW,
        tables=[_table("billing.bank.sftp", ours, "OpenSSH sftp", theirs)],
        raw={"bytes": SIZE, "fetches": FETCHES, "ours": ours, "openssh": theirs},
    )
    if theirs:
        ratio = stats.Ratio(
            f"{FETCHES} × {MEGABYTES} MB over SFTP against OpenSSH's client", TARGET, ours, theirs
        )
        result.verdicts.append(ratio.verdict)
    else:
        result.verdicts.append("OpenSSH's sftp is not installed here: there is nothing to compare with.")
    return result


def _table(name: str, ours: list[float], other: str, theirs: list[float]) -> Table:
    rows: list[list[Any]] = []
    for who, seconds in ((name, ours), (other, theirs)):
        if seconds:
            speeds = [FETCHES * MEGABYTES / one for one in seconds]
            rows.append([who, f"{stats.median(speeds):.1f}", f"{min(speeds):.1f}–{max(speeds):.1f}"])
    return Table(["Client", "MB/s, median", "from – to"], rows)


def _ours(bank: RunningBank, folder: Path) -> float:
    """Seconds of one fetch as a worker does it: its process runs already."""
    told, into = bank.address, folder / "ours"
    address = sftp.Address(told["host"], told["port"], told["user"], tuple(told["host_keys"]), bank.key)
    began = time.monotonic()
    with sftp.connected(address) as gateway:
        file = next(one for one in gateway.listing(told["folder"]) if one.name == NAME)
        gateway.fetch(told["folder"], file, into, most=SIZE)
    return time.monotonic() - began


def _openssh(program: str, bank: RunningBank, folder: Path) -> float:
    """Seconds of the same by OpenSSH's client, with the same keys pinned."""
    told = bank.address
    known, batch, into = folder / "known_hosts", folder / "batch", folder / "theirs"
    into.mkdir(exist_ok=True)
    known.write_text("".join(f"[{told['host']}]:{told['port']} {key}\n" for key in told["host_keys"]))
    batch.write_text(f"get {told['folder']}/{NAME} {into / NAME}\n")
    words = [program, "-q", "-b", str(batch), "-P", str(told["port"]), "-i", told["client_key"]]
    options = ("IdentitiesOnly=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={known}")
    for option in (*options, f"Ciphers={CIPHER}", f"MACs={MAC}", "Compression=no"):
        words += ["-o", option]
    words += ["-F", "none", f"{told['user']}@{told['host']}"]
    result = into / NAME
    result.unlink(missing_ok=True)
    began = time.monotonic()
    done = subprocess.run(
        words, cwd=sandbox.testing.ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    seconds = time.monotonic() - began
    if done.returncode or not result.exists() or result.stat().st_size != SIZE:
        raise Failed(f"{words[0]} fetched nothing: {done.stderr[-1000:]}")
    return seconds

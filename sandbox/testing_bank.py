"""A running bank for tests: a real SFTP server on loopback, with its address and its key."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing import RunningSandbox, eventually, start


class RunningBank:
    """The process and the bank in it."""

    def __init__(self, running: RunningSandbox) -> None:
        self.sandbox = running
        self.root = running.directory / "bank"

    @property
    def address(self) -> dict[str, Any]:
        """Host, port, user, folder, account, host keys, and where the client's key lies."""
        path = self.root / "address.json"
        return dict(json.loads(eventually(lambda: path.read_text() if path.exists() else "")))

    @property
    def key(self) -> str:
        """The client's private key."""
        return Path(self.address["client_key"]).read_text()

    def act(self, action: str, **request: Any) -> dict[str, Any]:
        return self.sandbox.act(action, party="bank", **request)

    def deposit(self, virtual_account: str, amount: int, payer: str = "", **more: Any) -> dict[str, Any]:
        """Tell the bank of a deposit."""
        return self.act("deposit", virtual_account=virtual_account, amount=amount, payer=payer, **more)

    def close_day(self, date: str = "", **more: Any) -> dict[str, Any]:
        """The bank writes the day's file."""
        return self.act("close_day", **({"date": date} if date else {}), **more)

    def fault(self, kind: str, **params: Any) -> dict[str, Any]:
        return self.sandbox.fault(kind, party="bank", **params)

    def clear(self, kind: str | None = None) -> int:
        return self.sandbox.clear(kind)

    def state(self) -> dict[str, Any]:
        return dict(self.sandbox.state()["parties"]["bank"])


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[RunningBank]:
    """The bank alone, fresh, real clock."""
    running = start(tmp_path / "sandbox", parties=("bank",))
    yield RunningBank(running)
    if running.process.poll() is None:
        running.stop()

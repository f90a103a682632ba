"""The sandbox under test: in this process where a rule is meant, as a process of its own where a gateway is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.einvoice.platform import EInvoicePlatform
from sandbox.testing import sandbox  # noqa: F401 - the fixture


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[EInvoicePlatform]:
    """A platform that works only when told to (``tick``)."""
    made = EInvoicePlatform(tmp_path, Clock())
    yield made
    made.close()

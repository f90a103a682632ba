"""One customer who lives in both systems, the old one a real process: what the tests of the mirroring stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from luckygas.core.actor import Actor
from pilot.models import LegacyWrite, SyncConflict, SyncDirty, SyncLink
from pilot.services import consistency, enrolment, mirroring
from pilot.services.line import hang_up
from sandbox.testing_legacy import RunningLegacy

CODE = "1000001"
LEAD = Actor("user", 101, "林組長")


class Mirrored:
    """Both systems and what is between them. ``row`` is the customer here; ``settle`` mirrors until all is quiet."""

    def __init__(self, legacy: RunningLegacy, row: Any) -> None:
        self.legacy, self.row = legacy, row

    def settle(self) -> None:
        mirroring.until_quiet()

    def there(self, table: str = "cust_customer", key: str = CODE) -> dict[str, Any]:
        """The old system's row, its bytes as text."""
        column = "customer_id" if table == "cust_customer" else "order_id"
        with self.legacy.connect() as connection:
            cursor = connection.execute(f"SELECT * FROM {table} WHERE {column} = %s", [key])  # noqa: S608
            found = cursor.fetchone()
            assert found is not None, f"{table} has no {key}"
            names = [one.name for one in cursor.description or ()]
        return {
            name: value.decode("cp950", "backslashreplace") if isinstance(value, bytes) else value
            for name, value in zip(names, found, strict=True)
        }

    def link(self, entity: str = "customer", key: str = CODE) -> SyncLink:
        return SyncLink.objects.get(entity=entity, external_id=key)

    def conflicts(self) -> list[SyncConflict]:
        return list(SyncConflict.objects.filter(state="open").order_by("id"))

    def differences(self) -> list[str]:
        return consistency.compare().unexplained

    def is_equal(self) -> bool:
        """Nothing waits, and the verifier finds nothing."""
        open_rows = LegacyWrite.objects.filter(status__in=LegacyWrite.OPEN).count()
        return not SyncDirty.objects.exists() and not open_rows and not self.differences()


@pytest.fixture
def mirrored(
    legacy: RunningLegacy,
    customer: Callable[..., Any],
    transactional_db: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Mirrored]:
    """A commercial customer in phase "dual", told and equal."""
    from luckygas.core import secrets

    monkeypatch.setenv("LUCKYGAS_LEGACY_URL", legacy.url)
    secrets.forget("LUCKYGAS_LEGACY_URL")
    hang_up()
    _empty(legacy)
    row = customer(CODE, short_name="王家小館", invoice_title="王家小館", address="臺東縣臺東市中山路1號")
    enrolment.move(row, "dual", reason="試辦", actor=LEAD)
    both = Mirrored(legacy, row)
    both.settle()
    yield both
    hang_up()
    secrets.forget("LUCKYGAS_LEGACY_URL")


def _empty(legacy: RunningLegacy) -> None:
    """An earlier test's records leave; its rows are never deleted by the old system itself."""
    with legacy.connect() as connection:
        for table in ("ord_line", "ord_order", "cust_address", "cust_contact", "cust_customer"):
            connection.execute(f"TRUNCATE {table} CASCADE")


__all__ = ["CODE", "LEAD", "Mirrored", "mirrored"]

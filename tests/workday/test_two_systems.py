"""A working day in two systems: mirrored both ways, nobody served twice, nothing unexplained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workday.company import Company, table_of

pytestmark = pytest.mark.slow
SATURDAY, MONDAY = "2026-11-21", "2026-11-23"


@pytest.fixture
def both(loaded: Callable[[str], Company], tmp_path: Path) -> Iterator[Company]:
    """A company whose old system still runs."""
    one = Company(tmp_path, template=loaded(SATURDAY).database)
    one.open_platform(legacy=True)
    yield one
    one.close()


def test_a_day_in_two_systems_ends_equal(both: Company) -> None:
    done = both.manage("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2", ok=False)
    table = table_of(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(table["寫入舊系統"]) > 20
    assert int(table["由舊系統取回"]) > 0
    assert (table["無法解釋的差異"], table["差異"]) == ("0", "0")
    assert both.rows("SELECT count(*) FROM pilot_enrolment WHERE phase <> 'off'") == [(20,)]
    verified = both.manage("verify_consistency")
    assert "0" in table_of(verified.stdout.replace(":", "  ")).values()
    served = both.rows(
        "SELECT count(*) FROM orders_order o JOIN billing_billableevent b ON b.order_id = o.id"
        " WHERE o.served_by = 'legacy'"
    )
    assert served == [(0,)]
    again = both.manage("run_day", "--date", MONDAY, "--seed", "7", "--seconds", "2")
    assert table_of(again.stdout) == table

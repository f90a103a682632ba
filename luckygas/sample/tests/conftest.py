import datetime as dt

import pytest

from luckygas.sample import client_sheet, company

SEED = 7
UNTIL = dt.date(2026, 11, 22)  # a Sunday: the next working day is the day after
SMALL = 0.05


@pytest.fixture(scope="session")
def full():
    """The company at its real size, in memory."""
    return company.build(SEED, 1.0, UNTIL)


@pytest.fixture(scope="session")
def client_rows(full):
    """The 1,267 rows of the client workbook as dicts by column number (1 to 76)."""
    rows = client_sheet.client_rows(SEED, full.clients, full.openings, full.equipment)
    return [dict(enumerate(row, start=1)) for row in rows]


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A directory with a company of a twentieth of the size."""
    directory = tmp_path_factory.mktemp("company")
    for _ in company.write(directory, SEED, SMALL, UNTIL):
        pass
    return directory

"""Companies of small size, loaded once for each last day of history and copied for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workday.company import Company


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Company]]:
    """``loaded("2026-11-21")`` is a company with history up to that day; nobody runs days in it."""
    made: dict[str, Company] = {}

    def load(until: str) -> Company:
        if until not in made:
            made[until] = Company(tmp_path_factory.mktemp("company"))
            made[until].load(until=until)
        return made[until]

    yield load
    for company in made.values():
        company.close()


@pytest.fixture
def company(loaded: Callable[[str], Company], tmp_path: Path) -> Iterator[Callable[..., Company]]:
    """``company("2026-11-21")`` is a copy of that company with a tax platform of its own."""
    open_ones: list[Company] = []

    def copy(until: str, *, simulation: bool = True, legacy: bool = False) -> Company:
        folder = tmp_path / f"company-{len(open_ones)}"  # each has a tax platform of its own
        folder.mkdir()
        one = Company(folder, template=loaded(until).database, simulation=simulation)
        open_ones.append(one)
        one.open_platform(legacy=legacy)
        return one

    yield copy
    for one in open_ones:
        one.close()

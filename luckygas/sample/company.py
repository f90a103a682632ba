"""The synthetic company: all its workbooks, written into a directory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from luckygas.sample import (
    client_sheet,
    fleet,
    history_sheet,
    plan_sheet,
    prices,
    roc,
    supplement_sheet,
    tracks,
)
from luckygas.sample.clients import Clients, commercial
from luckygas.sample.days import Days, days_until
from luckygas.sample.due import home_due
from luckygas.sample.equipment import Equipment, equipment
from luckygas.sample.fleet import Fleet
from luckygas.sample.history import ROWS, History, history
from luckygas.sample.homes import Homes, residential
from luckygas.sample.identifiers import SELLER_UBN
from luckygas.sample.mistakes import FILE_NAME as MISTAKES_FILE
from luckygas.sample.mistakes import Mistakes
from luckygas.sample.openings import Openings, openings

CLIENTS, HOMES = 1_267, 12_027  # at scale 1
# Below these there are too few rows to be wrong in each of the ways that are wanted.
_FEWEST_CLIENTS, _FEWEST_HOMES = 25, 60
README = "README.txt"
MARK = "幸福氣示範資料"  # the first words of README.txt, by which a directory is known as ours
# Everything ``write`` may have left in a directory, also when it was stopped half-way.
_OUR_FILES = (
    client_sheet.FILE_NAME, plan_sheet.FILE_NAME, supplement_sheet.FILE_NAME, fleet.FILE_NAME, prices.FILE_NAME,
    "歷史_*.xlsx", "字軌_*.csv", MISTAKES_FILE, ".*.xlsx.partial",
)  # fmt: skip


@dataclass(frozen=True)
class Company:
    seed: int
    scale: float
    days: Days
    clients: Clients
    openings: Openings
    equipment: Equipment
    homes: Homes
    history: History
    fleet: Fleet


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is complete: its name and how many rows of data it has."""

    name: str
    rows: int


class ForeignDirectoryError(Exception):
    """The directory holds files that this package did not write, so nothing is written into it."""


def build(seed: int, scale: float, until: dt.date) -> Company:
    """The company in memory. ``scale`` multiplies customers, deliveries and fleet; ``until`` ends the history."""
    days = days_until(seed, until)
    clients = commercial(seed, max(_FEWEST_CLIENTS, round(CLIENTS * scale)))
    opened = openings(seed, clients.rows)
    homes = residential(seed, max(_FEWEST_HOMES, round(HOMES * scale)))
    return Company(
        seed=seed,
        scale=scale,
        days=days,
        clients=clients,
        openings=opened,
        equipment=equipment(seed, clients),
        homes=homes,
        history=history(seed, clients, opened, homes, days, round(ROWS * scale)),
        fleet=fleet.fleet(seed, scale, until),
    )


def write(directory: Path, seed: int, scale: float, until: dt.date) -> Iterator[Written]:
    """Write every file into an existing directory, yielding each as it is complete.

    A directory that is not empty must be one of an earlier company (ForeignDirectoryError otherwise); its
    files are removed first, because a history workbook of another year left behind would be imported with the
    new ones. The same arguments give the same cells.
    """
    readme = directory / README
    if any(directory.iterdir()) and not _is_ours(readme):
        raise ForeignDirectoryError(directory)
    for pattern in _OUR_FILES:
        for old in directory.glob(pattern):
            old.unlink()
    readme.write_text(_readme(seed, scale, until), encoding="utf-8")
    yield Written(README, 0)
    company = build(seed, scale, until)
    mistakes = Mistakes()
    rows = client_sheet.client_rows(seed, company.clients, company.openings, company.equipment)
    yield Written(client_sheet.FILE_NAME, client_sheet.write_clients(directory, seed, rows, mistakes))
    yield _plan(directory, company, mistakes)
    known = supplement_sheet.client_supplement(seed, company.clients)
    known += supplement_sheet.home_supplement(seed, company.homes)
    yield Written(
        supplement_sheet.FILE_NAME, supplement_sheet.write_supplement(directory, seed, known, mistakes)
    )
    yield Written(fleet.FILE_NAME, fleet.write_fleet(directory, company.fleet))
    price_rows = prices.price_rows(seed, company.clients, company.days.first, until)
    yield Written(prices.FILE_NAME, prices.write_prices(directory, price_rows))
    for period in tracks.periods_around(until):
        found = tracks.ranges(seed, period, scale)
        yield Written(tracks.write_track(directory, period, found), len(found))
    yield from _histories(directory, company, mistakes)
    mistakes.write(directory)
    yield Written(MISTAKES_FILE, len(mistakes.planted))


def _is_ours(readme: Path) -> bool:
    return readme.is_file() and readme.read_bytes().startswith(MARK.encode())


def _plan(directory: Path, company: Company, mistakes: Mistakes) -> Written:
    history, homes, days = company.history, company.homes, company.days
    due = home_due(company.seed, history.home_last, history.home_habit, days)
    visits = plan_sheet.plan_visits(company.seed, homes, company.clients.rows, history, due, days)
    plan = plan_sheet.Plan(visits, homes, days, [driver.name for driver in company.fleet.drivers])
    return Written(plan_sheet.FILE_NAME, plan_sheet.write_plan(directory, company.seed, plan, mistakes))


def _histories(directory: Path, company: Company, mistakes: Mistakes) -> Iterator[Written]:
    days = company.days
    book = history_sheet.Book(
        seed=company.seed,
        history=company.history,
        codes=np.concatenate((company.clients.codes, company.homes.codes)),
        staff=[driver.name for driver in company.fleet.drivers],
        dates=[roc.number(days.date(day)) for day in range(days.last + 1)],
    )
    for name, rows in history_sheet.write_histories(directory, book, days, mistakes):
        yield Written(name, rows)


def _readme(seed: int, scale: float, until: dt.date) -> str:
    return (
        f"{MARK}\n\n"
        "這裡的客戶、人名、電話、地址、統一編號、帳號都是電腦編造的,不是任何真實的人或公司。\n"
        f"由 manage.py make_sample_data --seed {seed} --scale {scale:g} --until {until.isoformat()} 產生,\n"
        "同樣的參數會得到同樣的內容。\n\n"
        f"賣方統一編號 {SELLER_UBN} 也是編造的。\n"
        f"有些列是故意寫錯的,全部列在 {MISTAKES_FILE}。\n\n"
        "Synthetic data: nobody and no company in these files is real.\n"
    )

"""Everything imported, beside reading the same workbooks and copying the same rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from bench import floor, premises, stats
from bench.commands import Run, run
from bench.premises import House, Premises
from bench.report import Result, Table
from tests.workday.company import IMPORTS, ROOT

TIMES, MEGABYTES = 4.0, 800.0
COMMANDS = [(command, pattern) for command, pattern in IMPORTS if pattern.endswith(".xlsx")]
HOW = (
    "The company's workbooks through the importers' commands, each a process of its own, into an empty migrated"
    " database; beside it one process that reads every sheet of the same workbooks with the same reader and"
    " copies the rows that came of them into the same tables of an equally empty database, triggers, indexes and"
    " constraints on. Wall seconds, the start of Python included; memory is the largest resident set of a process."
)


def measure(house: House, say: Callable[[str], None]) -> Result:
    sample = house.sample()
    files = {pattern: sorted(map(str, sample.glob(pattern))) for _command, pattern in COMMANDS}
    source, empty = house.full(), house.migrated()
    dumped = house.folder / "dump"
    added = floor.dump(source.address, empty.address, dumped)
    added_by_workbooks = {name: rows for name, rows in added.items() if not name.startswith("billing_")}
    say(f"  {sum(added_by_workbooks.values()):,} rows in {len(added_by_workbooks)} tables")
    imports: list[list[Run]] = []
    floors: list[Run] = []

    def ours() -> None:
        one = house.copy("round", empty.database)
        words = [one.command(command, *files[pattern], "--accept-good") for command, pattern in COMMANDS]
        imports.append([run(each, one.env, ROOT) for each in words])
        say(f"  imported in {sum(each.seconds for each in imports[-1]):.1f} s")
        _same(source, one)
        premises.drop(one.database)

    def bare() -> None:
        one = house.copy("floor", empty.database)
        workbooks = [path for found in files.values() for path in found]
        words = [sys.executable, "-m", "bench.floor", *workbooks, "--", str(dumped)]
        floors.append(run(words, one.env, ROOT))
        say(f"  read and copied in {floors[-1].seconds:.1f} s")
        premises.drop(one.database)

    for number in range(house.rounds):
        first, second = (ours, bare) if stats.ours_first(number) else (bare, ours)
        first()
        second()
    return _result(imports, floors, added)


def _same(source: Premises, one: Premises) -> None:
    """A round that imported something else than the source would be compared with the wrong rows."""
    for table in (
        "customers_customer",
        "orders_order",
        "orders_orderline",
        "orders_price",
        "dispatch_driver",
    ):
        query = f"SELECT count(*) FROM {table}"  # noqa: S608 - a constant
        wanted, found = source.rows(query), one.rows(query)
        assert wanted == found, f"{table}: {found} rows, wanted {wanted}"


def _result(imports: list[list[Run]], floors: list[Run], added: dict[str, int]) -> Result:
    seconds = [sum(each.seconds for each in one) for one in imports]
    peak = max(each.peak_mb for one in imports for each in one)
    ratio = stats.Ratio(
        "import against reading and copying", TIMES, seconds, [each.seconds for each in floors]
    )
    rows = [
        [
            f"{command} {pattern}",
            stats.median([one[place].seconds for one in imports]),
            stats.median([one[place].cpu for one in imports]),
            max(one[place].peak_mb for one in imports),
        ]
        for place, (command, pattern) in enumerate(COMMANDS)
    ]
    rows.append(
        ["all of it", stats.median(seconds), stats.median([sum(e.cpu for e in one) for one in imports]), peak]
    )
    bare = stats.median([each.seconds for each in floors])
    cpu = stats.median([each.cpu for each in floors])
    rows.append(["reading and copying", bare, cpu, max(each.peak_mb for each in floors)])
    said = json.loads(floors[-1].output.splitlines()[-1])
    rounds = [
        [number, ours, bare.seconds, ours / bare.seconds]
        for number, (ours, bare) in enumerate(zip(seconds, floors, strict=True), start=1)
    ]
    return Result(
        name="imports",
        title="Everything imported",
        how=HOW,
        verdicts=[ratio.verdict, stats.target("peak memory of an importer", peak, MEGABYTES, "MB")],
        tables=[
            Table(["Command", "median s", "its own CPU s", "peak MB"], rows),
            Table(["Round", "import s", "floor s", "ratio"], rounds),
            Table(
                ["Read and written", "number"], [["cells read", said["cells"]], ["rows copied", said["rows"]]]
            ),
        ],
        raw={
            "imports": [[[each.seconds, each.cpu, each.peak_mb] for each in one] for one in imports],
            "floors": [[each.seconds, each.cpu, each.peak_mb] for each in floors],
            "rows": added,
        },
    )

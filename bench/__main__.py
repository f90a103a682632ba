"""``python -m bench [NAME…] [--quick] [--keep]``; ``make bench`` gives it servers of its own."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import flags, imports, live, machine, mirror, pages, report, run_day, serving, sftp, stats
from bench.commands import Failed
from bench.premises import House
from bench.report import Result

Measure = Callable[[House, Callable[[str], None]], Result]
BENCHMARKS: dict[str, Measure] = {
    "imports": imports.measure,
    "run_day": run_day.measure,
    "serving": serving.measure,
    "pages": pages.measure,
    "flags": flags.measure,
    "sftp": sftp.measure,
    "live": live.measure,
    "mirror": mirror.measure,
}


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure; write docs/performance.md."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all when none")
    parser.add_argument("--quick", action="store_true", help="small and short, to try it; writes no report")
    parser.add_argument(
        "--keep", action="store_true", help="leave the companies, and use those of a run before"
    )
    parser.add_argument(
        "--rounds", type=int, choices=range(1, 21), default=stats.ROUNDS, metavar="N",
        help=f"alternating rounds of a ratio; fewer than {stats.ROUNDS} make it invalid",
    )  # fmt: skip
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    missing = [name for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY") if not os.environ.get(name)]
    if missing:
        parser.error(f"{', '.join(missing)} must be set; `make bench` sets everything")
    folder = Path(os.environ.get("LUCKYGAS_DATA_DIR", ".local/bench"))
    # An installation has its modules compiled; an environment that forbids it would measure the compiler.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder.resolve() / "bytecode")
    rounds = 1 if options.quick else options.rounds
    house = House(folder.resolve(), quick=options.quick, keep=options.keep, rounds=rounds, say=say)
    try:
        for name in options.names or BENCHMARKS:
            _measure(name, house)
    except Failed as failed:
        print(f"\n{failed}", file=sys.stderr)
        return 1
    finally:
        if not options.keep:
            house.clear()
    return 0


def _measure(name: str, house: House) -> None:
    say(name)
    began = time.monotonic()
    about = machine.describe(os.environ["DATABASE_URL"])
    result = BENCHMARKS[name](house, say)
    took = f"{time.monotonic() - began:.0f} s, preparation included"
    result.machine = about | {"load_after": machine.load(), "seconds": took}
    print(report.show(result), flush=True)
    if not house.quick:
        report.keep(result, BENCHMARKS)


if __name__ == "__main__":
    sys.exit(main())

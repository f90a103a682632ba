"""Nothing committed names a person's machine or a package index, and generated files are as they were made."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from deployment import fonts
from deployment.checks.report import Report
from deployment.tree import files

PERSONAL: Final = re.compile(
    r"(?<![\w.}\-/])/(?:home/(?!\{|\$|<|user/|luckygas)[a-z][\w.-]*|Users/[A-Z]\w*|root)/\w"
)
INDEX: Final = re.compile(
    r"\b(?:pypi\.org|(?:files\.|test\.)?python"
    r"hosted\.org|registry\.npmjs\.org|\w[\w.-]*\.jfrog\.io)\b"
    r"|--(?:extra-)?index-url[ =]\S|--find-links[ =]\S"
)
BINARY: Final = (
    ".png",
    ".jpg",
    ".ico",
    ".woff",
    ".woff2",
    ".ttf",
    ".gz",
    ".xlsx",
    ".pdf",
    ".pmtiles",
    ".webp",
)
THIS: Final = "deployment/checks/repository.py"


def check_fonts(root: Path) -> Report:
    """The font of the printed papers and its licence are the files that the manifest describes."""
    return Report(problems=fonts.check(root / "static" / "fonts"))


def check(root: Path) -> Report:
    report = Report()
    hosts = own_hosts(os.environ, _pip_configuration())
    own = re.compile("|".join(map(re.escape, sorted(hosts)))) if hosts else None
    checkout = str(root)
    for path in files(root):
        if path.endswith(BINARY) or path == THIS:
            continue
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if (match := PERSONAL.search(line)) or (checkout.count("/") > 1 and checkout in line):
                what = match[0] if match else checkout
                report.problems.append(f"{path}:{number}: {what!r} is a path of one machine")
            if match := INDEX.search(line) or (own and own.search(line)):
                report.problems.append(f"{path}:{number}: {match[0]!r} is a package index; locks name none")
    return report


def own_hosts(environment: "os._Environ[str] | dict[str, str]", configuration: str) -> set[str]:
    """Hosts and folders of the package index this machine is set up with, so that none is committed."""
    named = [
        value
        for name, value in environment.items()
        if re.fullmatch(r"(PIP|UV)_(\w*INDEX\w*|FIND_LINKS)", name) and value
    ]
    named += re.findall(r"(?:index-url|find-links)='([^']*)'", configuration)
    found = set()
    for address in (word for value in named for word in value.split()):
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") and parts.hostname:
            found.add(parts.hostname)
        elif parts.path.count("/") > 1:
            found.add(parts.path)
    return found


def _pip_configuration() -> str:
    command = [sys.executable, "-m", "pip", "config", "list"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout

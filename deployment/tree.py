"""The files of the project, as version control would list them."""

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
"""The checkout this module belongs to."""

NOT_OURS: Final = frozenset(
    {".git", ".venv", ".local", "__pycache__", "node_modules", "staticfiles", "htmlcov", "test-results"}
    | {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}
)


@cache
def files(root: Path) -> tuple[str, ...]:
    """Paths (with ``/``, relative to ``root``, sorted) of every file that is or would be committed.

    In a checkout git answers, new files that are not ignored included; in an unpacked copy without
    ``.git`` every file counts that does not lie in a folder a tool made.
    """
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            check=True,
            capture_output=True,
        ).stdout.decode()
        return tuple(sorted({name for name in listed.split("\0") if name and (root / name).is_file()}))
    return tuple(sorted(_walk(root)))


def _walk(root: Path) -> Iterator[str]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in NOT_OURS]
        for name in names:
            if not name.endswith((".pyc", ".mo")):
                yield (Path(folder) / name).relative_to(root).as_posix()

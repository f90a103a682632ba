"""A folder as a machine: what of this machine stands in for the base image, and a command run in it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deployment.launcher import processes

INSIDE: Final = Path(__file__).with_name("inside.py")
SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/opt", "/proc", "/dev")
"""Of this machine, read-only: they are what the base image would bring."""
SHIM: Final = "/base"
"""Where ``python`` lies in a room: the base image calls its interpreter so, a machine may not."""
PATH: Final = f"{SHIM}/bin:/usr/local/bin:/usr/bin:/bin"
PASSED: Final = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA", "http_proxy", "https_proxy", "no_proxy")
"""How this machine reaches packages; the steps of the build may need it, and none of it stays."""

Mount = tuple[str, str, str]


@dataclass(frozen=True)
class Base:
    """The interpreter of this machine in the place of the base image's."""

    mounts: tuple[Mount, ...]

    @classmethod
    def of_machine(cls, shim: Path) -> "Base":
        """``shim`` is a folder to write into; it becomes ``/base`` of the room."""
        real = Path(sys.base_prefix)
        mounts: list[Mount] = [(path, path, "ro") for path in SYSTEM if Path(path).exists()]
        if not any(real.is_relative_to(path) for path in SYSTEM):
            # At its own place: the interpreter may look for its library there.
            mounts.append((str(real), str(real), "ro"))
        (shim / "bin").mkdir(parents=True, exist_ok=True)
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        for alias in ("python", "python3"):
            (shim / "bin" / alias).unlink(missing_ok=True)
            (shim / "bin" / alias).symlink_to(real / "bin" / name)
        mounts.append((str(shim), SHIM, "ro"))
        return cls(tuple(mounts))


def words_of(
    root: Path,
    command: Sequence[str],
    *,
    base: Base,
    env: Mapping[str, str],
    cwd: str = "/",
    user: str = "",
    sealed: bool = False,
    mounts: Sequence[Mount] = (),
) -> list[str]:
    """The command line that runs ``command`` in the room ``root``."""
    wish = {
        "root": str(root),
        "mounts": [*base.mounts, *mounts],
        "sealed": sealed,
        "cwd": cwd,
        "user": user,
        "env": dict(env),
        "command": list(command),
    }
    return [sys.executable, str(INSIDE), json.dumps(wish)]


def ways_out() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(PASSED)}


def run(words: list[str], *, seconds: float) -> "subprocess.CompletedProcess[str]":
    """To the end, at most so long; both outputs as one text."""
    process = processes.spawn(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    finally:
        processes.stop(process)
    return subprocess.CompletedProcess(words, process.returncode, output.decode(errors="replace"))

"""The virtual environment and what is generated into the checkout: made when absent, mended when outdated."""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployment.launcher import processes
from deployment.launcher.paths import LOCAL, LOCK_FILE, ROOT, VENV, VENV_PYTHON
from deployment.launcher.talk import Problem, say, step

STAMP = VENV / ".lock-stamp"
_KEPT = {"pip", "setuptools", "wheel"}


def set_up() -> None:
    """Bring the virtual environment and the compiled messages up to date; instant when they are."""
    with _alone():
        if not _is_current():
            _install()
        if _messages_outdated():
            with step("Messages compiled"):
                _run([str(VENV_PYTHON), "-m", "deployment.messages", "compile"], "compiling the messages")


@contextmanager
def _alone() -> Iterator[None]:
    """Two commands in a fresh clone must not build the same environment at once."""
    try:
        LOCAL.mkdir(exist_ok=True)
        handle = os.open(LOCAL / "setup.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as refused:
        raise Problem(
            f"{refused.filename} cannot be written by this user. "
            "Run as the user who owns the checkout, or clone it anew."
        ) from refused
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("· Waiting for another command that sets up this checkout …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _mark() -> str:
    """What the environment depends on: the lock, the interpreter and (for its scripts) the path."""
    lock = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()
    return f"{lock} {sys.version_info[0]}.{sys.version_info[1]} {VENV}\n"


def _is_current() -> bool:
    try:
        return STAMP.read_text() == _mark() and os.access(VENV_PYTHON, os.X_OK)
    except FileNotFoundError:
        return False


def _install() -> None:
    usable = VENV_PYTHON.exists() and _works() and _lies_here()
    if not usable:
        _need_venv()
        with step("Virtual environment"):
            shutil.rmtree(VENV, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(VENV)], "making the virtual environment")
    STAMP.unlink(missing_ok=True)
    with step("Packages of requirements/dev.txt (up to a minute the first time)"):
        # Without --no-deps pip insists on packages that the lock leaves out on purpose.
        pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check"]
        install = ["install", "--quiet", "--no-compile", "--no-deps", "--require-hashes"]
        _run([*pip, *install, "-r", str(LOCK_FILE)], "installing the packages")
        extra = sorted(_installed(pip) - _locked() - _KEPT)
        if extra:
            _run([*pip, "uninstall", "--quiet", "--yes", *extra], "removing packages no longer locked")
        # pip would compile one file after the other, also the packages' own tests; some of it is no valid Python.
        compile_ = [
            str(VENV_PYTHON),
            "-m",
            "compileall",
            "-qq",
            "-j",
            "0",
            "-x",
            "/tests?/",
            str(VENV / "lib"),
        ]
        _run(compile_, "compiling the packages", good=(0, 1))
    STAMP.write_text(_mark())


def _works() -> bool:
    code = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    return subprocess.run([str(VENV_PYTHON), "-c", code], capture_output=True, check=False).returncode == 0


def _lies_here() -> bool:
    """A moved or copied environment still names its old place in its scripts."""
    script = VENV / "bin" / "activate"
    return script.exists() and str(VENV) in script.read_text(errors="replace")


def _need_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise Problem(
            f"{sys.executable} has no venv module. Install it "
            f"(Debian, Ubuntu: apt install python{version}-venv) and run the command again."
        )


def _locked() -> set[str]:
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", LOCK_FILE.read_text(), re.MULTILINE))


def _installed(pip: list[str]) -> set[str]:
    answer = subprocess.run([*pip, "list", "--format=freeze"], capture_output=True, text=True, check=True)
    names = {line.split("==")[0] for line in answer.stdout.splitlines() if "==" in line}
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def _catalogues() -> Iterator[Path]:
    for top in sorted(ROOT.iterdir()):
        if top.is_dir() and not top.name.startswith("."):
            yield from top.glob("**/LC_MESSAGES/*.po")


def _messages_outdated() -> bool:
    for catalogue in _catalogues():
        compiled = catalogue.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < catalogue.stat().st_mtime:
            return True
    return False


def _run(argv: list[str], what: str, good: tuple[int, ...] = (0,)) -> None:
    """Run a command that talks only when it fails."""
    process = processes.spawn(
        argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        output, _ = process.communicate()
    finally:
        processes.stop(process)
    if process.returncode not in good:
        text = output.decode(errors="replace").strip()
        raise Problem(f"{what} failed (exit {process.returncode}):\n{text[-4000:]}")

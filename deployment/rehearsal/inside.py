"""Run one command in a folder as if it were the whole machine. A program of its own: its mounts end with it.

``python inside.py '{"root": …}'`` in a mount namespace of its own (and, when the caller is not root, a user
namespace in which it is) binds folders of the machine into ``root``, makes that the root, becomes the user and
executes the command. ``mounts`` are ``[what, where, "ro" | "rw"]``; what is ``tmpfs`` or a folder. ``sealed``: the
root itself is read-only once all is bound. Uses nothing but the standard library.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
LOCKED = 2 | 4 | 8 | 1024 | 2048 | 1 << 21  # nosuid, nodev, noexec, noatime, nodiratime, relatime
PR_SET_PDEATHSIG = 1


def called(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        sys.exit(f"{what}: {os.strerror(number)}")


def mount(what: str, where: Path, kind: str = "", flags: int = 0, data: str = "") -> None:
    words = [what.encode(), str(where).encode(), kind.encode() or None, flags, data.encode() or None]
    called(LIBC.mount(*words), f"mount {what} at {where}")


def read_only(where: Path) -> None:
    kept = os.statvfs(where).f_flag & LOCKED  # a user namespace may not take these away
    mount("none", where, flags=MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def enter() -> None:
    """Namespaces of our own."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        called(LIBC.unshare(CLONE_NEWNS), "unshare")
    else:
        called(LIBC.unshare(CLONE_NEWNS | CLONE_NEWUSER), "unshare (user namespaces may be switched off)")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    mount("none", Path("/"), flags=MS_REC | MS_PRIVATE)


def furnish(wish: dict[str, Any]) -> None:
    root = Path(wish["root"])
    mount(str(root), root, flags=MS_BIND)
    for what, where, way in wish["mounts"]:
        target = root / where.lstrip("/")
        if Path(what).is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        else:
            target.mkdir(parents=True, exist_ok=True)
        if what == "tmpfs":
            mount("tmpfs", target, "tmpfs", data="mode=1777")
        else:
            mount(what, target, flags=MS_BIND | MS_REC)
            if way == "ro":
                read_only(target)
    if wish["sealed"]:
        read_only(root)
    os.chroot(root)
    os.chdir(wish["cwd"])


def become(user: str) -> None:
    uid, gid = map(int, user.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main() -> None:
    wish = json.loads(sys.argv[1])
    parent = os.getppid()
    os.umask(0o022)
    enter()
    furnish(wish)
    if wish["user"]:
        become(wish["user"])
    # Changing the user forgets the wish to die with the caller, so it is said now.
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the caller is gone")
    environment: dict[str, str] = wish["env"]
    words: list[str] = wish["command"]
    os.environ["PATH"] = environment["PATH"]
    os.execvpe(words[0], words, environment)  # noqa: S606


if __name__ == "__main__":
    main()

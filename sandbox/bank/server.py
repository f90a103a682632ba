"""The SSH and SFTP side of the gateway: public keys only, virtual folders, nothing to write, no renames.

Like a managed file transfer gateway and unlike OpenSSH: the folders are made up, a file is served from the store, and
every request that would change something is refused.
"""

import socket
import stat
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import paramiko
from paramiko import SFTPAttributes, SFTPHandle, SFTPServer, SFTPServerInterface
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)
from paramiko.sftp import SFTP_NO_SUCH_FILE, SFTP_PERMISSION_DENIED

LOOPBACK = "127.0.0.1"
LOGIN_SECONDS = 60


@dataclass(frozen=True)
class Shown:
    """A file as a listing shows it: bytes, and seconds since 1970."""

    name: str
    size: int
    modified: int


@dataclass(frozen=True)
class Served:
    """A file that was opened. ``cut_at``: the connection breaks when a byte at or after this one is asked for."""

    content: bytes
    modified: int
    cut_at: int | None = None


class Desk(Protocol):
    """What the server asks the bank; every call may come from another thread."""

    user: str
    folder: str

    def greeting(self) -> bytes | None:
        """Bytes to say in place of SSH's banner (empty: say nothing, and never answer); None to serve."""
        ...

    def is_down(self) -> bool: ...

    def host_keys(self) -> list[paramiko.PKey]: ...

    def lets_in(self, user: str, key: paramiko.PKey) -> bool: ...

    def delay(self, operation: str) -> float:
        """Seconds to wait before answering; infinite for never."""
        ...

    def listing(self) -> list[Shown]: ...

    def opened(self, name: str) -> Served | None: ...


class Listener:
    """Accepts connections on loopback, each in threads of its own, until closed."""

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self._desk = desk
        self._socket = socket.create_server((LOOPBACK, port))
        self.port: int = self._socket.getsockname()[1]
        self._open: set[Any] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening and cut every connection."""
        # Shut down first: closing alone does not wake the thread that waits in accept.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.cut_all()

    def cut_all(self) -> None:
        """Break every open connection."""
        with self._lock:
            going, self._open = self._open, set()
        for one in going:
            with suppress(OSError, EOFError):
                one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        if self._desk.is_down():
            connection.close()
            return
        greeting = self._desk.greeting()
        if greeting is not None:
            self._remember(connection)
            with suppress(OSError):
                connection.sendall(greeting)
            return  # frozen: the connection stays open and nobody speaks
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(connection)
        self._remember(transport)
        for key in self._desk.host_keys():
            transport.add_server_key(key)
        transport.set_subsystem_handler("sftp", SFTPServer, Folders, desk=self._desk, transport=transport)
        with suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=Door(self._desk))
            channels = []  # a channel nobody holds is closed
            while transport.is_active():
                channels.append(transport.accept(LOGIN_SECONDS))

    def _remember(self, one: Any) -> None:
        with self._lock:
            self._open = {kept for kept in self._open if not _is_over(kept)} | {one}


def _is_over(one: Any) -> bool:
    if isinstance(one, socket.socket):
        return one.fileno() < 0
    return not one.is_active()


class Door(paramiko.ServerInterface):
    """Who may come in: one user, by public key."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL if self._desk.lets_in(username, key) else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class Folders(SFTPServerInterface):
    """``/`` with one folder in it, and the bank's files in that."""

    def __init__(self, server: paramiko.ServerInterface, desk: Desk, transport: paramiko.Transport) -> None:
        super().__init__(server)
        self._desk, self._transport = desk, transport

    def list_folder(self, path: str) -> list[SFTPAttributes] | int:
        self._wait("listing")
        if path == "/":
            return [_folder(self._desk.folder.strip("/"))]
        if path.rstrip("/") != self._desk.folder:
            return SFTP_NO_SUCH_FILE
        return [_file(shown) for shown in self._desk.listing()]

    def stat(self, path: str) -> SFTPAttributes | int:
        self._wait("stat")
        if path in ("/", self._desk.folder):
            return _folder(path.strip("/"))
        name = self._name(path)
        shown = next((one for one in self._desk.listing() if one.name == name), None)
        return SFTP_NO_SUCH_FILE if shown is None else _file(shown)

    def lstat(self, path: str) -> SFTPAttributes | int:
        return self.stat(path)

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> SFTPHandle | int:
        self._wait("open")
        if flags:  # anything but O_RDONLY
            return SFTP_PERMISSION_DENIED
        name = self._name(path)
        served = None if name is None else self._desk.opened(name)
        return SFTP_NO_SUCH_FILE if served is None else _Open(served, self._transport)

    def _name(self, path: str) -> str | None:
        folder, _slash, name = path.rpartition("/")
        return name if folder == self._desk.folder else None

    def _wait(self, operation: str) -> None:
        time.sleep(min(self._desk.delay(operation), 3600.0))


class _Open(SFTPHandle):
    def __init__(self, served: Served, transport: paramiko.Transport) -> None:
        super().__init__()
        self._served, self._transport = served, transport

    def read(self, offset: int, length: int) -> bytes:
        cut_at = self._served.cut_at
        if cut_at is not None and offset + length > cut_at:
            self._transport.close()
            return b""
        return self._served.content[offset : offset + length]

    def stat(self) -> SFTPAttributes:
        return _file(Shown("", len(self._served.content), self._served.modified))


def _file(shown: Shown) -> SFTPAttributes:
    found = SFTPAttributes()
    # A gateway in Taiwan writes names in Big5; most are plain ASCII, which is the same.
    found.filename = shown.name.encode("cp950", "replace")
    found.st_size = shown.size
    found.st_mode = stat.S_IFREG | 0o440
    found.st_mtime = found.st_atime = shown.modified
    return found


def _folder(name: str) -> SFTPAttributes:
    found = SFTPAttributes()
    found.filename = name
    found.st_size = 0
    found.st_mode = stat.S_IFDIR | 0o550
    found.st_mtime = found.st_atime = int(time.time())
    return found

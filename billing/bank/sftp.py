"""Fetching files from a bank's gateway over SFTP; no Django.

Written for gateways that are not OpenSSH: nothing is renamed, removed or written there, folders may be virtual and
slow. A host key is good only when it is one of the pinned ones; there is no first use that is trusted.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko
from paramiko.sftp import CMD_NAME

CONNECT_SECONDS = 10.0
BANNER_SECONDS = 10.0
LOGIN_SECONDS = 15.0
ANSWER_SECONDS = 20.0
KEEPALIVE_SECONDS = 30
CHUNK = 256 * 1024
MOST_NAME = 200
KEY_KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""What a key's kind is called where host keys are negotiated; any other by its own name."""


class BankError(Exception):
    """Nothing was fetched; the message says why, without names of people or keys."""


class Unreachable(BankError):
    """Not there, silent, cut off, or not speaking SSH: try again later."""


class LoginRefused(BankError):
    """The gateway does not take our user or key."""


class HostKeyChanged(BankError):
    """The gateway presents a host key nobody vouched for. ``offered`` is its line (``ssh-ed25519 AAAA…``)."""

    def __init__(self, offered: str, known: Sequence[str]) -> None:
        super().__init__(f"{fingerprint(offered)} is none of {', '.join(known) or 'no known key'}")
        self.offered, self.known = offered, tuple(known)


class TooLarge(BankError):
    """The file has more bytes than were agreed."""


class StillWritten(BankError):
    """The file changed while it was read."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where and as whom; ``host_keys`` are lines of a kind and its base64, ``key`` the private key's text."""

    host: str
    port: int
    username: str
    host_keys: tuple[str, ...]
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as a listing shows it; ``modified`` in seconds since 1970."""

    name: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file on our disk, whole and synced."""

    file: RemoteFile
    path: Path
    sha256: str


def fingerprint(line: str) -> str:
    """``SHA256:…`` of a public key line, as ssh prints it. Raises ValueError for what is no key line."""
    words = line.split()
    if len(words) < 2:
        raise ValueError("a host key is its kind and its base64, for example ssh-ed25519 AAAA…")
    blob = base64.b64decode(words[1], validate=True)
    kind = words[0].encode()
    if blob[4 : 4 + len(kind)] != kind or int.from_bytes(blob[:4], "big") != len(kind):
        raise ValueError(f"this is no {words[0]} key")
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def private_key(text: str) -> paramiko.PKey:
    """The key of a PEM or OpenSSH text; LoginRefused when it is none (the text is not repeated)."""
    for kind in KEY_KINDS:
        try:
            return kind.from_private_key(io.StringIO(text))
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise LoginRefused("our own key cannot be read")


class Gateway:
    """An open connection with one SFTP session; not to be shared between threads."""

    def __init__(self, client: paramiko.SSHClient, sftp: paramiko.SFTPClient) -> None:
        self._client, self._sftp = client, sftp

    def listing(self, folder: str) -> list[RemoteFile]:
        """The plain files of a folder. A name that could leave the folder is left out."""
        with _said_plainly():
            entries = self._sftp.listdir_attr(folder)
        return [
            RemoteFile(entry.filename, entry.st_size or 0, entry.st_mtime or 0)
            for entry in entries
            if is_plain_name(entry.filename) and not stat.S_ISDIR(entry.st_mode or 0)
        ]

    def fetch(
        self,
        folder: str,
        file: RemoteFile,
        into: Path,
        *,
        most: int,
        seconds: float = 240.0,
        on_progress: Callable[[], None] = lambda: None,
    ) -> Fetched:
        """Read the file into the folder ``into``: another name first, synced, then renamed.

        Raises TooLarge before anything is read, StillWritten when it is not what the listing showed, Unreachable when
        it takes longer than ``seconds``; nothing stays on the disk then. ``on_progress`` is called now and then.
        """
        if not is_plain_name(file.name):
            raise BankError(f"{file.name!r} is no name of a file in the folder")
        if file.size > most:
            raise TooLarge(f"{file.name}: {file.size} bytes, at most {most} were agreed")
        into.mkdir(parents=True, exist_ok=True)
        half, whole = into / f".{file.name}.part", into / file.name
        try:
            sha256 = self._read(f"{folder.rstrip('/')}/{file.name}", file, half, seconds, on_progress)
            half.replace(whole)
            _sync_folder(into)
        finally:
            half.unlink(missing_ok=True)
        return Fetched(file, whole, sha256)

    def _read(
        self, path: str, file: RemoteFile, half: Path, seconds: float, on_progress: Callable[[], None]
    ) -> str:
        deadline, digest, size = time.monotonic() + seconds, hashlib.sha256(), 0
        with _said_plainly(), self._sftp.open(path, "rb") as remote, half.open("wb") as local:
            remote.prefetch(file.size)
            while chunk := remote.read(min(CHUNK, file.size - size)):
                digest.update(chunk)
                local.write(chunk)
                size += len(chunk)
                on_progress()
                if time.monotonic() > deadline:
                    raise Unreachable(f"{file.name}: only {size} of {file.size} bytes in {seconds:.0f} s")
            local.flush()
            os.fsync(local.fileno())
            after = remote.stat()
        if (size, after.st_size or 0, after.st_mtime or 0) != (file.size, file.size, file.modified):
            raise StillWritten(f"{file.name}: {size} bytes were read, the listing showed {file.size}")
        return digest.hexdigest()


@contextmanager
def connected(address: Address) -> Iterator[Gateway]:
    """Connect, hold the host key against the pinned ones, log in by key, open SFTP."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_OnlyPinned(address.host_keys))
    try:
        with _said_plainly():
            connection = socket.create_connection((address.host, address.port), timeout=CONNECT_SECONDS)
            # Without it small requests wait for the acknowledgement of the one before: 1-5 MB/s instead of 100.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.connect(
                address.host,
                address.port,
                username=address.username,
                pkey=private_key(address.key),
                sock=connection,
                timeout=CONNECT_SECONDS,
                banner_timeout=BANNER_SECONDS,
                auth_timeout=LOGIN_SECONDS,
                channel_timeout=LOGIN_SECONDS,
                allow_agent=False,
                look_for_keys=False,
                transport_factory=_pinned_kinds_first(address.host_keys),
            )
            sftp = _session(client)
        yield Gateway(client, sftp)
    finally:
        client.close()


def _session(client: paramiko.SSHClient) -> paramiko.SFTPClient:
    transport = client.get_transport()
    assert transport is not None, "connected a moment ago"
    transport.set_keepalive(KEEPALIVE_SECONDS)
    channel = transport.open_session(timeout=LOGIN_SECONDS)
    # Before the first word: a session that a gateway opens and never serves would wait without end.
    channel.settimeout(ANSWER_SECONDS)
    channel.invoke_subsystem("sftp")
    return _AnyNames(channel)


class _AnyNames(paramiko.SFTPClient):
    """Lists a folder whatever its names are written in: one in Big5 would otherwise hide all the others."""

    def _request(self, kind: Any, *words: Any) -> Any:
        answered, message = super()._request(kind, *words)
        return answered, _AnyText(message.get_remainder()) if answered == CMD_NAME else message


class _AnyText(paramiko.Message):
    def get_text(self) -> str:
        """Text in UTF-8; other bytes become signs that no plain name has."""
        return self.get_string().decode("utf-8", "surrogateescape")


def is_plain_name(name: str) -> bool:
    """A name that stays in its folder, can be shown, and is no longer than a name may be."""
    return (
        bool(name)
        and name not in (".", "..")
        and "/" not in name
        and "\\" not in name
        and name.isprintable()
        and len(name) <= MOST_NAME
    )


class _OnlyPinned(paramiko.RejectPolicy):
    """Refuses every host key but the pinned ones. The client is given no known hosts, so that it always asks."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = {" ".join(line.split()[:2]) for line in lines}

    def missing_host_key(self, client: Any, hostname: str, key: paramiko.PKey) -> None:
        offered = f"{key.get_name()} {key.get_base64()}"
        if offered not in self._lines:
            raise HostKeyChanged(offered, sorted(fingerprint(line) for line in self._lines))


def _pinned_kinds_first(lines: Sequence[str]) -> Any:
    """Makes transports that ask for the kinds of the pinned keys before any other."""
    kinds = [name for line in lines for name in ALGORITHMS.get(line.split()[0], (line.split()[0],))]

    def make(*words: Any, **options: Any) -> paramiko.Transport:
        transport = paramiko.Transport(*words, **options)
        security = transport.get_security_options()
        known = [kind for kind in dict.fromkeys(kinds) if kind in security.key_types]
        security.key_types = [*known, *(kind for kind in security.key_types if kind not in known)]
        return transport

    return make


@contextmanager
def _said_plainly() -> Iterator[None]:
    """What the library and the socket raise, as one of our own errors."""
    try:
        yield
    except BankError:
        raise
    except paramiko.AuthenticationException as error:
        raise LoginRefused(f"the gateway refuses our log-in: {error}") from error
    except FileNotFoundError as error:
        raise Unreachable("the gateway has no such folder or file") from error
    except (paramiko.SSHException, EOFError, OSError, UnicodeError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}".rstrip(": ")) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

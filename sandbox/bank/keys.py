"""Keys of the bank's gateway, made when they are first wanted; none is ever part of the project."""

import os
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST_KINDS = ("ed25519", "ecdsa")


def private_key(path: Path, kind: str = "ed25519") -> paramiko.PKey:
    """The key kept at ``path``, made first when there is none. Only its owner may read the file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = (
            ed25519.Ed25519PrivateKey.generate()
            if kind == "ed25519"
            else ec.generate_private_key(ec.SECP256R1())
        )
        text = made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        half = path.with_name(f".{path.name}.tmp")
        half.unlink(missing_ok=True)
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text)
        half.replace(path)
    return paramiko.PKey.from_path(path)


def public_line(key: paramiko.PKey) -> str:
    """``ssh-ed25519 AAAA…``, as key lists write it."""
    return f"{key.get_name()} {key.get_base64()}"


def authorized(path: Path) -> set[str]:
    """The key lines of an ``authorized_keys`` file, without comments."""
    if not path.exists():
        return set()
    lines = (line.split() for line in path.read_text().splitlines())
    return {" ".join(words[:2]) for words in lines if len(words) >= 2}

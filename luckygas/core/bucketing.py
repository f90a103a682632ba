"""A stable lottery number per subject, for roll-outs and experiments."""

from hashlib import sha256

BUCKETS = 10_000


def bucket(salt: str, key: str) -> int:
    """The bucket 0…9999 of `key` under `salt`.

    The first 32 bits, big-endian, of SHA-256 over UTF-8 `salt:key`, modulo 10,000: the same on every
    machine and for ever, and independent between salts.
    """
    digest = sha256(f"{salt}:{key}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % BUCKETS

"""Which ports the parties that listen should take, as the command line said; 0 lets the system choose."""

from collections.abc import Iterable, Mapping

_wanted: dict[str, int] = {}


def read(pairs: Iterable[str]) -> dict[str, int]:
    """``["twilio=8200"]`` as a mapping. Raises ValueError with what would be right."""
    found = {}
    for pair in pairs:
        name, sign, number = pair.partition("=")
        if not (name and sign and number.isdigit() and int(number) <= 65535):
            raise ValueError(f"--port takes PARTY=NUMBER with a number from 0 to 65535, not {pair!r}")
        found[name] = int(number)
    return found


def want(chosen: Mapping[str, int]) -> None:
    """Remember for the parties that are about to open."""
    _wanted.update(chosen)


def wanted(name: str) -> int:
    """A party's port, 0 when nothing was said."""
    return _wanted.get(name, 0)

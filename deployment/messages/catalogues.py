"""Which catalogues there are, which file belongs to which, and reading, writing and compiling them."""

import io
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

from deployment.tree import files

LOCALE: Final = "zh_Hant"
"""The folder Django looks in for ``zh-hant``, and for ``zh-tw`` through it."""

APPS: Final = {
    "core": "luckygas/core",
    "customers": "customers",
    "orders": "orders",
    "dispatch": "dispatch",
    "billing": "billing",
    "pilot": "pilot",
}
"""Catalogue name → folder of the app."""

ROOF: Final = "roof"
PACKAGES: Final = "packages"

HEADER: Final = """\
# {title}
# Written by people, ordered by `python -m deployment.messages update`.
msgid ""
msgstr ""
"Project-Id-Version: luckygas\\n"
"Language: zh_Hant\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


class BrokenCatalogueError(Exception):
    """A .po file that cannot be read; the text names file, line and remedy."""


@dataclass(frozen=True)
class Text:
    """One text asked for in the code, and where: path relative to the root, and line."""

    msgid: str
    plural: str | None
    context: str | None
    path: str
    line: int

    @property
    def key(self) -> tuple[str | None, str]:
        return (self.context, self.msgid)


@dataclass(frozen=True)
class CatalogueFile:
    """One .po file. ``domain`` is ``django`` for pages and Python, ``djangojs`` for scripts."""

    name: str
    domain: str
    path: Path

    @property
    def compiled(self) -> Path:
        return self.path.with_suffix(".mo")


def locale_folder(root: Path, name: str) -> Path:
    if name == ROOF:
        return root / "locale"
    if name == PACKAGES:
        return root / "locale" / "packages"
    return root / APPS[name] / "locale"


def catalogue_file(root: Path, name: str, domain: str) -> CatalogueFile:
    return CatalogueFile(name, domain, locale_folder(root, name) / LOCALE / "LC_MESSAGES" / f"{domain}.po")


def every_file(root: Path) -> Iterator[CatalogueFile]:
    """Every catalogue that exists below ``root``."""
    for name in (*APPS, ROOF, PACKAGES):
        for domain in ("django", "djangojs"):
            catalogue = catalogue_file(root, name, domain)
            if catalogue.path.exists():
                yield catalogue


def owner_of(path: str) -> str | None:
    """The catalogue a source file's texts belong to; None when people never see its texts.

    An app's templates and scripts stand in ``templates/<app>/`` and ``static/<app>/`` and belong to the
    app, as do its pages inside the admin (``templates/admin/<app>/``); everything else is the roof's.
    """
    parts = PurePosixPath(path).parts
    if {"tests", "migrations", "vendor", "locale"} & set(parts[:-1]) or parts[-1].endswith(".min.js"):
        return None
    for name, folder in APPS.items():
        if path.startswith(f"{folder}/"):
            return name
    if parts[0] == "luckygas":
        return ROOF
    if parts[0] in ("templates", "static"):
        inner = parts[2:] if len(parts) > 1 and parts[1] == "admin" else parts[1:]
        return inner[0] if len(inner) > 1 and inner[0] in APPS else ROOF
    return None


def sources(root: Path, suffix: str) -> Iterator[tuple[str, str]]:
    """(owner, path) of every source file with this suffix whose texts people see, in path order."""
    for path in files(root):
        if path.endswith(suffix) and (owner := owner_of(path)) is not None:
            yield owner, path


def read(catalogue: CatalogueFile) -> Catalog:
    """The catalogue, empty when the file does not exist. BrokenCatalogueError when it cannot be read."""
    if not catalogue.path.exists():
        return Catalog(locale=LOCALE)
    try:
        source = catalogue.path.read_bytes()
        _quotes_close(catalogue.path, source.decode())
        return read_po(io.BytesIO(source), locale=LOCALE, abort_invalid=True)
    except PoFileError as error:
        line = (error.lineno or 0) + 1
        raise BrokenCatalogueError(f"{catalogue.path}:{line}: {error}; mend this line") from error
    except UnicodeDecodeError as error:
        raise BrokenCatalogueError(f"{catalogue.path}: not UTF-8 ({error}); save it as UTF-8") from error


def _quotes_close(path: Path, source: str) -> None:
    """Babel reads a line without its closing quote as a text one character shorter."""
    for number, line in enumerate(source.splitlines(), start=1):
        if line.startswith(("msg", '"')) and not re.search(r'"(?:[^"\\]|\\.)*"$', line.rstrip()):
            raise BrokenCatalogueError(f"{path}:{number}: the quotes do not close; mend this line")


def update(catalogue: CatalogueFile, texts: Iterable[Text], *, title: str) -> tuple[int, int]:
    """Give the catalogue exactly these texts, keeping every translation it has.

    Returns (texts without a translation, entries dropped because nothing asks for them any more).
    """
    old = read(catalogue)
    new = Catalog(locale=LOCALE)
    for text in texts:
        known = old.get(text.msgid, context=text.context)
        msgid: str | tuple[str, str] = (text.msgid, text.plural) if text.plural else text.msgid
        listed = new.get(text.msgid, context=text.context)
        if listed is not None and isinstance(listed.id, list | tuple):
            # the same text also asked for without number: gettext finds the plural entry
            msgid = (listed.id[0], listed.id[1])
        translation = _kept(known.string if known else "", plural=isinstance(msgid, tuple))
        new.add(
            msgid,
            translation,
            context=text.context,
            locations=[(text.path, 1)],
            user_comments=known.user_comments if known else (),
        )
    missing = sum(1 for message in new if message.id and not _filled(message.string))
    dropped = sum(1 for message in old if message.id and new.get(message.id, message.context) is None)
    write(catalogue, new, title=title)
    return missing, dropped


def _kept(old: object, *, plural: bool) -> str | tuple[str, ...]:
    first = str(old[0]) if isinstance(old, list | tuple) and old else str(old or "")
    return (first,) if plural else first


def _filled(string: object) -> bool:
    return all(string) and bool(string) if isinstance(string, list | tuple) else bool(string)


def write(catalogue: CatalogueFile, content: Catalog, *, title: str) -> None:
    """Write the .po, sorted by text, without dates (they would make every merge a conflict)."""
    if not any(message.id for message in content):
        catalogue.path.unlink(missing_ok=True)
        return
    catalogue.path.parent.mkdir(parents=True, exist_ok=True)
    scratch = catalogue.path.with_suffix(f".{os.getpid()}.new")
    with scratch.open("wb") as stream:
        stream.write(HEADER.format(title=title).encode())
        write_po(stream, content, omit_header=True, sort_output=True, include_lineno=False, width=110)
    body = re.sub(rb"\n+\Z", b"\n", scratch.read_bytes())
    scratch.write_bytes(body)
    scratch.replace(catalogue.path)


def compile_all(root: Path, *, force: bool = False) -> list[Path]:
    """Write each .mo that is missing or older than its .po; several processes may do so at once."""
    written = []
    for catalogue in every_file(root):
        target = catalogue.compiled
        if not force and target.exists() and target.stat().st_mtime_ns >= catalogue.path.stat().st_mtime_ns:
            continue
        content = read(catalogue)
        scratch = target.with_suffix(f".{os.getpid()}.new")
        with scratch.open("wb") as stream:
            write_mo(stream, content)
        scratch.replace(target)
        written.append(target)
    return written

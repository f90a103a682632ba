"""What must be true of the catalogues before people see them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Message

from deployment.messages.catalogues import (
    PACKAGES,
    BrokenCatalogueError,
    CatalogueFile,
    Text,
    catalogue_file,
    every_file,
    read,
)
from deployment.messages.extract import UnreadableTextError, from_tree
from deployment.messages.literals import CHINESE, WORD, foreign_words, in_tree
from deployment.messages.packages import untranslated

NAMED: Final = re.compile(r"%\((\w+)\)[-#0+]?\d*(?:\.\d+)?[a-zA-Z]")
UNNAMED: Final = re.compile(r"(?<!%)(?:%%)*%([sdif])")
BRACED: Final = re.compile(r"(?<!\{)\{(\w*)(?:[!:][^{}]*)?\}(?!\})")


def placeholders(text: str) -> Counter[str]:
    """How often each placeholder stands in a text: ``%(name)s``, ``%s`` and ``{name}`` kinds."""
    found = Counter(f"%({name})" for name in NAMED.findall(text))
    found.update(f"%{kind}" for kind in UNNAMED.findall(NAMED.sub("", text)))
    found.update(f"{{{name}}}" for name in BRACED.findall(text))
    return found


def problems(root: Path) -> Iterator[str]:
    """Every problem, as ``path:line: what is wrong``; the packages' catalogue included."""
    try:
        wanted = from_tree(root)
    except UnreadableTextError as error:
        yield str(error)
        return
    for domain in ("django", "djangojs"):
        wanted[(PACKAGES, domain)] = untranslated(domain)
    answers: dict[tuple[str, str | None, str], tuple[str, str]] = {}
    try:
        for (name, domain), texts in wanted.items():
            yield from not_english(texts)
            yield from unanswered(root, catalogue_file(root, name, domain), texts)
        for catalogue in every_file(root):
            where = catalogue.path.relative_to(root).as_posix()
            for line, message in entries(catalogue):
                yield from _entry(f"{where}:{line}", message)
                yield from _clash(answers, catalogue.domain, f"{where}:{line}", message)
    except BrokenCatalogueError as error:
        yield str(error)
    yield from in_tree(root)


def unanswered(root: Path, catalogue: CatalogueFile, texts: Iterable[Text]) -> Iterator[str]:
    """Texts without a translation in the catalogue they belong to."""
    content = read(catalogue)
    where = catalogue.path.relative_to(root).as_posix()
    seen = set()
    for text in texts:
        message = content.get(text.msgid, context=text.context)
        if message is not None and _first(message) and not (text.plural and not message.pluralizable):
            continue
        if text.key not in seen:
            seen.add(text.key)
            yield f"{text.path}:{text.line}: {text.msgid!r} has no translation in {where}"


def not_english(texts: Iterable[Text]) -> Iterator[str]:
    """Texts written in Chinese in the code: the English screens would show them as they are."""
    for text in texts:
        if CHINESE.search(text.msgid) and not WORD.search(BRACED.sub("", NAMED.sub("", text.msgid))):
            yield f"{text.path}:{text.line}: {text.msgid!r} is the key of a translation; write it in English"


def _first(message: Message) -> str:
    string = message.string
    return str(string[0]) if isinstance(string, list | tuple) and string else str(string or "")


def entries(catalogue: CatalogueFile) -> Iterator[tuple[int, Message]]:
    """(line, entry) of every entry of a catalogue but its header."""
    for message in read(catalogue):
        if message.id:
            yield message.lineno or 1, message


def _entry(where: str, message: Message) -> Iterator[str]:
    ids = message.id if isinstance(message.id, list | tuple) else (message.id,)
    if message.fuzzy:
        yield f"{where}: {ids[0]!r} is marked fuzzy; check the translation and take the mark away"
    translation = _first(message)
    if not translation:
        return
    if translation == ids[0] and foreign_words(translation):
        yield f"{where}: {ids[0]!r} is its own translation"
    # A language without plural forms says everything with the plural's placeholders; the singular may
    # have fewer of them ("One order"), never others.
    needed, given = placeholders(ids[-1]), placeholders(translation)
    for name in sorted(needed.keys() - given.keys()):
        yield f"{where}: the translation of {ids[0]!r} lost the placeholder {name}"
    for name in sorted(given.keys() - needed.keys()):
        yield f"{where}: the translation of {ids[0]!r} has {name}, which the text does not have"
    if any(needed[kind] != given[kind] for kind in needed if kind.startswith("%") and len(kind) == 2):
        yield f"{where}: the translation of {ids[0]!r} has another number of unnamed placeholders"


def _clash(
    answers: dict[tuple[str, str | None, str], tuple[str, str]], domain: str, where: str, message: Message
) -> Iterator[str]:
    """All catalogues are poured into one, so two answers to the same text mean one of them is lost."""
    msgid = message.id[0] if isinstance(message.id, list | tuple) else str(message.id)
    translation = _first(message)
    if not translation:
        return
    first_translation, first_where = answers.setdefault(
        (domain, message.context, msgid), (translation, where)
    )
    if first_translation != translation:
        yield (
            f"{where}: {msgid!r} is {translation!r} here and {first_translation!r} in {first_where};"
            " agree on one, or tell them apart with pgettext"
        )

"""What installed packages show people and leave untranslated in zh-Hant.

Several packages ship no Traditional Chinese at all. Their texts are collected here, minus what Django's
own catalogues already answer, into ``locale/packages``; after an upgrade ``update --packages`` writes the
new texts into it, empty, and ``check`` names them until somebody has translated them.
"""

import gettext
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deployment.messages.catalogues import LOCALE, Text
from deployment.messages.extract import (
    SCRIPT_GETTEXT,
    UnreadableTextError,
    from_python,
    from_script,
    from_template,
)

SHOWN: Final = {
    "django": (
        "conf/",
        "core/validators.py",
        "core/paginator.py",
        "db/models",
        "db/backends/postgresql",
        "forms",
        "http",
        "utils",
        "views/",
        "contrib/admin/",
        "contrib/auth/",
        "contrib/contenttypes/",
        "contrib/humanize/",
        "contrib/messages/",
        "contrib/postgres/",
        "contrib/sessions/",
    ),
    "rest_framework": ("",),
    "unfold": ("",),
    "axes": ("",),
    "django_filters": ("",),
    "drf_spectacular": ("",),
    "pghistory": ("",),
    "pgtrigger": ("",),
    "django_prometheus": ("",),
    "django_structlog": ("",),
    "csp": ("",),
}
"""Package → the parts whose texts can reach a person here ('' means all of it)."""

HIDDEN: Final = (
    "unfold/contrib/constance/",
    "unfold/contrib/guardian/",
    "unfold/contrib/import_export/",
    "unfold/contrib/location_field/",
    "unfold/contrib/simple_history/",
    "unfold/templates/admin/import_export/",
    "django/conf/app_template/",
    "django/conf/project_template/",
    "django/views/templates/i18n_catalog.js",
    "django/contrib/auth/management/",
    "rest_framework/authtoken/",
)
"""Parts that are not switched on here."""

NOT_TEXT: Final = frozenset(
    {"/locale/", "/tests/", "/test/", "/migrations/", "/management/", "/vendor/", "/node_modules/"}
)

NAMES_OF_LANGUAGES: Final = "django/conf/global_settings.py"
"""Ninety names of languages, of which people here see two."""


def folder_of(package: str) -> Path | None:
    """Where an installed package lies; None when it is not installed."""
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def texts(package: str, domain: str) -> Iterator[Text]:
    """Every text the shown parts of an installed package ask for. Paths start with the package's name."""
    folder = folder_of(package)
    if folder is None:
        return
    suffixes = (".js",) if domain == "djangojs" else (".py", ".html", ".txt")
    for file in sorted(folder.rglob("*")):
        inner = file.relative_to(folder).as_posix()
        path = f"{package}/{inner}"
        if file.suffix not in suffixes or path.endswith(".min.js") or path == NAMES_OF_LANGUAGES:
            continue
        if not inner.startswith(SHOWN[package]) or path.startswith(HIDDEN):
            continue
        if any(part in f"/{path}" for part in NOT_TEXT) or (
            file.suffix == ".txt" and "templates/" not in inner
        ):
            continue
        yield from _texts_of(file, path)


def _texts_of(file: Path, path: str) -> Iterator[Text]:
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".js":
        if SCRIPT_GETTEXT.search(source):
            yield from from_script(source, path)
        return
    reader = from_python if file.suffix == ".py" else from_template
    try:
        yield from reader(source, path)
    except (UnreadableTextError, SyntaxError):
        return  # somebody else's file: what cannot be read there cannot be translated here


def shipped(domain: str) -> set[tuple[str | None, str]]:
    """(context, text) of everything the packages' own zh-Hant catalogues answer."""
    answered: set[tuple[str | None, str]] = set()
    for package in SHOWN:
        folder = folder_of(package)
        for compiled in sorted(folder.rglob(f"locale/{LOCALE}/LC_MESSAGES/{domain}.mo")) if folder else ():
            inner = compiled.relative_to(folder).as_posix() if folder else ""
            if not inner.startswith(SHOWN[package]):
                continue
            with compiled.open("rb") as stream:
                catalogue = gettext.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]
            for key in catalogue:
                text = key[0] if isinstance(key, tuple) else key
                context, _, msgid = text.rpartition("\x04")
                answered.add((context or None, msgid))
    return answered


def untranslated(domain: str) -> list[Text]:
    """The texts ``locale/packages`` must answer, each once, where it is first asked for."""
    answered = shipped(domain)
    first: dict[tuple[str | None, str], Text] = {}
    for package in SHOWN:
        for text in texts(package, domain):
            if text.key not in answered:
                first.setdefault(text.key, text)
    return list(first.values())

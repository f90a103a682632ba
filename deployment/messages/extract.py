"""Every text the code asks gettext for, from Python, Django templates and scripts."""

import ast
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.extract import extract_javascript, extract_python
from django.utils.translation.template import templatize

from deployment.messages.catalogues import Text, sources

SINGULAR: Final = frozenset({"gettext", "gettext_lazy", "gettext_noop", "N_"})
PLURAL: Final = frozenset({"ngettext", "ngettext_lazy"})
IN_CONTEXT: Final = frozenset({"pgettext", "pgettext_lazy"})
PLURAL_IN_CONTEXT: Final = frozenset({"npgettext", "npgettext_lazy"})
FUNCTIONS: Final = SINGULAR | PLURAL | IN_CONTEXT | PLURAL_IN_CONTEXT

KEYWORDS: Final = ("_", "gettext", "gettext_noop", "ngettext", "pgettext", "npgettext")
"""For Babel's extractors, which see templates (turned into Python by Django) and scripts."""


class UnreadableTextError(Exception):
    """A call of gettext whose text can never be in a catalogue; names file, line and remedy."""


def gettext_names(tree: ast.AST) -> dict[str, str]:
    """Local name → gettext function, for everything the module imports from Django's translation."""
    names = {"N_": "N_"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("utils.translation"):
            names |= {a.asname or a.name: a.name for a in node.names if a.name in FUNCTIONS}
    return names


def called_function(call: ast.Call, names: dict[str, str]) -> str | None:
    """The gettext function this call is of, or None."""
    if isinstance(call.func, ast.Name):
        return names.get(call.func.id)
    if isinstance(call.func, ast.Attribute) and call.func.attr in FUNCTIONS:
        return call.func.attr
    return None


def from_python(source: str, path: str) -> Iterator[Text]:
    """Texts in Python source. UnreadableTextError for an f-string or a sum, which no catalogue can hold."""
    tree = ast.parse(source, path)
    names = gettext_names(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if (function := called_function(node, names)) is None or not node.args:
            continue
        arguments = list(node.args)
        context = _constant(arguments.pop(0)) if function in IN_CONTEXT | PLURAL_IN_CONTEXT else None
        wanted = 2 if function in PLURAL | PLURAL_IN_CONTEXT else 1
        for argument in arguments[:wanted]:
            if isinstance(argument, ast.JoinedStr | ast.BinOp):
                raise UnreadableTextError(
                    f"{path}:{argument.lineno}: text put together before gettext sees it;"
                    " write _('… %(name)s …') % {'name': value}"
                )
        texts = [_constant(argument) for argument in arguments[:wanted]]
        if len(texts) < wanted or None in texts or "" in texts:
            continue  # a variable: its text stands where it is marked
        yield Text(str(texts[0]), texts[1] if wanted == 2 else None, context, path, node.lineno)


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def from_template(source: str, path: str) -> Iterator[Text]:
    """Texts in a Django template: ``translate``, ``blocktranslate`` and ``_("…")``."""
    try:
        as_python = templatize(source, origin=path)
    except SyntaxError as error:
        raise UnreadableTextError(f"{path}: {error}") from error
    # What was indented HTML would be read as Python's blocks.
    flat = "\n".join(line.lstrip() for line in as_python.split("\n"))
    yield from _from_babel(extract_python, flat, path)


def from_script(source: str, path: str) -> Iterator[Text]:
    """Texts in JavaScript: ``gettext('…')`` and its relatives of Django's script catalogue."""
    yield from _from_babel(extract_javascript, source, path)


def _from_babel(extractor: Callable[..., Any], source: str, path: str) -> Iterator[Text]:
    found = extractor(io.BytesIO(source.encode()), KEYWORDS, [], {"encoding": "utf-8"})
    for line, function, messages, _ in found:
        parts = [messages] if isinstance(messages, str) else list(messages)
        context = parts.pop(0) if function in IN_CONTEXT | PLURAL_IN_CONTEXT else None
        plural = parts[1] if function in PLURAL | PLURAL_IN_CONTEXT and len(parts) > 1 else None
        if parts and parts[0]:
            yield Text(parts[0], plural, context, path, line)


SCRIPT_GETTEXT: Final = re.compile(r"\b[nd]?p?gettext\s*\(")


def from_tree(root: Path) -> dict[tuple[str, str], list[Text]]:
    """(catalogue name, domain) → its texts, in the order of files and lines."""
    found: dict[tuple[str, str], list[Text]] = {}
    for suffix, domain, extract in (
        (".py", "django", from_python),
        (".html", "django", from_template),
        (".txt", "django", from_template),
        (".js", "djangojs", from_script),
    ):
        for owner, path in sources(root, suffix):
            source = (root / path).read_text(encoding="utf-8")
            if suffix == ".txt" and "templates/" not in path:
                continue
            if suffix == ".js" and not SCRIPT_GETTEXT.search(source):
                continue
            found.setdefault((owner, domain), []).extend(extract(source, path))
    return found

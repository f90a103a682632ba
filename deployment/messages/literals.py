"""Words people see that were typed into the code without gettext.

A text outside gettext is shown as typed in every language, so neither the Chinese nor the English
screens would be whole. Looked at: text and the spoken attributes of templates, the arguments of Django's
and our own calls whose purpose is to be read, and the usual ways a script writes words on the page.
"""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from string import ascii_uppercase
from typing import Final

from django.template.base import Lexer, TokenType

from deployment.messages.catalogues import sources

SAME_IN_BOTH: Final = frozenset(
    {"NT", "NTD", "kg", "km", "m", "min", "h", "s", "v", "x", "API", "CSV", "PDF", "SMS", "LINE", "QR", "URL"}
    | {"JSON", "XML", "XLSX", "xlsx", "csv", "pdf", "ID", "IP", "HTTP", "HTTPS", "SQL", "UTC", "GPS", "ETA"}
    | {"Excel", "Enter", "Esc", "Ctrl", "Shift", "Alt", "Tab", "MIG", "TOTP", "PIN", "OK", "Lucky", "Gas"}
    | {"luckygas", "LG", "Redis", "PostgreSQL", "Celery", "OpenAPI", "OpenStreetMap", "Idempotency", "Key"}
    | set(ascii_uppercase)
)
"""Words written the same in Chinese and English: units, formats, keys, names."""

WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’]*")
CHINESE: Final = re.compile(r"[㐀-鿿]+")


def foreign_words(text: str, *, chinese: bool = True) -> list[str]:
    """The words of ``text`` that need a translation, Chinese ones included unless ``chinese`` is off."""
    words = [word for word in WORD.findall(text) if word not in SAME_IN_BOTH]
    return words + (CHINESE.findall(text) if chinese else [])


# Templates ------------------------------------------------------------------------------------------

BLOCK_STARTS: Final = {
    "blocktrans": "endblocktrans",
    "blocktranslate": "endblocktranslate",
    "comment": "endcomment",
    "verbatim": "endverbatim",
}
SILENT: Final = frozenset({"script", "style", "code", "kbd", "samp", "template"})
EMPTY: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
SPOKEN_ATTRIBUTES: Final = frozenset({"title", "placeholder", "alt", "aria-label", "aria-description"})


def in_template(source: str, path: str) -> Iterator[str]:
    """Problems in one HTML template, as ``path:line: …``."""
    parser = _TextFinder()
    parser.feed(_without_tags(source))
    parser.close()
    for line, text, words in parser.found:
        yield f"{path}:{line}: {' '.join(words)!r} in {text!r} is shown without {{% translate %}}"


def _without_tags(source: str) -> str:
    """The template with everything Django replaces blanked out, line breaks kept."""
    out, until = [], None
    for token in Lexer(source).tokenize():
        start, end = token.position if token.position else (0, 0)
        raw = source[start:end] if token.position else token.contents
        if token.token_type is TokenType.TEXT:
            out.append(raw if until is None else _blank(raw))
            continue
        out.append(_blank(raw))
        name = token.contents.split(None, 1)[0] if token.contents.strip() else ""
        if token.token_type is TokenType.BLOCK:
            if until is None:
                until = BLOCK_STARTS.get(name)
            elif name == until:
                until = None
    return "".join(out)


def _blank(raw: str) -> str:
    return re.sub(r"[^\n]", " ", raw)


class _TextFinder(HTMLParser):
    """Collects (line, text, foreign words) of text nodes and spoken attributes.

    What stands in an element with HTML's own ``translate="no"`` is the same in every language: names, and
    papers whose wording the law gives.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str, list[str]]] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        silent = self._silent or values.get("translate") == "no"
        for name, value in attrs:
            spoken = name in SPOKEN_ATTRIBUTES or (
                name == "value" and tag == "input" and values.get("type") in ("submit", "button", "reset")
            )
            if spoken and value and not silent and (words := foreign_words(value)):
                self.found.append((self.getpos()[0], value.strip(), words))
        if tag not in EMPTY:
            self._open.append((tag, silent or tag in SILENT))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position][0] == tag:
                del self._open[position:]
                return

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        first = self.getpos()[0]
        for offset, line in enumerate(data.split("\n")):
            if words := foreign_words(line):
                self.found.append((first + offset, line.strip(), words))


# Python ---------------------------------------------------------------------------------------------

SHOWN_KEYWORDS: Final = frozenset(
    {"verbose_name", "verbose_name_plural", "help_text", "short_description", "violation_error_message"}
    | {"empty_value_display", "empty_label", "site_title", "site_header", "index_title"}
)
DECORATORS: Final = frozenset({"display", "action"})
MESSAGE_METHODS: Final = frozenset({"success", "error", "warning", "info"})
FOR_PROGRAMMERS: Final = re.compile(r"/api(?:_\w+)?(?:\.py$|/)|/serializers")
"""Help texts there go into the API's description, which programmers read in English."""
RAISED: Final = frozenset({"Refused", "ValidationError", "PermissionDenied", "CommandError"})
RELATIONS: Final = frozenset({"ForeignKey", "OneToOneField", "ManyToManyField", "GenericForeignKey"})
CHOICES: Final = frozenset({"TextChoices", "IntegerChoices"})


def in_python(source: str, path: str) -> Iterator[str]:
    """Problems in one Python module, as ``path:line: …``."""
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Call):
            for where, value in _shown_arguments(node):
                if not (where == "help_text" and FOR_PROGRAMMERS.search(path)):
                    yield from _judge(path, where, value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
                if name in SHOWN_KEYWORDS:
                    yield from _judge(path, name, node.value)
        elif isinstance(node, ast.ClassDef) and any(_last_name(base) in CHOICES for base in node.bases):
            yield from _choices(path, node)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _shown_arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    function = _last_name(call.func)
    for keyword in call.keywords:
        if keyword.arg in SHOWN_KEYWORDS or (keyword.arg == "description" and function in DECORATORS):
            yield str(keyword.arg), keyword.value
    if function in RAISED and call.args:
        yield function, call.args[0]
    elif function == "message_user" and len(call.args) > 1:
        yield function, call.args[1]
    elif (
        function in MESSAGE_METHODS
        and isinstance(call.func, ast.Attribute)
        and _last_name(call.func.value) == "messages"
        and len(call.args) > 1
    ):
        yield f"messages.{function}", call.args[1]
    elif (
        function.endswith("Field")
        and function not in RELATIONS
        and isinstance(call.func, ast.Attribute)
        and _last_name(call.func.value) == "models"
        and call.args
    ):
        yield "the field's name", call.args[0]


def _choices(path: str, node: ast.ClassDef) -> Iterator[str]:
    """Labels of choices. Chinese ones are let through: names of goods are the same in both languages."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple):
            label = statement.value.elts[-1]
            yield from _judge(path, "the choice's label", label, chinese=False)


def _judge(path: str, where: str, value: ast.expr, *, chinese: bool = True) -> Iterator[str]:
    text = _typed_text(value)
    if text and foreign_words(text, chinese=chinese):
        yield f"{path}:{value.lineno}: {text!r} as {where} is shown without gettext"


def _typed_text(value: ast.expr) -> str:
    """The words typed directly in this expression ('' when they come from elsewhere)."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.JoinedStr):
        return "".join(_typed_text(part) for part in value.values)
    if isinstance(value, ast.BinOp):
        return _typed_text(value.left) + (_typed_text(value.right) if isinstance(value.op, ast.Add) else "")
    if (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in ("format", "join")
    ):
        return _typed_text(value.func.value)
    if isinstance(value, ast.IfExp):
        return _typed_text(value.body) + _typed_text(value.orelse)
    return ""


# Scripts --------------------------------------------------------------------------------------------

WRITES_WORDS: Final = re.compile(
    r"""(?:\.(?:textContent|innerText|title|placeholder|ariaLabel)\s*=|\b(?:alert|confirm|prompt)\()
        \s*(["'`])(?P<text>(?:(?!\1).)*)\1""",
    re.VERBOSE,
)


QUOTED_CHINESE: Final = re.compile(r"""(?<!gettext\()(["'`])(?P<text>(?:(?!\1).)*[㐀-鿿](?:(?!\1).)*)\1""")


def in_script(source: str, path: str) -> Iterator[str]:
    """Problems in one script, as ``path:line: …``: words written on the page, and Chinese anywhere."""
    for number, line in enumerate(source.splitlines(), start=1):
        if line.lstrip().startswith(("//", "*", "/*")):
            continue
        typed = [match["text"] for match in WRITES_WORDS.finditer(line)]
        typed += [match["text"] for match in QUOTED_CHINESE.finditer(line) if match["text"] not in typed]
        for text in typed:
            words = re.sub(r"\$\{[^}]*\}", "", text)
            if foreign_words(words):
                yield f"{path}:{number}: {words!r} is shown without gettext()"


def in_tree(root: Path) -> Iterator[str]:
    """Problems in the whole project, files in order."""
    for suffix, look in ((".py", in_python), (".html", in_template), (".js", in_script)):
        for _, path in sources(root, suffix):
            yield from look((root / path).read_text(encoding="utf-8"), path)

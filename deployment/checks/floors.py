"""No floor knows a higher one, not even by the ways an import checker does not see.

Those ways: an import inside a function or under TYPE_CHECKING, ``import_module("orders…")``,
``apps.get_model("orders", …)``, a foreign key written as a string, a content type asked for by its app's
label, a migration depending upward, SQL naming a higher floor's table.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from deployment.checks.report import Report
from deployment.checks.syntax import dotted, imported_names, module_name, modules, nodes, texts

FLOORS: Final = ("luckygas.core", "customers", "orders", "dispatch", "billing", "pilot", "luckygas")
"""Lowest first; the last is the roof, ``luckygas`` without ``luckygas.core``."""

LABELS: Final = {
    "core": 0,
    "customers": 1,
    "orders": 2,
    "dispatch": 3,
    "billing": 4,
    "pilot": 5,
    "luckygas": 6,
}
"""App label → floor."""

OUTSIDE: Final = ("sandbox",)
"""The outside world: it knows no floor and no floor knows it."""

RELATIONS: Final = frozenset({"ForeignKey", "OneToOneField", "ManyToManyField", "ParentalKey"})
MODEL_NAME: Final = re.compile(r"[a-z_]+\.[A-Za-z_]+\Z")
SQL_TABLE: Final = re.compile(
    r"\b(?:from|join|into|update|table|only)\s+\"?(customers|orders|dispatch|billing|pilot)_[a-z]",
    re.IGNORECASE,
)


def floor_of(module: str) -> int | None:
    """Which floor a dotted module name stands on; None for what belongs to no floor."""
    for level, name in enumerate(FLOORS):
        if module == name or module.startswith(f"{name}."):
            return level if name != "luckygas" else len(FLOORS) - 1
    return None


def check(root: Path) -> Report:
    report = Report()
    for path, tree in modules(root, judged):
        module = module_name(path)
        if module.split(".")[0] in OUTSIDE:
            report.problems += outside(path, tree)
        elif (floor := floor_of(module)) is not None:
            report.problems += upward(path, module, floor, tree)
    return report


def judged(path: str) -> bool:
    """Not the tests: a test may use what it likes to bring about a situation."""
    parts = PurePosixPath(path).parts
    return parts[0] in (*LABELS, *OUTSIDE) and "tests" not in parts


def upward(path: str, module: str, floor: int, tree: ast.Module) -> Iterator[str]:
    """Every place where this module of ``floor`` reaches above it, as ``path:line: …``."""
    own = FLOORS[floor] if floor < len(FLOORS) - 1 else "the roof"

    def found(line: int, what: str, level: int) -> str:
        higher = FLOORS[level] if level < len(FLOORS) - 1 else "the roof"
        return f"{path}:{line}: {what}: {own} must not know {higher}; publish an event or use a registry"

    for line, target in _imports(tree, module, path.endswith("__init__.py")):
        level = floor_of(target)
        if level is not None and level > floor:
            yield found(line, f"imports {target}", level)
        elif target.split(".")[0] in OUTSIDE:
            yield f"{path}:{line}: imports {target}: the outside world is reached by its own protocols only"
    names = imported_names(tree)
    for node in nodes(tree):
        if isinstance(node, ast.Call):
            for label, what in _labels(node, names):
                if LABELS.get(label, -1) > floor:
                    yield found(node.lineno, what, LABELS[label])
    if "/migrations/" in path:
        for line, label in _dependencies(tree):
            if LABELS.get(label, -1) > floor:
                yield found(line, f"a migration depends on {label}", LABELS[label])
    for line, text in texts(tree):
        for match in SQL_TABLE.finditer(text):
            if LABELS[match[1].lower()] > floor:
                yield found(line, f"SQL on {match[0].split()[-1]}…", LABELS[match[1].lower()])


def outside(path: str, tree: ast.Module) -> Iterator[str]:
    for line, target in _imports(tree, module_name(path), path.endswith("__init__.py")):
        if floor_of(target) is not None:
            yield f"{path}:{line}: imports {target}: the outside world shares nothing with the house"


def _imports(tree: ast.Module, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported at any depth, dynamic imports of a constant included."""
    names = imported_names(tree)
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                keep = len(parts) - node.level + (1 if is_package else 0)
                base = ".".join([*parts[:keep], *([base] if base else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"
        elif (
            isinstance(node, ast.Call) and dotted(node.func, names) in IMPORTERS and (text := _text(node, 0))
        ):
            yield node.lineno, text


IMPORTERS: Final = frozenset(
    {"importlib.import_module", "__import__", "django.utils.module_loading.import_string"}
)


def _labels(call: ast.Call, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(app label, what it is) of every app named by a string in this call."""
    name = dotted(call.func, names) or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
    last = name.rpartition(".")[2]
    if last in ("get_model", "get_registered_model") and (first := _text(call, 0)):
        yield first.partition(".")[0], f"get_model({first!r})"
    elif last in ("get_app_config", "is_installed") and (first := _text(call, 0)):
        yield first.partition(".")[0], f"{last}({first!r})"
    elif last in RELATIONS:
        for keyword in ("to", "through"):
            target = _text(call, 0 if keyword == "to" else None, keyword)
            if target and MODEL_NAME.match(target):
                yield target.partition(".")[0], f"{last}({target!r})"
    elif (
        last == "get_by_natural_key" and "ContentType" in ast.unparse(call.func) and (first := _text(call, 0))
    ):
        yield first, f"the content type of {first!r}"
    for keyword in ("app_label", "content_type__app_label"):
        if "ContentType" in name or "content_type" in keyword:
            label = _text(call, None, keyword)
            if label:
                yield label, f"{keyword}={label!r}"


def _text(call: ast.Call, position: int | None, keyword: str = "") -> str | None:
    value: ast.expr | None = None
    if position is not None and len(call.args) > position:
        value = call.args[position]
    for given in call.keywords:
        if keyword and given.arg == keyword:
            value = given.value
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _dependencies(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, app label) of a migration's dependencies and run_before."""
    for node in nodes(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "dependencies" for target in node.targets
        ):
            for item in ast.walk(node.value):
                if isinstance(item, ast.Tuple) and item.elts and isinstance(item.elts[0], ast.Constant):
                    yield item.lineno, str(item.elts[0].value)

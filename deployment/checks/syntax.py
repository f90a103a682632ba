"""Reading the project's Python once for all checks that walk its syntax trees."""

import ast
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path

from deployment.tree import files


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def modules(root: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, ast.Module]]:
    """(path, tree) of every wanted Python file that can be parsed; ruff names the others."""
    for path in files(root):
        if path.endswith(".py") and wanted(path):
            try:
                yield path, _parsed(root / path)
            except (SyntaxError, FileNotFoundError):  # an editor's file may be gone already
                continue


@lru_cache(maxsize=4)
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Every node of a tree; the checks of one module ask several times."""
    return tuple(ast.walk(tree))


def module_name(path: str) -> str:
    """``luckygas/core/clock.py`` → ``luckygas.core.clock``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def docstrings(tree: ast.Module) -> set[int]:
    """Identities of the constant nodes that are docstrings."""
    found = set()
    for node in nodes(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(id(first.value))
    return found


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of every string that is not a docstring; the typed parts of f-strings included."""
    skipped = docstrings(tree)
    for node in nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name → dotted name, for every import at any depth (``import a.b`` gives ``a``)."""
    names: dict[str, str] = {}
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    names[alias.asname] = alias.name
                else:
                    top = alias.name.partition(".")[0]
                    names[top] = top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """The dotted name an expression stands for, imports resolved; '' for anything else."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return ""

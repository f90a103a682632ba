"""Bytes of unknown origin to a small tree or a `Problem`: no exception, no entity, no flood."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from billing.einvoice.mig.problem import N_, Problem, problem

MOST_BYTES = 15 * 1024 * 1024
"""The platform takes no larger message."""
_MOST_ELEMENTS = 200_000
_DEEPEST = 12
_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_IGNORED_ATTRIBUTES = {f"{_SCHEMA_INSTANCE} schemaLocation", f"{_SCHEMA_INSTANCE} noNamespaceSchemaLocation"}


@dataclass(slots=True)
class Node:
    """One element: namespace, local name, its own text, children in order, attributes no schema knows."""

    namespace: str
    name: str
    text: str = ""
    children: list["Node"] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)

    def find(self, name: str) -> "Node | None":
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator["Node"]:
        """Every child of that name, in order."""
        return (child for child in self.children if child.name == name)

    def value(self, path: str) -> str:
        """The text below `path` (`Seller/Identifier`), empty when it is not there."""
        node: Node | None = self
        for name in path.split("/"):
            node = node.find(name) if node is not None else None
        return node.text if node is not None else ""


class _RefusedError(Exception):
    def __init__(self, found: Problem) -> None:
        self.found = found


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.path: list[Node] = []
        self.texts: list[list[str]] = []
        self.elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > _MOST_ELEMENTS or len(self.path) >= _DEEPEST:
            raise _RefusedError(
                problem("", N_("the message is deeper or longer than any message of this kind"))
            )
        namespace, _, name = tag.rpartition(" ")
        node = Node(namespace, name, attributes=[key for key in attributes if key not in _IGNORED_ATTRIBUTES])
        if self.path:
            self.path[-1].children.append(node)
        else:
            self.root = node
        self.path.append(node)
        self.texts.append([])

    def end(self, tag: str) -> None:
        self.path.pop().text = "".join(self.texts.pop())

    def text(self, text: str) -> None:
        self.texts[-1].append(text)

    def doctype(self, *_: object) -> None:
        raise _RefusedError(problem("", N_("a message must not have a DOCTYPE or entities")))


def read(xml: bytes) -> Node | Problem:
    """The tree of a message of at most 15 MB, or the reason why it is none."""
    if len(xml) > MOST_BYTES:
        return problem("", N_("the message is larger than %(limit)s bytes"), limit=MOST_BYTES)
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(xml, True)
    except _RefusedError as refused:
        return refused.found
    except (expat.ExpatError, LookupError, ValueError) as error:
        return problem("", N_("this is not readable as XML: %(error)s"), error=error)
    assert builder.root is not None, "expat ends well only after a root element"
    return builder.root

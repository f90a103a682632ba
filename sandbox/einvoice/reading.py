"""Bytes of a dropped file → a tree of elements, or the reason why not."""

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from sandbox.einvoice.codes import NOT_XML, TOO_LARGE, Problem

LARGEST = 15 * 1024 * 1024
DEEPEST = 12


class UnreadableError(ValueError):
    """The file is not a document of ours at all; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.description)
        self.problem = problem


@dataclass
class Node:
    """An element: namespace and local name, its own text, its attributes' names, its children in order."""

    namespace: str
    name: str
    text: str = ""
    attributes: tuple[str, ...] = ()
    children: list["Node"] = field(default_factory=list)

    def all(self, name: str) -> list["Node"]:
        """The children of this name, in order."""
        return [child for child in self.children if child.name == name]

    def child(self, name: str) -> "Node":
        """The child of this name; KeyError when there is none (the shape check made sure)."""
        for child in self.children:
            if child.name == name:
                return child
        raise KeyError(name)

    def value(self, name: str) -> str:
        """The text of the child of this name, or an empty text."""
        for child in self.children:
            if child.name == name:
                return child.text
        return ""


def _split(name: str) -> tuple[str, str]:
    namespace, _, local = name.rpartition(" ")
    return namespace, local


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._texts: list[list[str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) == DEEPEST:
            raise UnreadableError(Problem(NOT_XML, f"元素巢狀超過 {DEEPEST} 層"))
        namespace, local = _split(name)
        node = Node(namespace, local, attributes=tuple(attributes))
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        self._texts.append([])

    def end(self, _name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def text(self, data: str) -> None:
        self._texts[-1].append(data)


def _refuse_doctype(*_: object) -> None:
    raise UnreadableError(Problem(NOT_XML, "不接受 DOCTYPE 宣告"))


def _refuse_other_encodings(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.upper() not in ("UTF-8", "UTF8"):
        raise UnreadableError(Problem(NOT_XML, f"編碼須為 UTF-8，檔案宣告為 {encoding}"))


def read_file(path: Path) -> Node:
    """The root element of a file, whose size is looked at before it is read."""
    size = path.stat().st_size
    if size > LARGEST:
        raise UnreadableError(Problem(TOO_LARGE, f"檔案 {size} 位元組，上限 {LARGEST}"))
    return read(path.read_bytes())


def read(data: bytes) -> Node:
    """The root element. Raises `UnreadableError` unless it is UTF-8 XML without DOCTYPE."""
    # The parser would follow a UTF-16 byte order mark whatever it is told.
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(Problem(NOT_XML, f"編碼須為 UTF-8：{error.reason}")) from error
    if "\0" in text:
        raise UnreadableError(Problem(NOT_XML, "編碼須為 UTF-8，檔案含有空字元"))
    parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
    parser.buffer_text = True
    builder = _Builder()
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _refuse_other_encodings
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnreadableError(Problem(NOT_XML, f"不是格式正確的 XML：{error}")) from error
    assert builder.root is not None
    return builder.root

"""Reading a Dockerfile and its .dockerignore, as far as ours uses them; anything else is refused by name.

Source: the Dockerfile reference (instructions, line continuation, variables) and the rules for .dockerignore
(last matching line wins, a folder's exclusion covers what is in it, ``**`` is any number of folders).
"""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KNOWN: Final = frozenset(
    {"ENV", "WORKDIR", "COPY", "RUN", "LABEL", "USER", "EXPOSE", "VOLUME", "HEALTHCHECK", "CMD", "ENTRYPOINT"}
)
NAME: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Unknown(Exception):
    """The Dockerfile uses what this reader does not know; the rehearsal would not be one."""


@dataclass(frozen=True)
class Step:
    """One instruction: its name in capitals, its text with continuation lines joined, and its line."""

    name: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.name} {self.text}"


@dataclass
class Stage:
    """``base`` is an image or the name of an earlier stage; ``name`` is empty for the last one."""

    name: str
    base: str
    steps: list[Step] = field(default_factory=list)


def read(text: str) -> list[Stage]:
    """The stages of a Dockerfile; ARG is known before the first FROM only."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for step in _steps(text):
        if step.name == "ARG" and not stages:
            name, _, value = step.text.partition("=")
            arguments[name] = value
        elif step.name == "FROM":
            words = substituted(step.text, arguments).split()
            if len(words) not in {1, 3} or (len(words) == 3 and words[1].upper() != "AS"):
                raise Unknown(f"line {step.line}: {step}")
            stages.append(Stage(words[2] if len(words) == 3 else "", words[0]))
        elif step.name in KNOWN and stages:
            stages[-1].steps.append(step)
        else:
            raise Unknown(f"line {step.line}: {step}")
    if not stages:
        raise Unknown("there is no FROM")
    return stages


def _steps(text: str) -> list[Step]:
    steps, collected, first = [], "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or not (line.strip() or collected):
            continue
        first = first if collected else number
        if line.endswith("\\"):
            collected += line[:-1]
            continue
        name, _, rest = (collected + line).strip().partition(" ")
        steps.append(Step(name.upper(), rest.strip(), first))
        collected = ""
    if collected:
        raise Unknown(f"line {first}: it is continued, and the file ends")
    return steps


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """``$NAME`` and ``${NAME}`` replaced; an unknown name is empty, as Docker has it."""
    return NAME.sub(lambda match: variables.get(match[1] or match[2], ""), text)


def pairs(text: str) -> dict[str, str]:
    """``A=1 B="two words"`` of ENV and LABEL."""
    words = shlex.split(text)
    if not all("=" in word for word in words):
        raise Unknown(f"ENV or LABEL without “=”: {text}")
    return dict(word.split("=", 1) for word in words)


def command(text: str) -> list[str]:
    """The words of CMD, ENTRYPOINT and HEALTHCHECK CMD, which must be in the form of a JSON list."""
    try:
        words = json.loads(text)
    except ValueError:
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Unknown(f"a command that is no JSON list would run in a shell: {text}")
    return words


def health(text: str) -> list[str]:
    """The command of a HEALTHCHECK."""
    return command(text.partition("CMD ")[2])


class Ignore:
    """What .dockerignore keeps out of the build."""

    def __init__(self, text: str) -> None:
        self._rules = []
        for line in text.splitlines():
            pattern = line.strip()
            if pattern and not pattern.startswith("#"):
                again = pattern.startswith("!")
                self._rules.append((_pattern(pattern.lstrip("!").strip("/")), again))

    def excludes(self, path: str) -> bool:
        """Whether a file (relative, with ``/``) stays out."""
        parts = path.split("/")
        selves = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
        out = False
        for rule, again in self._rules:
            if any(rule.fullmatch(each) for each in selves):
                out = not again
        return out


def _pattern(text: str) -> re.Pattern[str]:
    parts = []
    for piece in re.split(r"(\*\*/|\*\*|\*|\?)", text):
        parts.append({"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(piece, re.escape(piece)))
    return re.compile("".join(parts))

"""The steps of the Dockerfile, one after the other, each stage in a folder of its own."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deployment.launcher.talk import Problem
from deployment.rehearsal import dockerfile, room
from deployment.rehearsal.dockerfile import Ignore, Stage, Step
from deployment.tree import files

STEP_SECONDS: Final = 900.0
FILES: Final = frozenset({"COPY", "RUN"})
"""Steps after which other files are there."""
MEGABYTE: Final = 1_000_000
Known = dict[str, tuple[int, int, int]]


@dataclass
class Layer:
    """What one step added or changed, in bytes of file content."""

    step: str
    size: int
    seconds: float


@dataclass
class Image:
    """A stage that was followed to its end."""

    stage: Stage
    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": room.PATH})
    cwd: str = "/"
    user: str = ""
    layers: list[Layer] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(layer.size for layer in self.layers)


class Builder:
    """Follows ``root/Dockerfile`` into folders below ``target``."""

    def __init__(self, root: Path, target: Path, say: Callable[[str], None]) -> None:
        self._tree = root
        self._target = target
        self._say = say
        self._ignore = Ignore((root / ".dockerignore").read_text())
        self._done: dict[str, Image] = {}
        (target / "base").mkdir(parents=True)
        self.base = room.Base.of_machine(target / "base")

    def build(self) -> Image:
        """Every stage; the last one is the image."""
        stages = dockerfile.read((self._tree / "Dockerfile").read_text())
        for number, stage in enumerate(stages):
            self._say(f"FROM {stage.base}{f' AS {stage.name}' if stage.name else ''}")
            image = self._begin(stage, self._target / (stage.name or "image"))
            for step in stage.steps:
                started = time.monotonic()
                before = known(image.root) if step.name in FILES else {}
                self._follow(image, step)
                added = grown(before, known(image.root)) if step.name in FILES else 0
                layer = Layer(str(step), added, time.monotonic() - started)
                image.layers.append(layer)
                self._say(f"  {shortened(layer.step):<72}{megabytes(added)}{layer.seconds:7.1f} s")
            self._done[stage.name or str(number)] = image
        return image

    def _begin(self, stage: Stage, folder: Path) -> Image:
        earlier = self._done.get(stage.base)
        if earlier is None:
            folder.mkdir()
            return Image(stage, folder)
        shutil.copytree(earlier.root, folder, symlinks=True)
        return Image(stage, folder, env=dict(earlier.env), cwd=earlier.cwd, user=earlier.user)

    def _follow(self, image: Image, step: Step) -> None:
        if step.name == "ENV":
            image.env |= dockerfile.pairs(dockerfile.substituted(step.text, image.env))
        elif step.name == "WORKDIR":
            image.cwd = os.path.join(image.cwd, step.text)  # noqa: PTH118  (a path of the image, not of here)
            inside(image, image.cwd).mkdir(parents=True, exist_ok=True)
        elif step.name == "COPY":
            self._copy(image, step)
        elif step.name == "RUN":
            self._run(image, step)
        elif step.name == "USER":
            image.user = step.text
        elif step.name == "VOLUME":
            image.volumes += step.text.split()
        elif step.name == "HEALTHCHECK":
            image.health = dockerfile.health(step.text)
        elif step.name in {"CMD", "ENTRYPOINT"}:
            image.command = dockerfile.command(step.text)

    def _run(self, image: Image, step: Step) -> None:
        if image.user:
            raise dockerfile.Unknown(f"line {step.line}: RUN after USER")
        words = room.words_of(
            image.root,
            ["/bin/sh", "-c", step.text],
            base=self.base,
            env={**room.ways_out(), **image.env},
            cwd=image.cwd,
            mounts=[("tmpfs", "/tmp", "rw")],  # noqa: S108
        )
        done = room.run(words, seconds=STEP_SECONDS)
        if done.returncode != 0:
            raise Problem(f"Dockerfile line {step.line} ended with {done.returncode}:\n{done.stdout[-4000:]}")

    def _copy(self, image: Image, step: Step) -> None:
        words = step.text.split()
        target = inside(image, os.path.join(image.cwd, words[-1]))  # noqa: PTH118
        if words[0].startswith("--from="):
            (source,) = words[1:-1]
            found = self._done[words[0].removeprefix("--from=")]
            shutil.copytree(inside(found, source), target, symlinks=True, dirs_exist_ok=True)
            return
        if words[0].startswith("--"):
            raise dockerfile.Unknown(f"line {step.line}: {words[0]}")
        taken = [path for path in files(self._tree) if not self._ignore.excludes(path)]
        for source in words[:-1]:
            chosen = [path for path in taken if source in {".", path}]
            if not chosen:
                raise Problem(
                    f"Dockerfile line {step.line}: {source} is not there, or .dockerignore hides it"
                )
            for path in chosen:
                goal = target / (path if source == "." else Path(path).name)
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self._tree / path, goal)


def inside(image: Image, path: str) -> Path:
    return image.root / path.lstrip("/")


def known(root: Path) -> Known:
    """Every file: its size, time and number. Places where something is mounted are empty folders by now."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118  (ten thousand of them, several times)
            status = os.lstat(path)
            found[path] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def grown(before: Known, after: Known) -> int:
    """Bytes in files that are new or other than before: what a layer holds."""
    return sum(seen[0] for path, seen in after.items() if before.get(path) != seen)


def shortened(text: str, width: int = 70) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def megabytes(size: int) -> str:
    return f"{size / MEGABYTE:9.1f} MB"

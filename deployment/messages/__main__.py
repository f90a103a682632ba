"""``python -m deployment.messages compile|check|update``."""

import argparse
import sys
from pathlib import Path

from deployment.messages.catalogues import (
    APPS,
    PACKAGES,
    ROOF,
    BrokenCatalogueError,
    catalogue_file,
    compile_all,
    read,
    update,
)
from deployment.messages.checking import problems
from deployment.messages.extract import UnreadableTextError, from_tree
from deployment.messages.packages import untranslated
from deployment.tree import ROOT


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """0 when done or clean, 1 when a check found something, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(prog="python -m deployment.messages", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    build = verbs.add_parser("compile", help="write the .mo files that are older than their .po")
    build.add_argument("--force", action="store_true", help="write all of them")
    verbs.add_parser("check", help="name every text without a translation, fuzzy entry and bare word")
    renew = verbs.add_parser("update", help="bring the catalogues in line with the code")
    which = renew.add_mutually_exclusive_group()
    which.add_argument("--app", choices=[*APPS, ROOF], help="one catalogue only")
    which.add_argument("--packages", action="store_true", help="what installed packages leave untranslated")
    options = parser.parse_args(arguments)
    try:
        if options.verb == "compile":
            compile_all(root, force=options.force)
            return 0
        if options.verb == "check":
            return _check(root)
        return _update(root, PACKAGES if options.packages else options.app)
    except (BrokenCatalogueError, UnreadableTextError) as error:
        print(error, file=sys.stderr)
        return 1


def _check(root: Path) -> int:
    found = list(problems(root))
    for problem in found:
        print(problem)
    print(f"{len(found)} problems in the catalogues and texts" if found else "every text is translated")
    return 1 if found else 0


def _update(root: Path, only: str | None) -> int:
    if only == PACKAGES:
        wanted = {(PACKAGES, domain): untranslated(domain) for domain in ("django", "djangojs")}
    else:
        wanted = from_tree(root)
    for (name, domain), texts in sorted(wanted.items()):
        if only not in (None, name):
            continue
        catalogue = catalogue_file(root, name, domain)
        before = {message.id for message in read(catalogue)}
        missing, dropped = update(catalogue, texts, title=_title(name, domain))
        where = catalogue.path.relative_to(root).as_posix()
        print(
            f"{where}: {len({t.key for t in texts})} texts, {missing} without translation, {dropped} dropped"
        )
        if only == PACKAGES:
            for text in texts:
                if text.msgid not in before and (text.msgid, text.plural) not in before:
                    print(f"  new: {text.msgid!r} ({text.path}:{text.line})")
    return 0


def _title(name: str, domain: str) -> str:
    kind = "scripts" if domain == "djangojs" else "pages and messages"
    if name == PACKAGES:
        return f"What installed packages leave untranslated: {kind}."
    return f"Lucky Gas, {name}: {kind}."


if __name__ == "__main__":
    sys.exit(main())

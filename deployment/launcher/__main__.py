"""`python3 -m deployment.launcher VERB`: what every target of the Makefile calls.

This file keeps to syntax that old interpreters can read, so that they get a sentence instead of a traceback.
"""

import sys

# ruff: noqa: UP031, UP036 (an interpreter too old for the rest reads this file)
if sys.version_info < (3, 11):
    sys.exit(
        "Lucky Gas needs Python 3.11 or later; this is %d.%d (%s).\n"
        "Install it (Debian 12: apt install python3 python3-venv), or name one: "
        "make demo PYTHON=/path/to/python3.11" % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
if not sys.platform.startswith("linux"):
    sys.exit("The launcher needs Linux (on Windows: WSL 2); this is %s." % sys.platform)

from deployment.launcher.verbs import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

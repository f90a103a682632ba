"""The catalogues of translated texts: found, checked and compiled without gettext's binaries.

English is written in the code, Traditional Chinese (Taiwan) stands in one catalogue per app. Django's
own ``makemessages`` needs ``xgettext``, which a clean machine does not have; Babel needs nothing.

    python -m deployment.messages compile              build the .mo files that are older than their .po
    python -m deployment.messages check                name every text without a translation, and more
    python -m deployment.messages update [--app APP]   bring the catalogues in line with the code
    python -m deployment.messages update --packages    the same for what installed packages leave untranslated
"""

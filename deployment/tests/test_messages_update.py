"""Bringing a catalogue in line with the code, and compiling it without gettext's binaries."""

import gettext
import os

import pytest

from deployment.messages.__main__ import main
from deployment.tree import files

PO_HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def project(tmp_path):
    """A tree of one app with two texts, one of them translated, and one entry nobody asks for."""
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/models.py").write_text(
        "from django.utils.translation import gettext_lazy as _, ngettext\n"
        "a = _('order')\n"
        "b = ngettext('%(n)s order waits', '%(n)s orders wait', 2)\n"
    )
    catalogue = tmp_path / "orders/locale/zh_Hant/LC_MESSAGES/django.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(PO_HEADER + 'msgid "order"\nmsgstr "訂單"\n\nmsgid "gone"\nmsgstr "沒了"\n')
    files.cache_clear()
    return tmp_path


def po(project):
    return project / "orders/locale/zh_Hant/LC_MESSAGES/django.po"


def test_update_keeps_translations_adds_what_is_new_and_drops_what_is_gone(project, capsys):
    assert main(["update", "--app", "orders"], root=project) == 0
    assert capsys.readouterr().out == (
        "orders/locale/zh_Hant/LC_MESSAGES/django.po: 2 texts, 1 without translation, 1 dropped\n"
    )
    text = po(project).read_text()
    assert 'msgid "order"\nmsgstr "訂單"\n' in text
    assert 'msgid "%(n)s order waits"\nmsgid_plural "%(n)s orders wait"\nmsgstr[0] ""\n' in text
    assert "gone" not in text
    assert "fuzzy" not in text
    assert text.index("order waits") < text.index('msgid "order"')


def test_update_twice_changes_nothing(project):
    main(["update"], root=project)
    before = po(project).read_bytes()
    main(["update"], root=project)
    assert po(project).read_bytes() == before


def test_compile_writes_what_gettext_reads(project):
    po(project).write_text(
        PO_HEADER
        + 'msgid "order"\nmsgstr "訂單"\n\n'
        + 'msgid "%(n)s order"\nmsgid_plural "%(n)s orders"\nmsgstr[0] "%(n)s 張訂單"\n\n'
        + 'msgctxt "month"\nmsgid "May"\nmsgstr "五月"\n'
    )
    assert main(["compile"], root=project) == 0
    with po(project).with_suffix(".mo").open("rb") as stream:
        catalogue = gettext.GNUTranslations(stream)
    assert catalogue.gettext("order") == "訂單"
    assert catalogue.ngettext("%(n)s order", "%(n)s orders", 5) == "%(n)s 張訂單"
    assert catalogue.pgettext("month", "May") == "五月"


def test_compile_writes_only_what_is_older_than_its_source(project):
    main(["compile"], root=project)
    compiled = po(project).with_suffix(".mo")
    os.utime(compiled, ns=(1, 10**18 * 3))
    assert main(["compile"], root=project) == 0
    assert compiled.stat().st_mtime_ns == 10**18 * 3
    os.utime(compiled, ns=(1, 1))
    assert main(["compile"], root=project) == 0
    assert compiled.stat().st_mtime_ns > 1


def test_a_broken_catalogue_is_named_with_its_line(project, capsys):
    po(project).write_text(PO_HEADER + 'msgid "order"\nmsgstr "訂單\n')
    assert main(["compile"], root=project) == 1
    error = capsys.readouterr().err
    assert f"{po(project)}:6:" in error
    assert "mend this line" in error

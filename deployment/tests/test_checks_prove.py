"""``make check`` proves itself: what it exists to stop is planted in a copy of the project, and stopped.

Each test copies the tree as it would be committed, makes one mistake in the copy and runs the checks there
as ``make check`` does, in a process of their own.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deployment.tree import ROOT, files


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """One copy of the project, from which each test's copy is made."""
    target = tmp_path_factory.mktemp("clean") / "tree"
    for path in files(ROOT):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target / path)
    return target


@pytest.fixture
def tree(clean, tmp_path):
    return Path(shutil.copytree(clean, tmp_path / "tree"))


def checked(tree, *names):
    """Run these checks in the copy; the exit code and what they said."""
    only = [word for name in names for word in ("--only", name)]
    run = subprocess.run(
        [sys.executable, "-m", "deployment.checks", *only],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    return run.returncode, run.stdout


def plant(tree, path, text):
    """Append ``text`` to a file of the copy; the number of the first line that was added."""
    target = tree / path
    target.parent.mkdir(parents=True, exist_ok=True)
    before = target.read_text() if target.exists() else ""
    target.write_text(before + text)
    return before.count("\n") + 1


def test_the_copy_is_clean_before_anything_is_planted(clean):
    code, said = checked(clean, "floors", "clock", "length", "repository", "fonts")
    assert code == 0, said
    assert "5 ok, 0 failed, 0 not run" in said


def test_an_upward_import_inside_a_function_and_a_foreign_key_written_as_a_string(tree):
    line = plant(tree, "customers/services/planted.py", "def count():\n    from orders.models import Order\n")
    text = (
        "from django.db import models\n\n\n"
        "class Planted(models.Model):\n"
        "    x = models.ForeignKey('billing.Invoice', 1)\n"
    )
    plant(tree, "orders/planted.py", text)
    code, said = checked(tree, "floors")
    assert code == 1
    assert f"customers/services/planted.py:{line + 1}: imports orders.models.Order" in said
    assert "orders/planted.py:5: ForeignKey('billing.Invoice'): orders must not know billing" in said
    assert "failed: floors" in said


def test_an_upward_import_breaks_the_import_contract(tree):
    plant(tree, "customers/planted.py", "from orders import models\n")
    code, said = checked(tree, "imports")
    assert code == 1
    assert "customers.planted -> orders.models (l.1)" in said or "customers.planted -> orders (l.1)" in said


def test_a_second_source_of_time(tree):
    line = plant(tree, "dispatch/planted.py", "import datetime\n\nTODAY = datetime.date.today()\n")
    code, said = checked(tree, "clock")
    assert code == 1
    assert f"dispatch/planted.py:{line + 2}: datetime.date.today is a second source of time" in said


def test_a_text_without_translation_and_words_typed_into_a_template(tree):
    text = "from django.utils.translation import gettext as _\n\nX = _('A planted text')\n"
    plant(tree, "billing/planted.py", text)
    plant(tree, "templates/orders/planted.html", "{% load i18n %}\n<p>Planted words</p>\n")
    code, said = checked(tree, "translations")
    assert code == 1
    assert "billing/planted.py:3: 'A planted text' has no translation in billing/locale/" in said
    assert "templates/orders/planted.html:2: 'Planted words' in 'Planted words' is shown without" in said


def test_a_file_too_long_to_read(tree):
    plant(tree, "orders/planted.py", "x = 1\n" * 601)
    code, said = checked(tree, "length")
    assert code == 1
    assert "orders/planted.py:601: the file has 601 lines, more than 600" in said


def test_a_machines_path(tree):
    plant(tree, "docs/planted.md", "\n\nlogs in /" + "home/mei/gas\n")
    code, said = checked(tree, "repository")
    assert code == 1
    assert (
        "docs/planted.md:3: '/" + "home/mei/gas'" in said or "docs/planted.md:3: '/" + "home/mei/g'" in said
    )


def test_a_font_that_is_not_the_one_of_its_manifest(tree):
    with (tree / "static" / "fonts" / "OFL.txt").open("a") as stream:
        stream.write("x")
    code, said = checked(tree, "fonts")
    assert code == 1
    assert "static/fonts/OFL.txt is not the file its manifest describes" in said


@pytest.mark.slow
def test_a_missing_migration(tree):
    model = "\n\nclass Planted(models.Model):\n    name = models.CharField(max_length=3)\n"
    path = next(tree.glob("orders/models/*.py"), None)
    assert path is not None
    plant(tree, "orders/models/__init__.py", "\nfrom orders.models.planted import Planted as Planted\n")
    plant(tree, "orders/models/planted.py", "from django.db import models\n" + model)
    code, said = checked(tree, "migrations")
    assert code == 1
    assert "a migration is missing" in said
    assert "orders/migrations/" in said
    assert "+ Create model Planted" in said
    assert not list(tree.glob("orders/migrations/*planted*")), "the check must not write"


@pytest.mark.slow
def test_a_changed_api_without_its_description(tree):
    plant(tree, "docs/openapi.yaml", "# planted\n")
    code, said = checked(tree, "schema")
    assert code == 1
    assert "docs/openapi.yaml:" in said
    assert "differs from what the code generates" in said


def test_a_wrong_name_of_a_check_is_refused_with_the_right_ones(tree):
    run = subprocess.run(
        [sys.executable, "-m", "deployment.checks", "--only", "planets"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "invalid choice: 'planets'" in run.stderr
    assert "translations" in run.stderr

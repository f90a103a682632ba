"""Locks, reasons, machines' paths and long files."""

import pytest

from deployment.checks.dependencies import TOLERATED, check_locks, check_reasons
from deployment.checks.length import check as check_length
from deployment.checks.repository import check as check_repository
from deployment.checks.repository import own_hosts
from deployment.tree import files

HASH = " \\\n    --hash=sha256:" + "0" * 64


@pytest.fixture
def project(tmp_path):
    """A tree with two wishes, both locks and a reason for each."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "requirements/base.in").write_text("# what runs\nDjango~=5.2.0\n")
    (tmp_path / "requirements/dev.in").write_text("-r base.in\npytest\n")
    (tmp_path / "requirements/excludes.txt").write_text("matplotlib\n")
    (tmp_path / "requirements.txt").write_text(f"django==5.2.19{HASH}\n")
    (tmp_path / "requirements/dev.txt").write_text(f"django==5.2.19{HASH}\npytest==9.2.0{HASH}\n")
    (tmp_path / "docs/dependencies.md").write_text(
        "| Package | Licence | Why |\n|---|---|---|\n| Django | BSD | pages |\n| pytest | MIT | tests |\n"
        "## Later\n| paramiko | LGPL | bank |\n"
    )
    files.cache_clear()
    return tmp_path


def test_a_whole_project_is_no_problem(project):
    assert check_locks(project).problems == []
    assert check_reasons(project).problems == []
    assert check_repository(project).problems == []


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        (
            "requirements/base.in",
            "Django~=5.2.0\ncelery\n",
            "requirements/base.in:2: celery is not pinned in requirements.txt; run `make lock`",
        ),
        (
            "requirements/base.in",
            "Django~=6.0\n",
            "requirements/base.in:1: django~=6.0 but requirements.txt:1 pins 5.2.19; run `make lock`",
        ),
        (
            "requirements.txt",
            "django==5.2.19\n",
            "requirements.txt:1: django==5.2.19 has no hash; run `make lock`",
        ),
        (
            "requirements.txt",
            f"django==5.2.18{HASH}\n",
            "requirements.txt:1: django==5.2.18, but requirements/dev.txt pins 5.2.19; run `make lock`",
        ),
        (
            "requirements/dev.txt",
            f"django==5.2.19{HASH}\npytest==9.2.0{HASH}\nmatplotlib==3.10{HASH}\n",
            "requirements/dev.txt:5: matplotlib is in requirements/excludes.txt; run `make lock`",
        ),
        (
            "requirements.txt",
            f"--{'extra'}-index-url x\ndjango==5.2.19{HASH}\n",
            f"requirements.txt:1: --{'extra'}-index-url has no place in a lock",
        ),
    ],
)
def test_a_stale_lock_is_named_with_its_line(project, path, text, problem):
    (project / path).write_text(text)
    assert check_locks(project).problems == [problem]


def test_a_dependency_without_a_reason_and_a_reason_without_a_dependency(project):
    (project / "requirements/dev.in").write_text("pytest-cov\n")
    assert check_reasons(project).problems == [
        "requirements/dev.in:1: pytest-cov has no line in docs/dependencies.md",
        "docs/dependencies.md:4: pytest is no direct dependency (any more)",
    ]


def test_only_pyvrps_unused_drawing_is_tolerated():
    assert TOLERATED.fullmatch("pyvrp 0.14.1 requires matplotlib, which is not installed.")
    assert not TOLERATED.fullmatch("pyvrp 0.14.1 requires numpy, which is not installed.")
    assert not TOLERATED.fullmatch("fpdf2 2.8.9 requires matplotlib, which is not installed.")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("see /" + "home/mei/gas/notes", "is a path of one machine"),
        ("see /" + "Users/Mei/gas", "is a path of one machine"),
        ("from https://" + "pypi" + ".org/simple", "is a package index; locks name none"),
        ("pip install --index-url" + " x", "is a package index; locks name none"),
    ],
)
def test_a_machines_path_or_an_index_is_named_with_its_line(project, line, complaint):
    (project / "docs/notes.md").write_text(f"first\n{line}\n")
    files.cache_clear()
    (problem,) = check_repository(project).problems
    assert problem.startswith("docs/notes.md:2: ")
    assert problem.endswith(complaint)


def test_the_index_of_this_very_machine_is_looked_for_too():
    environment = {
        "PIP_INDEX_URL": "https://packages.example.tw/simple",
        "UV_FIND_LINKS": "/srv/wheels",
        "PIP_CERT": "/etc/x",
    }
    configuration = "global.extra-index-url='https://mirror.example.tw/simple file:///srv/other/simple'\n"
    assert own_hosts(environment, configuration) == {
        "packages.example.tw",
        "/srv/wheels",
        "mirror.example.tw",
        "/srv/other/simple",
    }


def test_long_files_warn_first_and_fail_later_unless_generated(project):
    (project / "good.py").write_text("x = 1\n" * 400)
    (project / "long.py").write_text("x = 1\n" * 600)
    (project / "too_long.py").write_text("x = 1\n" * 601)
    (project / "made.py").write_text("# generated by make\n" + "x = 1\n" * 700)
    (project / "migrations").mkdir()
    (project / "migrations/0001.py").write_text("x = 1\n" * 700)
    files.cache_clear()
    report = check_length(project)
    assert report.warnings == ["long.py: 600 lines, above 400"]
    assert report.problems == [
        "too_long.py:601: the file has 601 lines, more than 600; make it a folder of the same name"
    ]

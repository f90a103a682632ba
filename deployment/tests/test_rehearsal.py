"""The Dockerfile is read as Docker reads it, and its image runs where nothing can be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployment.rehearsal import dockerfile, room
from deployment.rehearsal.build import Builder
from deployment.rehearsal.dockerfile import Ignore, Unknown
from deployment.tree import ROOT, files


def stages():
    return dockerfile.read((ROOT / "Dockerfile").read_text())


def taken():
    ignore = Ignore((ROOT / ".dockerignore").read_text())
    return [path for path in files(ROOT) if not ignore.excludes(path)]


def test_stages_variables_and_continued_lines_are_read():
    text = (
        "ARG BASE=python:1\n# comment\nFROM ${BASE} AS one\nENV A=1 B='two words'\n"
        'RUN x \\\n  && y\nFROM one\nCMD ["a", "b"]\n'
    )
    one, last = dockerfile.read(text)
    assert (one.name, one.base, last.name, last.base) == ("one", "python:1", "", "one")
    assert [(step.name, step.line) for step in one.steps] == [("ENV", 4), ("RUN", 5)]
    assert one.steps[1].text == "x   && y"
    assert dockerfile.pairs(one.steps[0].text) == {"A": "1", "B": "two words"}
    assert dockerfile.command(last.steps[0].text) == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    ["", "RUN x\n", "FROM a\nADD b c\n", "FROM a b c d\n", "FROM a\nARG X=1\n", "FROM a\nRUN x \\\n"],
)
def test_what_it_does_not_know_is_refused(text):
    with pytest.raises(Unknown):
        dockerfile.read(text)
    with pytest.raises(Unknown):
        dockerfile.command("gunicorn --reload")


@pytest.mark.parametrize(
    ("path", "out"),
    [
        ("luckygas/settings.py", False),
        ("luckygas/core/tests/test_money.py", True),
        ("luckygas/core/testing.py", True),
        ("deployment/gunicorn.py", False),
        ("deployment/launcher/verbs.py", True),
        ("sandbox/__main__.py", True),
        ("tests/rows.py", True),
        ("requirements/dev.txt", False),
        ("requirements/base.in", True),
        (".env", True),
        ("luckygas/locale/zh_Hant/LC_MESSAGES/django.mo", True),
    ],
)
def test_what_goes_into_the_build(path, out):
    assert Ignore((ROOT / ".dockerignore").read_text()).excludes(path) is out


def test_the_last_matching_line_wins():
    ignore = Ignore("*\n!keep\nkeep/**/*.tmp\n!keep/deep/one.tmp\n")
    assert [
        ignore.excludes(path)
        for path in ("other", "keep/a", "keep/a/b.tmp", "keep/b.tmp", "keep/deep/one.tmp")
    ] == [True, False, True, True, False]


def test_no_test_sandbox_or_tool_goes_in_and_every_floor_does():
    inside = taken()
    tops = {path.partition("/")[0] for path in inside}
    assert {"luckygas", "customers", "orders", "dispatch", "billing", "pilot", "manage.py"} <= tops
    assert not tops & {"tests", "sandbox", "bench", "docs", "k8s", "conftest.py", "pyproject.toml", ".git"}
    assert [path for path in inside if "/tests/" in path or "/testing" in path] == []


def test_the_image_is_locked_and_ends_as_nobody():
    *_, last = stages()
    users = [step.text for step in last.steps if step.name == "USER"]
    assert users == ["10001:10001"]
    assert not [step for step in last.steps if step.name == "RUN" and "pip" in step.text]
    installs = [step.text for stage in stages() for step in stage.steps if "pip install" in step.text]
    assert len(installs) == 2
    for text in installs:
        assert "--no-deps --require-hashes --only-binary :all:" in text
    assert ":latest" not in (ROOT / "Dockerfile").read_text()


def small(folder, text):
    (folder / "Dockerfile").write_text(text)
    (folder / ".dockerignore").write_text("*\n!greeting\n")
    (folder / "greeting").write_text("hello\n")
    (folder / "secret").write_text("no\n")
    return folder


def build(tmp_path, text):
    tree = tmp_path / "tree"
    tree.mkdir()
    builder = Builder(small(tree, text), tmp_path / "target", lambda line: None)
    try:
        return builder, builder.build()
    except Exception as error:
        if "unshare" in str(error):
            pytest.skip("no namespaces on this machine")
        raise


def test_steps_are_followed_and_the_result_is_sealed(tmp_path):
    text = (
        "FROM some:1 AS first\nWORKDIR /work\nCOPY . .\nRUN cat greeting > /twice && cat greeting >> /twice\n"
        "FROM some:1\nENV WORD=said\nCOPY --from=first /work /work\nWORKDIR /work\nUSER 10001:10001\n"
        'CMD ["sh", "-c", "cat greeting; echo $WORD; id -u; touch /work/x /data/y"]\n'
    )
    builder, image = build(tmp_path, text)
    assert (tmp_path / "target" / "first" / "twice").read_text() == "hello\nhello\n"
    assert not (image.root / "work" / "secret").exists()
    assert not (image.root / "twice").exists()
    assert image.size == len("hello\n")
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    tmp_path.chmod(0o711)
    user = image.user if os.geteuid() == 0 else ""
    words = room.words_of(
        image.root,
        image.command,
        base=builder.base,
        env=image.env,
        cwd=image.cwd,
        user=user,
        sealed=True,
        mounts=[(str(data), "/data", "rw")],
    )
    done = room.run(words, seconds=30)
    assert done.stdout.splitlines()[:3] == ["hello", "said", "10001" if user else "0"]
    assert "Read-only file system" in done.stdout
    assert not (image.root / "work" / "x").exists()
    assert (data / "y").exists()


def test_a_step_that_fails_ends_it_with_its_line(tmp_path):
    with pytest.raises(Exception, match=r"Dockerfile line 2 ended with 3:\nbecause"):
        build(tmp_path, "FROM some:1\nRUN echo because; exit 3\n")


@pytest.mark.slow
def test_the_whole_rehearsal():
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LUCKYGAS_")
        and name not in {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}
    }
    run = subprocess.run(
        [sys.executable, "-m", "deployment.rehearsal"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for line in (
        "/readyz 200",
        "HEALTHCHECK: healthy",
        "a worker answers a ping",
        "live /readyz 200",
        "nothing written outside",
    ):
        assert line in run.stdout
    assert not Path(ROOT / ".local" / "rehearsal").exists()

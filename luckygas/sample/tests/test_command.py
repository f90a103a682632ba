"""The command at the shell: what it refuses and says, what it writes."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from luckygas.core import clock


def run(*arguments):
    out = io.StringIO()
    with translation.override("en"):
        call_command("make_sample_data", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_line_is_printed_for_each_file(tmp_path):
    printed = run(tmp_path / "company", "--seed", "7", "--scale", "0.01", "--until", "2026-11-22")
    lines = printed.splitlines()
    assert len(lines) == len(list((tmp_path / "company").iterdir())) == 15
    assert lines[0].startswith("README.txt: 0 rows, ")
    assert lines[1].startswith("客戶資料.xlsx: 37 rows, ")


def test_the_history_ends_yesterday_when_nothing_is_said(tmp_path, stand_at):
    stand_at("2026-03-10 00:30")
    run(tmp_path, "--scale", "0.01")
    assert "--seed 1 --scale 0.01 --until 2026-03-09" in (tmp_path / "README.txt").read_text(encoding="utf-8")
    assert clock.today() == dt.date(2026, 3, 10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--scale", "0"), "--scale 0 is not possible; give a number above 0 and at most 10."),
        (("--scale", "-1"), "--scale -1 is not possible; give a number above 0 and at most 10."),
        (("--scale", "10.5"), "--scale 10.5 is not possible; give a number above 0 and at most 10."),
        (("--scale", "nan"), "--scale nan is not possible; give a number above 0 and at most 10."),
        (("--scale", "large"), "--scale large is not possible; give a number above 0 and at most 10."),
        (("--seed", "x"), "--seed x is not a whole number."),
        (("--until", "2026-02-30"), "--until 2026-02-30 is not a date; write it as 2026-11-22."),
        (("--until", "1151122"), "--until 1151122 is not a date; write it as 2026-11-22."),
        (
            ("--until", "2015-12-31"),
            "--until 2015-12-31 is out of range; give a date from 2016-01-01 to 2035-12-31.",
        ),
    ],
)
def test_an_impossible_argument_is_named_and_nothing_is_written(tmp_path, arguments, message):
    with pytest.raises(CommandError) as caught:
        run(tmp_path / "company", "--until", "2026-11-22", *arguments)
    assert str(caught.value) == message
    assert not (tmp_path / "company").exists()


def test_a_file_is_no_directory(tmp_path):
    (tmp_path / "company").write_text("mine")
    with pytest.raises(CommandError) as caught:
        run(tmp_path / "company", "--until", "2026-11-22")
    assert str(caught.value) == f"{tmp_path / 'company'} is a file; name a directory."
    assert (tmp_path / "company").read_text() == "mine"


def test_a_directory_below_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CommandError) as caught:
        run(tmp_path / "file" / "company", "--until", "2026-11-22")
    assert str(caught.value) == f"Cannot make the directory {tmp_path / 'file' / 'company'}: Not a directory"


def test_a_directory_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "客戶資料.xlsx").write_bytes(b"the real one")
    with pytest.raises(CommandError) as caught:
        run(tmp_path, "--until", "2026-11-22", "--scale", "0.01")
    assert str(caught.value) == (
        f"{tmp_path} holds files that are not sample data; name an empty directory or a new one."
    )
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [
        ("客戶資料.xlsx", b"the real one")
    ]

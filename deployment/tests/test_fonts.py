import shutil

from deployment import fonts


def test_the_committed_font_is_the_one_its_manifest_describes():
    assert fonts.check() == []


def test_a_changed_and_a_missing_file_are_named(tmp_path):
    shutil.copytree(fonts.FOLDER, tmp_path / "fonts")
    (tmp_path / "fonts" / fonts.LICENCE).unlink()
    with (tmp_path / "fonts" / fonts.FONT).open("ab") as stream:
        stream.write(b"x")

    assert fonts.check(tmp_path / "fonts") == [
        f"static/fonts/{fonts.FONT} is not the file its manifest describes",
        f"static/fonts/{fonts.LICENCE} is missing",
    ]
    (tmp_path / "fonts" / fonts.MANIFEST).unlink()
    assert fonts.check(tmp_path / "fonts") == [f"static/fonts/{fonts.MANIFEST} is missing"]

from datetime import date

import pytest

from billing.einvoice.folders import Arrived, Found, TurnkeyFolder, Whereabouts

NAME = "F0401-QA20000050-20261103-1.xml"


@pytest.fixture
def folder(tmp_path) -> TurnkeyFolder:
    return TurnkeyFolder(tmp_path)


def lay(folder: TurnkeyFolder, place: str, content: bytes = b"<a/>") -> None:
    path = folder.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_message_is_there_whole_or_not_at_all(folder):
    folder.place("F0401", NAME, b"<a/>")
    (path,) = (folder.root / "UpCast/B2SSTORAGE/F0401/SRC").iterdir()
    assert (path.name, path.read_bytes()) == (NAME, b"<a/>")
    assert folder.find("F0401", NAME) == Found(Whereabouts.WAITING, f"UpCast/B2SSTORAGE/F0401/SRC/{NAME}")


def test_nothing_stays_behind_when_writing_fails(folder):
    (folder.root / "UpCast/B2SSTORAGE/F0401/SRC" / NAME).mkdir(parents=True)
    with pytest.raises(OSError, match=r".+"):
        folder.place("F0401", NAME, b"<a/>")
    assert [path.name for path in (folder.root / "UpCast/B2SSTORAGE/F0401/SRC").iterdir()] == [NAME]


def test_without_its_folder_nothing_is_made(tmp_path):
    folder = TurnkeyFolder(tmp_path / "nowhere")
    for deed in (lambda: folder.place("F0401", NAME, b"<a/>"), lambda: folder.find("F0401", NAME)):
        with pytest.raises(FileNotFoundError, match="no Turnkey folder at"):
            deed()
    assert not folder.root.exists()
    assert list(folder.arrived(("F0401",))) == []


@pytest.mark.parametrize(("place", "where"), [("BAK", Whereabouts.TAKEN), ("ERR", Whereabouts.REFUSED)])
def test_where_turnkey_put_it(folder, place, where):
    path = f"UpCast/B2SSTORAGE/F0401/{place}/20261103/23/{NAME}"
    lay(folder, path)
    assert folder.find("F0401", NAME) == Found(where, path)
    assert folder.find("F0501", NAME) == Found(Whereabouts.NOWHERE)
    assert folder.find("F0401", "other.xml") == Found(Whereabouts.NOWHERE)


def test_what_arrived(folder):
    lay(folder, "Unpack/BAK/ProcessResult/20261103/09/p.xml", b"12345")
    lay(folder, "Unpack/BAK/ProcessResult/20261103/09/p.xml.tmp")
    lay(folder, "Unpack/BAK/SummaryResult/20261104/00/s.XML")
    lay(folder, "Unpack/BAK/E0504/20261104/00/winners.xml")
    lay(folder, f"UpCast/B2SSTORAGE/F0401/ERR/20261103/09/{NAME}")
    lay(folder, f"UpCast/B2SSTORAGE/F0401/BAK/20261103/09/{NAME}")
    (folder.root / "Unpack/BAK/ProcessResult/20261103/09/gone.xml").symlink_to("nowhere")
    found = list(folder.arrived(("F0401",)))
    assert [(one.kind, one.name, one.size) for one in found] == [
        ("ProcessResult", "p.xml", 5),
        ("SummaryResult", "s.XML", 4),
        ("ERR F0401", NAME, 4),
    ]
    assert folder.read(found[0]) == b"12345"
    late = folder.arrived(("F0401",), since=date(2026, 11, 4))
    assert [one.name for one in late] == ["s.XML"]


def test_a_huge_file_is_read_no_further_than_the_limit(folder):
    lay(folder, "Unpack/BAK/ProcessResult/20261103/09/huge.xml", b"x" * (15 * 1024 * 1024 + 10))
    (huge,) = folder.arrived(())
    assert isinstance(huge, Arrived)
    assert len(folder.read(huge)) == 15 * 1024 * 1024 + 1

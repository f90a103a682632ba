import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.einvoice.assignment import HEADER, NumberRange, parse

HEAD = ",".join(HEADER)
GOOD = "22099131,7,一般稅額計算,115/11 ~ 115/12,QA,20000050,20000099"


def file(*rows: str, encoding: str = "cp950") -> bytes:
    return "\r\n".join([HEAD, *rows, ""]).encode(encoding)


@pytest.mark.parametrize("encoding", ["cp950", "utf-8", "utf-8-sig"])
def test_a_file_as_downloaded(encoding):
    read = parse(
        file(GOOD, "22099131,07,一般稅額計算,115/11~115/12, QB ,00000000,00000499", encoding=encoding)
    )
    assert read.problems == ()
    assert read.ranges == (
        NumberRange(2, "22099131", "11512", "QA", 20000050, 20000099),
        NumberRange(3, "22099131", "11512", "QB", 0, 499),
    )


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        (0, "22099130", "is not a valid business number"),
        (0, "2209913", "is not a valid business number"),
        (1, "8", "is not the general type 7"),
        (3, "115/10 ~ 115/11", "is not a two-month period such as 115/09 ~ 115/10"),
        (3, "115/11 ~ 116/12", "is not a two-month period such as 115/09 ~ 115/10"),
        (3, "115/11 ~ 115/11", "is not a two-month period such as 115/09 ~ 115/10"),
        (3, "115/13 ~ 115/14", "is not a two-month period such as 115/09 ~ 115/10"),
        (3, "2026/11", "is not a two-month period such as 115/09 ~ 115/10"),
        (4, "Q1", "is not two capital letters"),
        (4, "qa", "is not two capital letters"),
        (5, "20000051", "is not 8 digits ending in 00 or 50"),
        (5, "2000050", "is not 8 digits ending in 00 or 50"),
        (6, "20000100", "is not 8 digits ending in 49 or 99"),
        (6, "2E7", "is not 8 digits ending in 49 or 99"),
        (6, "20000049", "is before the first number of the range"),
    ],
)
def test_a_bad_cell_is_named_and_the_other_rows_read(column, value, problem):
    cells = GOOD.split(",")
    cells[column] = value
    read = parse(file(",".join(cells), "22099131,7,一般稅額計算,115/11 ~ 115/12,QC,30000000,30000049"))
    (found,) = read.problems
    assert (found.row, found.column, found.value, found.problem) == (2, HEADER[column], value, problem)
    assert found.remedy
    assert [one.letters for one in read.ranges] == ["QC"]


def test_rows_that_overlap_within_the_file():
    read = parse(
        file(
            "22099131,7,一般稅額計算,115/11 ~ 115/12,QA,20000000,20000049",
            GOOD,
            "22099131,7,一般稅額計算,115/11 ~ 115/12,QA,20000000,20000099",
            "22099131,7,一般稅額計算,115/09 ~ 115/10,QA,20000000,20000099",
        )
    )
    (found,) = read.problems
    assert (found.row, found.value, found.problem) == (
        4,
        "QA20000000",
        "overlaps a range further up in this file",
    )
    assert [one.row for one in read.ranges] == [2, 3, 5]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the first line is not the heading of a number assignment"),
        (b"a,b\r\n1,2\r\n", "the first line is not the heading of a number assignment"),
        (file(), "the file has no number range"),
        (file("", ",,"), "the file has no number range"),
        (b"\xff\xff\xff", "the file is neither cp950 (Big5) nor UTF-8 text"),
        (b"x" * (1024 * 1024 + 1), "the file is larger than any number assignment"),
        (b"x" * 200_000, "the file is not a csv"),
    ],
    ids=range(7),
)
def test_what_is_no_assignment_file(content, problem):
    read = parse(content)
    assert read.ranges == ()
    assert [(found.row, found.problem) for found in read.problems] == [(1, problem)]


def test_a_row_of_another_width():
    read = parse(file("22099131,7,115/11 ~ 115/12,QA,20000050,20000099"))
    assert [(found.row, found.problem) for found in read.problems] == [(2, "the row has not 7 columns")]


@given(st.binary(max_size=400))
def test_garbage_is_answered_never_raised(content):
    assert parse(content).problems
    parse(HEAD.encode() + b"\n" + content)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 30), st.integers(1, 6)), max_size=25))
def test_no_two_ranges_that_come_in_overlap(booklets):
    rows = [
        f"22099131,7,一般,115/11 ~ 115/12,Q{track},{first * 50:08d},{(first + many) * 50 - 1:08d}"
        for track, first, many in booklets
    ]
    free: dict[str, set[int]] = {"A": set(range(40)), "B": set(range(40))}
    expected = []
    for number, (track, first, many) in enumerate(booklets, 2):
        wanted = set(range(first, first + many))
        if wanted <= free[track]:
            free[track] -= wanted
            expected.append(number)

    read = parse(file(*rows))

    assert [one.row for one in read.ranges] == expected

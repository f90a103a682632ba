"""The daily dispatch sheet (派遣單) as PDF: A4 across, a section of 25 lines on a page.

The heads of the statutory form are Chinese whatever the reader's language: the crews and the depot read it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from dispatch.papers.font import FAMILY, FILE, printable
from dispatch.queries.sheet import HEADS, LINES, Line, Section
from luckygas.core import clock, rocdate

WIDTH, HEIGHT, MARGIN = 297, 210, 8
NUMBER, TIME, NAME, WHERE, COUNT, SIGN = 7, 12, 40, 72, 8, 22
ROW, HEAD, BOX = 6.3, 6.5, 7
WEEKDAYS = "一二三四五六日"


class _Paper(FPDF):
    """A4 across in the papers' font; collects the characters it lacks."""

    def __init__(self, date: dt.date) -> None:
        super().__init__(orientation="landscape", format="A4")
        self.set_auto_page_break(False)
        self.set_margins(MARGIN, MARGIN)
        self.add_font(FAMILY, fname=str(FILE))
        self.set_font(FAMILY, size=9)
        self.set_title(f"派遣單 {date.isoformat()}")
        self.set_lang("zh-TW")
        self.set_creation_date(clock.now())
        self.set_line_width(0.2)
        self.str_alias_nb_pages = ""  # a note may say “{nb}”
        self.lacking: dict[str, None] = {}

    def put(
        self, width: float, height: float, text: object, *, size: float = 9, align: str = "L", border: Any = 1
    ) -> None:
        """A cell on the current line, its text made smaller until it fits, then cut with an ellipsis."""
        words, lacking = printable(str(text))
        self.lacking |= dict.fromkeys(lacking)
        self.set_font_size(size)
        while self.get_string_width(words) > width - 1.2 and size > 6:
            size -= 0.5
            self.set_font_size(size)
        while self.get_string_width(words) > width - 1.2 and len(words) > 1:
            words = words.removesuffix("…")[:-1] + "…"
        self.cell(width, height, words, border=border, align=align, new_x=XPos.RIGHT, new_y=YPos.TOP)

    def line_break(self, height: float) -> None:
        """Down to the next line."""
        self.set_xy(MARGIN, self.get_y() + height)


def build(date: dt.date, sections: list[Section]) -> bytes:
    """The sheet of a day. A section of more than 25 lines goes on on the next page, its totals at its end.

    A character the font lacks stands as its code point and is named at the foot of the page.
    """
    paper = _Paper(date)
    for section in sections:
        pages = [section.lines[i : i + LINES] for i in range(0, len(section.lines), LINES)] or [[]]
        for number, lines in enumerate(pages, start=1):
            paper.add_page()
            _title(paper, date, section, number, len(pages))
            _heads(paper)
            for line in lines:
                _row(paper, line)
            for _blank in range(LINES - len(lines)):
                _blank_row(paper)
            if number == len(pages):
                _totals(paper, section)
            _foot(paper)
    if not sections:
        paper.add_page()
        paper.put(WIDTH - 2 * MARGIN, BOX, f"派遣單　{_day(date)}　沒有路線", size=14, border=0)
    return bytes(paper.output())


def _day(date: dt.date) -> str:
    roc = rocdate.format(date)
    return f"{int(roc[:-4])}年{int(roc[-4:-2])}月{int(roc[-2:])}日（{WEEKDAYS[date.weekday()]}）"


def _title(paper: _Paper, date: dt.date, section: Section, number: int, pages: int) -> None:
    route = section.route
    paper.set_xy(MARGIN, MARGIN)
    count = f"　{number}/{pages}" if pages > 1 else ""
    paper.put(110, 8, f"派遣單　{section.title}{count}", size=15, border=0)
    paper.put(171, 8, _day(date), size=12, align="R", border=0)
    paper.line_break(8)
    start = "" if route.start_km is None else f"{route.start_km:,}"
    end = "" if route.end_km is None else f"{route.end_km:,}"
    shift = f"{route.shift.start:%H:%M}–{route.shift.end:%H:%M}"
    for width, label, value in (
        (14, "車號", section.plate),
        (20, "配送人員", section.driver),
        (14, "班次", shift),
        (20, "開始里程", start),
        (20, "結束里程", end),
        (20, "計畫里程", f"{section.distance_km} km"),
    ):
        paper.put(width, BOX, label, size=8, align="C")
        paper.put((WIDTH - 2 * MARGIN - 108) / 6, BOX, value, size=10.5)
    paper.line_break(BOX + 1.5)


def _heads(paper: _Paper) -> None:
    for width, text in ((NUMBER, "序"), (TIME, "時間"), (NAME, "客戶"), (WHERE, "地址　電話　備註")):
        paper.put(width, HEAD, text, size=8, align="C")
    for text in HEADS.values():
        paper.put(COUNT, HEAD, text, size=7.5, align="C")
    paper.put(SIGN, HEAD, "簽收", size=8, align="C")
    paper.line_break(HEAD)


def _row(paper: _Paper, line: Line) -> None:
    paper.put(NUMBER, ROW, line.number, align="R")
    paper.put(TIME, ROW, line.time, align="C")
    x, y = paper.get_x(), paper.get_y()
    paper.put(NAME, ROW, "", border=1)
    paper.set_xy(x, y)
    paper.put(NAME, ROW * 0.62, line.name, size=10, border=0)
    paper.set_xy(x, y + ROW * 0.6)
    trip = f"　第{line.trip}趟" if line.trip > 1 else ""
    mark = "　※約略位置" if line.is_approximate else ""
    mark += "　舊系統" if line.is_foreign else ""
    paper.put(NAME, ROW * 0.4, f"{line.code}{trip}{mark}", size=6.5, border=0)
    paper.set_xy(x + NAME, y)
    paper.put(WHERE, ROW, "", border=1)
    paper.set_xy(x + NAME, y)
    paper.put(WHERE, ROW * 0.55, line.address, size=8, border=0)
    paper.set_xy(x + NAME, y + ROW * 0.52)
    paper.put(WHERE, ROW * 0.48, "　".join(filter(None, (line.phone, line.note))), size=8, border=0)
    paper.set_xy(x + NAME + WHERE, y)
    for number in line.cells():
        paper.put(COUNT, ROW, number or "", size=11, align="C")
    paper.put(SIGN, ROW, "")
    paper.line_break(ROW)


def _blank_row(paper: _Paper) -> None:
    for width in (NUMBER, TIME, NAME, WHERE, *[COUNT] * len(HEADS), SIGN):
        paper.put(width, ROW, "")
    paper.line_break(ROW)


def _totals(paper: _Paper, section: Section) -> None:
    text = f"合計　{len(section.lines)} 家　隻數 {section.pieces}　公斤數 {section.kg:,}"
    paper.put(NUMBER + TIME + NAME + WHERE, HEAD + 0.5, text, size=11)
    for number in section.cells():
        paper.put(COUNT, HEAD + 0.5, number or "", size=10.5, align="C")
    paper.put(SIGN, HEAD + 0.5, "")
    paper.line_break(HEAD + 0.5)


def _foot(paper: _Paper) -> None:
    if paper.lacking:
        names = "、".join(f"U+{ord(char):04X}" for char in paper.lacking)
        paper.put(WIDTH - 2 * MARGIN, 4, f"字型缺字：{names}，請對照系統", size=7, border=0)
        paper.lacking = {}

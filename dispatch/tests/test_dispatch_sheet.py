import io

from pypdf import PdfReader

from customers.models import CustomerPhone
from dispatch.models import RouteStop
from dispatch.papers import dispatch_sheet
from dispatch.papers.font import printable
from dispatch.queries import sheet


def words(pdf):
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def test_pieces_leave_out_the_small_ones_and_kilograms_count_all(planned, order):
    day = planned(
        [order(C50=1, slot="morning"), order(C20=2, C04=3, slot="morning"), order(F20=1, slot="morning")]
    )

    (section,) = sheet.sections(day.plan)

    assert (section.title, section.plate, section.driver) == ("計畫南早", "TRK-0001", "陳大明")
    assert (section.pieces, section.kg, len(section.lines)) == (4, 50 + 40 + 12 + 20, 3)
    assert section.cells() == [1, 0, 0, 2, 0, 0, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    assert {line.summary for line in section.lines} == {
        "50公斤 × 1",
        "20公斤 × 2、4公斤 × 3",
        "流量20公斤 × 1",
    }


def test_a_moved_stop_is_not_on_the_sheet(planned, order):
    day = planned([order(slot="morning"), order(slot="morning")])
    RouteStop.objects.filter(pk=RouteStop.objects.earliest("pk").pk).update(status="moved", is_live=False)

    (section,) = sheet.sections(day.plan)

    assert len(section.lines) == 1


def test_the_masked_sheet_shows_no_address_phone_or_note(planned, order, customer):
    one = customer(address="臺東縣臺東市中山路123號")
    CustomerPhone.objects.create(customer=one, number="+88689331234", is_primary=True)
    day = planned([order(one, note="後門送")])

    (line,) = sheet.sections(day.plan, masked=True)[0].lines
    (full,) = sheet.sections(day.plan)[0].lines

    assert (line.address, line.phone, line.note) == ("臺東縣臺東市•••", "•••1234", "•••")
    assert (full.address, full.phone, full.note) == ("臺東縣臺東市中山路123號", "089-331234", "後門送")


def test_the_paper_has_a_page_for_each_section_with_its_totals(planned, order):
    day = planned([order(C20=2, slot="morning"), order(C16=1, slot="afternoon")])

    early, late = words(dispatch_sheet.build(day.plan.date, sheet.sections(day.plan)))

    assert "派遣單" in early
    assert "計畫南早" in early
    assert "115年11月23日（一）" in early
    assert "合計　1 家　隻數 2　公斤數 40" in early
    assert "計畫南晚" in late
    assert "合計　1 家　隻數 1　公斤數 16" in late


def test_more_than_twenty_five_lines_go_on_on_the_next_page(planned, order):
    day = planned([order(C04=1, slot="morning") for _ in range(27)])

    pages = words(dispatch_sheet.build(day.plan.date, sheet.sections(day.plan)))

    assert ["計畫南早　1/2" in pages[0], "計畫南早　2/2" in pages[1], len(pages)] == [True, True, 2]
    assert ["合計" in page for page in pages] == [False, True]


def test_a_character_the_font_lacks_is_named_where_it_stands_and_at_the_foot(planned, order, customer):
    day = planned([order(customer(short_name="𠮷野家"))])

    (page,) = words(dispatch_sheet.build(day.plan.date, sheet.sections(day.plan)))

    assert "〔U+20BB7〕野家" in page
    assert "字型缺字：U+20BB7" in page


def test_rare_characters_of_names_are_in_the_font():
    assert printable("羣峯堃喆媖煊　王小明") == ("羣峯堃喆媖煊　王小明", [])


def test_a_day_without_routes_prints_one_page_that_says_so(today):
    from dispatch.tests.conftest import DAY

    assert words(dispatch_sheet.build(DAY, [])) == ["派遣單　115年11月23日（一）　沒有路線"]


def test_lines_of_a_note_stand_beside_each_other():
    assert printable("後門送\r\n先打電話\t謝謝\u2028二樓　右邊") == ("後門送 先打電話 謝謝 二樓　右邊", [])


def test_a_note_that_looks_like_the_page_count_is_printed_as_it_is(planned, order):
    day = planned([order(note="{nb} 桶")])

    (page,) = words(dispatch_sheet.build(day.plan.date, sheet.sections(day.plan)))

    assert "{nb} 桶" in page

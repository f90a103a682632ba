"""Parts of a text message, against the published limits and worked examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luckygas.core.notify import segments
from luckygas.core.notify.segments import GSM7, UCS2, Segments, count

BASIC = "".join(sorted(segments._BASIC))
EXTENSION = "^{}\\[~]|€\f"

# 160/153 and 70/67 are the limits Twilio publishes; the points table 70/134/201/268 is EVERY8D's.
EXAMPLES = [
    ("", GSM7, 0, 0),
    ("a" * 160, GSM7, 160, 1),
    ("a" * 161, GSM7, 161, 2),
    ("a" * 306, GSM7, 306, 2),
    ("a" * 307, GSM7, 307, 3),
    ("a" * 459, GSM7, 459, 3),
    ("a" * 460, GSM7, 460, 4),
    ("€" * 80, GSM7, 160, 1),
    ("€" * 81, GSM7, 162, 2),
    ("a" * 158 + "|", GSM7, 160, 1),
    ("a" * 159 + "|", GSM7, 161, 2),
    ("a" * 152 + "€" + "a" * 152, GSM7, 306, 3),
    ("a" * 151 + "€" + "a" * 153, GSM7, 306, 2),
    ("瓦" * 70, UCS2, 70, 1),
    ("瓦" * 71, UCS2, 71, 2),
    ("瓦" * 134, UCS2, 134, 2),
    ("瓦" * 135, UCS2, 135, 3),
    ("瓦" * 201, UCS2, 201, 3),
    ("瓦" * 202, UCS2, 202, 4),
    ("瓦" * 268, UCS2, 268, 4),
    ("瓦" * 269, UCS2, 269, 5),
    ("a" * 70 + "瓦", UCS2, 71, 2),
    ("`", UCS2, 1, 1),
    ("a\u00a0b", UCS2, 3, 1),
    ("a\tb", UCS2, 3, 1),
    ("\u201cquoted\u201d", UCS2, 8, 1),
    ("\x1b", UCS2, 1, 1),
    ("😀" * 35, UCS2, 70, 1),
    ("😀" * 36, UCS2, 72, 2),
    ("𠮷野", UCS2, 3, 1),
    ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ", GSM7, 31, 1),
]


@pytest.mark.parametrize(("text", "encoding", "units", "parts"), EXAMPLES)
def test_published_examples(text: str, encoding: str, units: int, parts: int) -> None:
    assert count(text) == Segments(encoding, units, parts)


def test_the_alphabet_has_127_characters_and_ten_behind_the_escape() -> None:
    assert len(BASIC) == 127
    assert set(EXTENSION) == segments._EXTENSION


@given(st.text(alphabet=BASIC, max_size=600))
def test_plain_text_is_cut_every_153(text: str) -> None:
    found = count(text)
    wanted = 0 if not text else 1 if len(text) <= 160 else -(-len(text) // 153)
    assert found == Segments(GSM7, len(text), wanted)


@given(st.text(alphabet=BASIC[:6] + EXTENSION, max_size=600))
def test_an_escaped_pair_is_never_split(text: str) -> None:
    """Parts built by hand, the pair kept whole, are as many as counted."""
    found = count(text)
    pieces, current = [], ""
    for character in text:
        longer = current + character
        if len(longer) + sum(c in EXTENSION for c in longer) > 153:
            pieces.append(current)
            longer = character
        current = longer
    pieces += [current] if current else []
    units = len(text) + sum(c in EXTENSION for c in text)
    assert found == Segments(GSM7, units, min(1, len(text)) if units <= 160 else len(pieces))


@given(st.text(max_size=300), st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF))
def test_one_chinese_character_makes_all_of_it_ucs2(text: str, han: str) -> None:
    found = count(text + han)
    units = sum(2 if ord(c) > 0xFFFF else 1 for c in text) + 1
    assert found == Segments(UCS2, units, 1 if units <= 70 else -(-units // 67))


@given(st.text(max_size=400), st.text(max_size=20))
def test_more_text_never_takes_fewer_parts_of_its_alphabet(text: str, more: str) -> None:
    shorter, longer = count(text), count(text + more)
    assert longer.units >= len(text)
    if shorter.encoding == longer.encoding:
        assert longer.parts >= shorter.parts
        assert longer.units >= shorter.units
